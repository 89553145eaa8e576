#include "graph_outcome_run.hpp"
#include "lacuna/local/graph/arc_hitting.hpp"
#include "lacuna/local/graph/arc_rank.hpp"
#include "lacuna/local/graph/arc_sweep.hpp"
#include "lacuna/local/graph/arc_target.hpp"
#include "lacuna/local/graph/arc_top.hpp"
#include "lacuna/local/graph/katz.hpp"
#include "lacuna/local/graph/local_hitting.hpp"

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

/// Ranks by their target, of an undirected graph.
class ArcTargetRun final : public OutcomeRun {
 public:
  using OutcomeRun::OutcomeRun;
  Fault begin(Arguments in) override {
    if (!undirected()) return Status::not_ready;
    RankOptions options;
    options.teleport = in.number();
    options.threshold = in.number();
    // Of an undirected graph both come to the same.
    in.dangling();
    return rank_.begin(lines(), in.id(), options);
  }
  TaskState step(Budget& budget) override {
    const TaskState state = take(rank_.step(budget), rank_.fault(), Status::internal);
    note(rank_.progress());
    return state;
  }
  Status finish(GraphReport& report, Buffer<double>& table) override {
    std::size_t count = 0;
    for (std::uint32_t k = 0; k < rank_.touched(); ++k) count += rank_.rank().stored(k) > 0;
    if (open(report, table, count, 4) != Status::ok) return Status::out_of_memory;
    double* to = table.data();
    report.bound = rank_.bound();
    for (std::uint32_t k = 0; k < rank_.touched(); ++k) {
      if (!(rank_.rank().stored(k) > 0)) continue;
      const RankBracket b = rank_.bracket(k);
      to[0] = static_cast<double>(rank_.vertex(k));
      to[count] = b.value;
      to[2 * count] = b.lo;
      to[3 * count] = b.hi;
      report.bound = std::fmax(report.bound, distance(b.value, b.lo, b.hi));
      ++to;
    }
    report.bound1 = infinity;
    report.reason = reason();
    report.entries = rank_.rank().work().entries;
    report.iterations = report.pushes = rank_.rank().work().pushes;
    report.touched = rank_.touched();
    return Status::ok;
  }

 private:
  ArcTarget rank_;
};

/// The rank of a pair: from both ends of an undirected graph, from the source of a directed one.
class ArcPairRun final : public OutcomeRun {
 public:
  using OutcomeRun::OutcomeRun;
  Fault begin(Arguments in) override {
    RankOptions options;
    options.teleport = in.number();
    atol_ = std::fmax(in.number(), least_error);
    options.dangling = in.dangling();
    options.error = std::fmin(atol_, 0.5);
    const std::int64_t source[] = {in.id()};
    target_ = in.id();
    if (target_ < 0 || target_ >= lines().size()) return Status::index_out_of_range;
    if (undirected()) return pair_.begin(lines(), source[0], target_, options.teleport, atol_);
    return rank_.begin(lines(), source, {}, options);
  }
  TaskState step(Budget& budget) override {
    if (undirected()) return take(pair_.step(budget), pair_.fault(), Status::internal);
    const TaskState state = take(rank_.step(budget), rank_.fault(), Status::internal);
    note(rank_.progress());
    return state;
  }
  Status finish(GraphReport& report, Buffer<double>&) override {
    const RankBracket b = undirected() ? pair_.bracket() : rank_.at(target_);
    report.reason = b.hi - b.lo <= atol_ ? code(true, {}) : code(Reason::stagnated);
    report.value = b.value;
    report.lower = b.lo;
    report.upper = b.hi;
    report.bound = distance(b.value, b.lo, b.hi);
    report.entries = undirected() ? pair_.entries() : rank_.work().entries;
    report.iterations = report.pushes = undirected() ? pair_.pushes() : rank_.work().pushes;
    return Status::ok;
  }

 private:
  ArcPair pair_;
  ArcRank rank_;
  std::int64_t target_ = 0;
  double atol_ = 0;
};

class ArcTopRun final : public OutcomeRun {
 public:
  using OutcomeRun::OutcomeRun;
  Fault begin(Arguments in) override {
    ArcTopOptions options;
    options.teleport = in.number();
    options.resolution = in.number();
    options.entries = in.number();
    options.dangling = in.dangling();
    options.undirected = undirected();
    options.max_weight = arcs_->max_weight();
    const std::int64_t source = in.id();
    options.k = in.id();
    return rank_.begin(lines(), source, options);
  }
  TaskState step(Budget& budget) override {
    return take(rank_.step(budget), rank_.fault(), Status::internal);
  }
  Status finish(GraphReport& report, Buffer<double>& table) override {
    const auto top = rank_.entries(), ties = rank_.ties();
    report.reason = rank_.all_certain() ? code(true, {})
                    : outcome_ == GraphOutcome::limit ? code(Reason::budget)
                                                      : code(Reason::stagnated);
    report.value = rank_.set_certain();
    report.first = static_cast<double>(rank_.leading());
    report.second = static_cast<double>(top.size());
    report.third = rank_.others_may_belong() ? infinity : static_cast<double>(rank_.tie_total());
    report.entries = rank_.rank().work().entries;
    report.iterations = report.pushes = rank_.rank().work().pushes;
    report.touched = rank_.rank().touched();
    const std::size_t count = top.size() + ties.size();
    if (open(report, table, count, 4) != Status::ok) return Status::out_of_memory;
    double* to = table.data();
    for (const auto& list : {top, ties}) {
      for (const ArcTop::Entry& entry : list) {
        to[0] = static_cast<double>(entry.vertex);
        to[count] = entry.rank.value;
        to[2 * count] = entry.rank.lo;
        to[3 * count] = entry.rank.hi;
        ++to;
      }
    }
    return Status::ok;
  }

