#pragma once
#include <cstdint>
#include <optional>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/graph/graph.hpp"
#include "lacuna/local/graph/hitting.hpp"
#include "lacuna/local/graph/local_hitting.hpp"
#include "lacuna/local/graph/outcome.hpp"
#include "lacuna/local/lines.hpp"
#include "lacuna/local/vertex_table.hpp"

namespace lacuna {

/// Expected steps h of a random walk from s until it first reaches t, over out-arcs that come on
/// demand: all vertices that the walk may see before t are read, breadth first, and `HittingTimes`
/// is solved on them. Right for walks that stay in a small part of a large graph, such as Markov
/// chains that are absorbed. Where a limit comes first, the time until the walk reaches t or a
/// vertex that was not read bounds h from below, and nothing does from above.
///
/// O(arcs read) for the graph, 20 bytes an arc while it is made; then the cost of `HittingTimes`.
class ArcHitting {
 public:
  /// Starts over. `index_out_of_range`, `out_of_memory`. O(1).
  Status begin(Lines& arcs, std::int64_t s, std::int64_t t);

  /// `done`, `limit` and `rounding` with a bracket, which is ∞ … ∞ where t may never be reached.
  /// `failed`: see `fault`.
  GraphOutcome step(const HittingGoal& goal, Budget& budget);

  const Bracket& bracket() const { return bracket_; }
  Fault fault() const { return fault_; }
  double progress() const { return stage_ == Stage::solve ? 0.5 + 0.5 * times_.progress() : 0; }
  /// Vertices read, entries of their lines and of the solver, those and their targets, iterations.
  LaplaceWork work() const;

 private:
  enum class Stage { read, shape, adopt, prepare, solve };
  struct Mark {
    std::int64_t id;
    std::uint32_t home;
    std::uint32_t unused;
  };
  struct Entry {
    std::uint32_t target;
    double weight;
  };

  GraphOutcome fail(Fault fault) {
    fault_ = fault;
    return GraphOutcome::failed;
  }
  GraphOutcome read(double entries, Budget& budget);
  Status take(const Line& line);
  Status open_parts();
  bool shape(Budget& budget);

  Lines* lines_ = nullptr;
  bool same_ = false;
  Stage stage_ = Stage::read;
  Fault fault_;
  VertexTable<Mark> table_;  ///< t, s, and the others in the order of reading
  Buffer<std::size_t> begin_;
  Buffer<Entry> entries_;
  std::uint32_t rows_ = 0;
  double read_ = 0;
  CsrParts parts_;
  std::uint32_t at_ = 0;
  std::size_t out_ = 0;
  std::optional<Graph> graph_;
  HittingTimes times_;
  Bracket bracket_;
};

}  // namespace lacuna
