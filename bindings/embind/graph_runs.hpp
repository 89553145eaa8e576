#pragma once
#include <cmath>
#include <limits>

#include "graph_binding.hpp"

/// What the files of graph queries share.
namespace lacuna::native::graph_runs {

constexpr double infinity = std::numeric_limits<double>::infinity();
/// Stands for 0, as accurate as can be, where a bound is to be named.
constexpr double least_error = 1e-300;

inline double code(Reason reason) { return static_cast<double>(reason); }
inline double code(bool converged, Reason otherwise) {
  return code(converged ? Reason::converged_atol : otherwise);
}

/// An upper bound on the distance of a value from its limits.
inline double distance(double value, double lower, double upper) {
  if (lower == upper) return 0;
  return std::fmax(upper - value, value - lower) * (1 + 0x1p-52);
}

/// Room for a table, column after column; `at` writes into it.
inline Status open(GraphReport& report, Buffer<double>& table, std::size_t count,
                   std::size_t columns) {
  report.count = static_cast<double>(count);
  report.columns = static_cast<double>(columns);
  return table.allocate(count * columns);
}

/// Runs by their query, not begun; null for one of another kind.
std::unique_ptr<GraphRun> rank_run(GraphQuery query, std::shared_ptr<Graph>&& graph);
std::unique_ptr<GraphRun> walk_run(GraphQuery query, std::shared_ptr<Graph>&& graph);
std::unique_ptr<GraphRun> walk_run(GraphQuery query, std::shared_ptr<ArcCache>&& arcs);
std::unique_ptr<GraphRun> centrality_run(GraphQuery query, std::shared_ptr<Graph>&& graph);
/// Of a graph that is never loaded; null also for what needs a loaded one.
std::unique_ptr<GraphRun> arc_run(GraphQuery query, std::shared_ptr<ArcCache>&& arcs);

}  // namespace lacuna::native::graph_runs
