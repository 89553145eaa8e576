#include "graph_runs.hpp"
#include "lacuna/local/graph/pagerank.hpp"
#include "lacuna/local/graph/personalized.hpp"
#include "lacuna/local/graph/sweep_cut.hpp"
#include "lacuna/local/graph/top_k.hpp"

namespace lacuna::native::graph_runs {
namespace {

/// Queries that only ever fail for want of memory.
class RankRun : public GraphRun {
 public:
  explicit RankRun(std::shared_ptr<Graph> graph) : graph_(std::move(graph)) {}
  Fault fault() const override { return Status::out_of_memory; }

 protected:
  std::shared_ptr<Graph> graph_;
};

class PagerankRun final : public RankRun {
 public:
  using RankRun::RankRun;
  Fault begin(Arguments in) override {
    PagerankOptions options;
    options.teleport = in.number();
    options.error = std::fmax(in.number(), least_error);
    options.maxiter = static_cast<std::int64_t>(in.number());
    options.dangling = in.dangling();
    return task_.begin(*graph_, in.list(), options);
  }
  TaskState step(Budget& budget) override { return task_.step(budget); }
  double progress() const override { return task_.progress(); }
  Status finish(GraphReport& report, Buffer<double>& table) override {
    report.reason = code(task_.reason());
    report.bound = report.bound1 = task_.error();
    report.entries = task_.entries();
    report.iterations = static_cast<double>(task_.iterations());
    report.touched = graph_->vertices();
    report.count = graph_->vertices();
    report.columns = 1;
    return table.copy_from(task_.scores());
  }

 private:
  Pagerank task_;
};

/// The vertices that have a value, with their brackets.
template <class Rank>
Status report_ranks(const Rank& rank, const Graph& graph, GraphReport& report,
                    Buffer<double>& table) {
  const std::size_t count = std::size_t{rank.scores()};
  if (open(report, table, count, 4) != Status::ok) return Status::out_of_memory;
  double* to = table.data();
  double bound = 0;
  rank.each_score([&](std::int32_t v, const RankBracket& b) {
    to[0] = v;
    to[count] = b.value;
    to[2 * count] = b.lo;
    to[3 * count] = b.hi;
    bound = std::fmax(bound, distance(b.value, b.lo, b.hi));
    ++to;
  });
  report.value = count < static_cast<std::size_t>(graph.vertices()) ? rank.others() : 0;
  report.bound = std::fmax(bound, report.value);
  report.entries = rank.push().entries();
  report.iterations = report.pushes = rank.push().pushes();
  report.touched = rank.touched();
  return Status::ok;
}

class SourceRun : public RankRun {
 public:
  using RankRun::RankRun;
  Fault begin(Arguments in) override {
    options_.teleport = in.number();
    options_.threshold = in.number();
    options_.error = std::fmin(in.number(), 0.5);
    options_.dangling = in.dangling();
    return begin_push(in);
  }
  TaskState step(Budget& budget) override { return rank_.step(budget); }
  double progress() const override { return rank_.progress(); }
  Status finish(GraphReport& report, Buffer<double>& table) override {
    report.bound1 = rank_.error();
    report.reason = code(options_.error == 0 || report.bound1 <= options_.error, Reason::stagnated);
    return report_ranks(rank_, *graph_, report, table);
  }

 protected:
  Fault begin_push(const Arguments& in) {
    Buffer<std::int32_t> sources;
    if (in.ids(sources) != Status::ok) return Status::out_of_memory;
    return rank_.begin(*graph_, std::as_const(sources).span(), in.values(), options_);
  }

  RankOptions options_;
  SourceRank rank_;
};

class ClusterRun final : public SourceRun {
 public:
  using SourceRun::SourceRun;
  Fault begin(Arguments in) override {
    if (!graph_->undirected()) return Status::not_symmetric;
    options_.teleport = in.number();
    options_.threshold = in.number();
    options_.dangling = Dangling::self;
    return begin_push(in);
  }
  TaskState step(Budget& budget) override {
    if (!cutting_) {
      const TaskState state = rank_.step(budget);
      if (state != TaskState::done) return state;
      if (!cut_.begin(rank_).ok()) return TaskState::failed;
      cutting_ = true;
    }
    return cut_.step(budget);
  }
  double progress() const override {
    return 0.5 * (rank_.progress() + (cutting_ ? cut_.progress() : 0));
  }
  Status finish(GraphReport& report, Buffer<double>& table) override {
    const auto set = cutting_ ? cut_.vertices() : std::span<const std::int32_t>{};
    report.reason = code(true, {});
    report.value = cutting_ ? cut_.conductance() : infinity;
    report.first = cut_.cut();
    report.second = cut_.volume();
    report.entries = rank_.push().entries();
    report.iterations = report.pushes = rank_.push().pushes();
    report.touched = rank_.touched();
    if (open(report, table, set.size(), 1) != Status::ok) return Status::out_of_memory;
    for (std::size_t k = 0; k < set.size(); ++k) table[k] = set[k];
    return Status::ok;
  }