 private:
  ArcTop rank_;
};

/// A hitting time: from a ball where the graph is undirected, else from all that the walk may see.
class ArcHittingRun final : public OutcomeRun {
 public:
  using OutcomeRun::OutcomeRun;
  Fault begin(Arguments in) override {
    goal_.rtol = in.number();
    goal_.max_steps = in.number();
    goal_.max_entries = in.number();
    const std::int64_t source = in.id();
    const std::int64_t target = in.id();
    if (undirected()) return ball_.begin(lines(), source, target, arcs_->volume());
    return closure_.begin(lines(), source, target);
  }
  TaskState step(Budget& budget) override {
    if (!undirected()) {
      const TaskState state = take(closure_.step(goal_, budget), closure_.fault(), {});
      note(closure_.progress());
      return state;
    }
    const TaskState state = take(ball_.step(goal_, budget), ball_.fault(), {});
    note_width(ball_.bracket().width(), ball_.bracket().lo, {goal_.rtol});
    return state;
  }
  Status finish(GraphReport& report, Buffer<double>&) override {
    const Bracket& b = undirected() ? ball_.bracket() : closure_.bracket();
    const LaplaceWork work = undirected() ? ball_.work() : closure_.work();
    report_bracket(report, b.lo, b.hi);
    report.reason = reason();
    report.entries = work.entries;
    report.iterations = work.cg_steps;
    report.touched = work.vertices;
    return Status::ok;
  }

 private:
  HittingGoal goal_;
  LocalHitting ball_;
  ArcHitting closure_;
};

/// Katz centrality of one vertex of an undirected graph whose largest sum of weights is declared.
class ArcKatzRun final : public OutcomeRun {
 public:
  using OutcomeRun::OutcomeRun;
  Fault begin(Arguments in) override {
    rtol_ = in.number();
    atol_ = in.number();
    max_entries_ = in.number();
    const double alpha = in.number();
    const double beta = in.number();
    const double most = alpha * arcs_->max_weight() * (1 + 0x1p-30);
    if (!undirected() || !(most < 1)) return Status::not_ready;
    weights_.dominance = Dominance::declared;
    weights_.uniform = (1 + 0x1p-40) / (1 - most);
    weights_.least = 1;
    rows_.emplace(lines(), alpha, true);
    return entry_.begin(*rows_, weights_, beta, in.id());
  }
  TaskState step(Budget& budget) override {
    const TaskState state = take(entry_.step(rtol_, atol_, max_entries_, budget), entry_.fault(),
                                 Status::singular_matrix);
    const Bracket& b = entry_.bracket();
    note(b.width() / b.lo, std::fmax(std::fmax(rtol_, atol_ / b.lo), 0x1p-52));
    return state;
  }
  Status finish(GraphReport& report, Buffer<double>&) override {
    report_bracket(report, entry_.bracket().lo, entry_.bracket().hi);
    report.reason = reason();
    report.entries = entry_.work().entries;
    report.iterations = report.pushes = entry_.work().pushes;
    report.touched = entry_.touched();
    return Status::ok;
  }

 private:
  Weights weights_;
  std::optional<KatzRows> rows_;
  KatzEntry entry_;
  double rtol_ = 0, atol_ = 0, max_entries_ = 0;
};

}  // namespace

std::unique_ptr<GraphRun> arc_run(GraphQuery query, std::shared_ptr<ArcCache>&& arcs) {
  switch (query) {
    case GraphQuery::source_rank: return std::make_unique<ArcRankRun>(std::move(arcs));
    case GraphQuery::target_rank: return std::make_unique<ArcTargetRun>(std::move(arcs));
    case GraphQuery::pair_rank: return std::make_unique<ArcPairRun>(std::move(arcs));
    case GraphQuery::top_rank: return std::make_unique<ArcTopRun>(std::move(arcs));
    case GraphQuery::cluster: return std::make_unique<ArcClusterRun>(std::move(arcs));
    case GraphQuery::hitting_time: return std::make_unique<ArcHittingRun>(std::move(arcs));
    case GraphQuery::katz_of: return std::make_unique<ArcKatzRun>(std::move(arcs));
    default: return walk_run(query, std::move(arcs));
  }
}

}  // namespace lacuna::native::graph_runs
