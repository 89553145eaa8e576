#pragma once
#include <memory>
#include <span>

#include "lacuna/base/reason.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/local/graph/arc_cache.hpp"
#include "lacuna/local/graph/arc_lines.hpp"
#include "lacuna/local/graph/graph.hpp"
#include "task_binding.hpp"

namespace lacuna::native {

/// What can be asked of a graph; the order is that of `QUERIES` in src/ts/graph/queries.ts. Behind
/// each, what it takes: settings as doubles, then vertices, then (…) a list.
enum class GraphQuery : std::int32_t {
  pagerank = 0,       ///< teleport, error, maxiter, dangling; (personalization, or none)
  source_rank = 1,    ///< teleport, threshold, error, dangling; (sources, as many weights)
  target_rank = 2,    ///< teleport, threshold, dangling; target
  pair_rank = 3,      ///< teleport, atol, dangling; source, target
  top_rank = 4,       ///< teleport, resolution, arcs, dangling; source, k
  cluster = 5,        ///< teleport, threshold; (sources, as many weights)
  resistance = 6,     ///< rtol, atol, arcs; s, t
  commute_time = 7,   ///< the same
  potential = 8,      ///< the same; i, j; (vertices, as many currents)
  hitting_times = 9,  ///< rtol, maxiter; target
  hitting_time = 10,  ///< rtol, maxiter, arcs; source, target
  katz = 11,          ///< rtol, maxiter, alpha, beta
  heat_kernel = 12,   ///< atol, arcs, time; seed
  katz_of = 13,       ///< rtol, atol, arcs, alpha, beta; vertex
};

/// The arguments of a query, taken one after the other; what remains is the list.
class Arguments {
 public:
  explicit Arguments(std::span<const double> rest) : rest_(rest) {}
  double number() {
    const double next = rest_.front();
    rest_ = rest_.subspan(1);
    return next;
  }
  std::int32_t vertex() { return static_cast<std::int32_t>(number()); }
  std::int64_t id() { return static_cast<std::int64_t>(number()); }
  Dangling dangling() { return static_cast<Dangling>(vertex()); }
  std::span<const double> list() const { return rest_; }
  /// Of a list of pairs, ids before values.
  std::size_t pairs() const { return rest_.size() / 2; }
  std::span<const double> values() const { return rest_.subspan(pairs()); }
  template <class Id>
  Status ids(Buffer<Id>& ids) const {
    if (ids.allocate(pairs()) != Status::ok) return Status::out_of_memory;
    for (std::size_t k = 0; k < pairs(); ++k) ids[k] = static_cast<Id>(rest_[k]);
    return Status::ok;
  }

 private:
  std::span<const double> rest_;
};

/// What every answer says, as doubles. Where it is a number: value and its limits. Where it is a
/// table, of `count` rows: bounds on the error of each entry and of their sum.
struct GraphReport {
  double reason, value, lower, upper, bound, bound1;
  double entries, iterations, touched;
  double count, columns;
  /// Top k: positions that are certain, rows that are no ties, how many ties there are. Cluster:
  /// weight cut, volume. All entries at once: relative bounds below and above.
  double first, second, third;
  double pushes;
};

/// One question, in steps.
class GraphRun : public Task {
 public:
  /// A fault has the position in the list where that is what is wrong.
  virtual Fault begin(Arguments in) = 0;
  virtual Fault fault() const = 0;
  double progress() const override { return 0; }
  /// Where arcs come on demand: what `step` waits for when it says so.
  virtual ArcCache* arcs() { return nullptr; }
  /// After any step: fills the report, which is all zero, and the table, column after column.
  virtual Status finish(GraphReport& report, Buffer<double>& table) = 0;
};

class NativeGraphTask : public Faulty {
 public:
  LACUNA_FAULT_METHODS

  explicit NativeGraphTask(std::unique_ptr<GraphRun> run) : run_(std::move(run)) {}

  std::int32_t step(double work, double deadline);
  std::int32_t stop(std::int32_t reason);
  double progress() const { return run_->progress(); }
  /// Address of the report, 0 where memory is short.
  Address report();
  Address table() const { return address(table_.data()); }

  /// Vertices whose arcs it waits for, as of other tasks that wait for lines; only of kind 0.
  std::int32_t wanted_count(std::int32_t kind) const;
  Address wanted(std::int32_t kind);
  /// `values` 0: all 1.
  std::int32_t supply_lines(std::int32_t kind, std::int32_t lines, Address counts, Address ids,
                            Address values);

 private:
  LiveHandle live_;
  std::unique_ptr<GraphRun> run_;
  std::int32_t stopped_ = -1;
  GraphReport report_;
  Buffer<double> table_;
  Buffer<double> wanted_;
};

}  // namespace lacuna::native
