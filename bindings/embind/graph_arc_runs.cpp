#include "graph_outcome_run.hpp"
#include "lacuna/local/graph/arc_rank.hpp"
#include "lacuna/local/graph/arc_sweep.hpp"

namespace lacuna::native::graph_runs {
namespace {

/// Personalized PageRank over arcs that come on demand.
class ArcRankRun : public OutcomeRun {
 public:
  using OutcomeRun::OutcomeRun;
  Fault begin(Arguments in) override {
    options_.teleport = in.number();
    options_.threshold = in.number();
    options_.error = std::fmin(in.number(), 0.5);
    options_.dangling = in.dangling();
    return begin_rank(in);
  }
  TaskState step(Budget& budget) override {
    const TaskState state = take(rank_.step(budget), rank_.fault(), Status::internal);
    note(rank_.progress());
    return state;
  }
  Status finish(GraphReport& report, Buffer<double>& table) override {
    report.bound1 = rank_.error();
    report.reason = reason();
    const std::size_t count = rank_.touched();
    if (open(report, table, count, 4) != Status::ok) return Status::out_of_memory;
    double* to = table.data();
    double bound = rank_.elsewhere().hi;
    for (std::uint32_t k = 0; k < count; ++k, ++to) {
      const RankBracket b = rank_.bracket(k);
      to[0] = static_cast<double>(rank_.vertex(k));
      to[count] = b.value;
      to[2 * count] = b.lo;
      to[3 * count] = b.hi;
      bound = std::fmax(bound, distance(b.value, b.lo, b.hi));
    }
    report.bound = bound;
    report.entries = rank_.work().entries;
    report.iterations = report.pushes = rank_.work().pushes;
    report.touched = report.count;
    return Status::ok;
  }

 protected:
  Fault begin_rank(const Arguments& in) {
    Buffer<std::int64_t> sources;
    if (in.ids(sources) != Status::ok) return Status::out_of_memory;
    return rank_.begin(lines(), std::as_const(sources).span(), in.values(), options_);
  }

  RankOptions options_;
  ArcRank rank_;
};

/// A local cluster over arcs that come on demand.
class ArcClusterRun final : public ArcRankRun {
 public:
  using ArcRankRun::ArcRankRun;
  Fault begin(Arguments in) override {
    if (!undirected()) return Status::not_symmetric;
    options_.teleport = in.number();
    options_.threshold = in.number();
    options_.dangling = Dangling::self;
    return begin_rank(in);
  }
  TaskState step(Budget& budget) override {
    if (!cutting_) {
      const TaskState state = ArcRankRun::step(budget);
      if (state != TaskState::done) return state;
      if (fault_ = sweep_.begin(rank_, lines()); !fault_.ok()) return TaskState::failed;
      cutting_ = true;
    }
    return take(sweep_.step(budget), {}, Status::internal);
  }
  double progress() const override {
    return 0.5 * (OutcomeRun::progress() + (cutting_ ? sweep_.progress() : 0));
  }
  Status finish(GraphReport& report, Buffer<double>& table) override {
    const auto set = cutting_ ? sweep_.vertices() : std::span<const std::int64_t>{};
    report.reason = reason();
    report.value = cutting_ ? sweep_.conductance() : infinity;
    report.first = sweep_.cut();
    report.second = sweep_.volume();
    report.entries = rank_.work().entries + sweep_.entries();
    report.iterations = report.pushes = rank_.work().pushes;
    report.touched = rank_.touched();
    if (open(report, table, set.size(), 1) != Status::ok) return Status::out_of_memory;
    for (std::size_t k = 0; k < set.size(); ++k) table[k] = static_cast<double>(set[k]);
    return Status::ok;
  }

 private:
  ArcSweep sweep_;
  bool cutting_ = false;
};

}  // namespace

std::unique_ptr<GraphRun> arc_run(GraphQuery query, std::shared_ptr<ArcCache>&& arcs) {
  switch (query) {
    case GraphQuery::source_rank: return std::make_unique<ArcRankRun>(std::move(arcs));
    case GraphQuery::cluster: return std::make_unique<ArcClusterRun>(std::move(arcs));
    default: return walk_run(query, std::move(arcs));
  }
}

}  // namespace lacuna::native::graph_runs