 private:
  SweepCut cut_;
  bool cutting_ = false;
};

class TargetRun final : public RankRun {
 public:
  using RankRun::RankRun;
  Fault begin(Arguments in) override {
    RankOptions options;
    options.teleport = in.number();
    options.threshold = in.number();
    options.dangling = in.dangling();
    return rank_.begin(*graph_, in.vertex(), options);
  }
  TaskState step(Budget& budget) override { return rank_.step(budget); }
  double progress() const override { return rank_.progress(); }
  Status finish(GraphReport& report, Buffer<double>& table) override {
    report.reason = code(true, {});
    report.bound1 = infinity;
    return report_ranks(rank_, *graph_, report, table);
  }

 private:
  TargetRank rank_;
};

class PairRun final : public RankRun {
 public:
  using RankRun::RankRun;
  Fault begin(Arguments in) override {
    PairOptions options;
    options.teleport = in.number();
    options.atol = atol_ = std::fmax(in.number(), least_error);
    options.dangling = in.dangling();
    const std::int32_t source = in.vertex();
    return rank_.begin(*graph_, source, in.vertex(), options);
  }
  TaskState step(Budget& budget) override { return rank_.step(budget); }
  double progress() const override { return rank_.progress(); }
  Status finish(GraphReport& report, Buffer<double>&) override {
    const RankBracket& b = rank_.bracket();
    report.reason = code(b.hi - b.lo <= atol_, Reason::stagnated);
    report.value = b.value;
    report.lower = b.lo;
    report.upper = b.hi;
    report.bound = distance(b.value, b.lo, b.hi);
    report.entries = rank_.entries();
    report.pushes = rank_.pushes();
    return Status::ok;
  }

 private:
  PairRank rank_;
  double atol_ = 0;
};

class TopRun final : public RankRun {
 public:
  using RankRun::RankRun;
  Fault begin(Arguments in) override {
    options_.teleport = in.number();
    options_.resolution = in.number();
    options_.entries = in.number();
    options_.dangling = in.dangling();
    const std::int32_t source = in.vertex();
    options_.k = in.vertex();
    return rank_.begin(*graph_, source, options_);
  }
  TaskState step(Budget& budget) override { return rank_.step(budget); }
  double progress() const override { return rank_.progress(); }
  Status finish(GraphReport& report, Buffer<double>& table) override {
    const auto top = rank_.entries(), ties = rank_.ties();
    const bool certain = rank_.leading() == static_cast<std::int32_t>(top.size());
    report.reason =
        code(certain, rank_.arcs_read() >= options_.entries ? Reason::budget : Reason::stagnated);
    report.value = rank_.set_certain();
    report.first = rank_.leading();
    report.second = static_cast<double>(top.size());
    report.third = rank_.others_may_belong() ? infinity : static_cast<double>(rank_.tie_total());
    report.entries = rank_.arcs_read();
    report.pushes = rank_.pushes();
    const std::size_t count = top.size() + ties.size();
    if (open(report, table, count, 4) != Status::ok) return Status::out_of_memory;
    double* to = table.data();
    for (const auto& list : {top, ties}) {
      for (const TopRank::Entry& entry : list) {
        to[0] = entry.vertex;
        to[count] = entry.rank.value;
        to[2 * count] = entry.rank.lo;
        to[3 * count] = entry.rank.hi;
        ++to;
      }
    }
    return Status::ok;
  }

 private:
  TopOptions options_;
  TopRank rank_;
};

}  // namespace

std::unique_ptr<GraphRun> rank_run(GraphQuery query, std::shared_ptr<Graph>&& graph) {
  switch (query) {
    case GraphQuery::pagerank: return std::make_unique<PagerankRun>(std::move(graph));
    case GraphQuery::source_rank: return std::make_unique<SourceRun>(std::move(graph));
    case GraphQuery::target_rank: return std::make_unique<TargetRun>(std::move(graph));
    case GraphQuery::pair_rank: return std::make_unique<PairRun>(std::move(graph));
    case GraphQuery::top_rank: return std::make_unique<TopRun>(std::move(graph));
    case GraphQuery::cluster: return std::make_unique<ClusterRun>(std::move(graph));
    default: return nullptr;
  }
}

}  // namespace lacuna::native::graph_runs
