#include <cmath>
#include <limits>

#include "graph_binding.hpp"
#include "lacuna/local/graph/arc_lines.hpp"
#include "lacuna/local/graph/heat_kernel.hpp"
#include "lacuna/local/graph/hitting.hpp"
#include "lacuna/local/graph/katz.hpp"
#include "lacuna/local/graph/pagerank.hpp"
#include "lacuna/local/graph/personalized.hpp"
#include "lacuna/local/graph/potential.hpp"
#include "lacuna/local/graph/resistance.hpp"
#include "lacuna/local/graph/sweep_cut.hpp"
#include "lacuna/local/graph/top_k.hpp"

namespace lacuna::native {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
/// Stands for 0, as accurate as can be, where a bound is to be named.
constexpr double least_error = 1e-300;

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

double code(Reason reason) { return static_cast<double>(reason); }
double code(bool converged, Reason otherwise) {
  return code(converged ? Reason::converged_atol : otherwise);
}

/// An upper bound on the distance of a value from its limits.
double distance(double value, double lower, double upper) {
  if (lower == upper) return 0;
  return std::fmax(upper - value, value - lower) * (1 + 0x1p-52);
}

/// A number by its limits, in whose middle it lies.
void report_bracket(GraphReport& report, double lower, double upper) {
  report.lower = lower;
  report.upper = upper;
  report.value = std::isfinite(upper) ? lower + 0.5 * (upper - lower)
                 : upper == lower     ? upper
                                      : lower;
  report.bound = distance(report.value, lower, upper);
}

/// Room for a table, column after column; `at` writes into it.
Status open(GraphReport& report, Buffer<double>& table, std::size_t count, std::size_t columns) {
  report.count = static_cast<double>(count);
  report.columns = static_cast<double>(columns);
  return table.allocate(count * columns);
}

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
  Fault begin(Arguments in) {
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

/// The touched vertices of a push with their brackets.
template <class Rank>
Status report_ranks(const Rank& rank, const Graph& graph, GraphReport& report,
                    Buffer<double>& table) {
  const std::size_t count = rank.touched();
  if (open(report, table, count, 4) != Status::ok) return Status::out_of_memory;
  double* to = table.data();
  double bound = 0;
  for (std::size_t k = 0; k < count; ++k, ++to) {
    const auto at = static_cast<std::uint32_t>(k);
    const RankBracket b = rank.bracket(at);
    to[0] = rank.vertex(at);
    to[count] = b.value;
    to[2 * count] = b.lo;
    to[3 * count] = b.hi;
    bound = std::fmax(bound, distance(b.value, b.lo, b.hi));
  }
  // All vertices that were not touched are known alike.
  std::int32_t v = 0;
  while (v < graph.vertices() && rank.push().find(v) != MassPush::none) ++v;
  report.value = v < graph.vertices() ? rank.at(v).hi : 0;
  report.bound = std::fmax(bound, report.value);
  report.entries = rank.push().entries();
  report.iterations = rank.push().pushes();
  report.touched = report.count;
  return Status::ok;
}

class SourceRun : public RankRun {
 public:
  using RankRun::RankRun;
  Fault begin(Arguments in) {
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
  Fault begin(Arguments in) {
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
    report.iterations = rank_.push().pushes();
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
  Fault begin(Arguments in) {
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
  Fault begin(Arguments in) {
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
    return Status::ok;
  }

 private:
  PairRank rank_;
  double atol_ = 0;
};

class TopRun final : public RankRun {
 public:
  using RankRun::RankRun;
  Fault begin(Arguments in) {
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
    report.third = rank_.untouched_may_belong() ? infinity : static_cast<double>(rank_.tie_total());
    report.entries = rank_.arcs_read();
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

/// Queries that end with an outcome.
class OutcomeRun : public GraphRun {
 public:
  explicit OutcomeRun(std::shared_ptr<Graph> graph)
      : graph_(std::move(graph)), lines_(graph_->vertices(), graph_->out()) {}
  Fault fault() const override { return fault_; }

 protected:
  /// Keeps the reason; where there is no answer, `refused` says so.
  TaskState take(GraphOutcome outcome, Fault fault, Status refused) {
    fault_ = fault;
    outcome_ = outcome;
    switch (outcome) {
      case GraphOutcome::running: return TaskState::running;
      case GraphOutcome::refused: fault_ = refused; return TaskState::failed;
      case GraphOutcome::failed: return TaskState::failed;
      default: return TaskState::done;
    }
  }
  double reason() const {
    switch (outcome_) {
      case GraphOutcome::limit: return code(Reason::budget);
      case GraphOutcome::rounding: return code(Reason::stagnated);
      default: return code(true, {});
    }
  }
  /// In-arcs first, then `begin`.
  TaskState prepare(Budget& budget) {
    const TaskState state = graph_->prepare_in_arcs(budget);
    if (state == TaskState::failed) fault_ = Status::out_of_memory;
    return state;
  }

  std::shared_ptr<Graph> graph_;
  ArcLines lines_;
  GraphOutcome outcome_ = GraphOutcome::running;
  Fault fault_;
};

void report_work(GraphReport& report, const LaplaceWork& work) {
  report.entries = work.entries;
  report.iterations = work.cg_steps;
  report.touched = work.vertices;
}

LaplaceGoal goal_from(Arguments& in) {
  LaplaceGoal goal;
  goal.rtol = in.number();
  goal.atol = in.number();
  goal.max_entries = in.number();
  return goal;
}

class ResistanceRun final : public OutcomeRun {
 public:
  using OutcomeRun::OutcomeRun;
  Fault begin(Arguments in, bool commute) {
    if (!graph_->undirected()) return Status::not_symmetric;
    commute_ = commute;
    goal_ = goal_from(in);
    if (commute) goal_.atol /= graph_->volume();
    const std::int32_t s = in.vertex();
    return query_.begin(lines_, s, in.vertex());
  }
  TaskState step(Budget& budget) override {
    return take(query_.step(goal_, budget), query_.fault(), Status::internal);
  }
  Status finish(GraphReport& report, Buffer<double>&) override {
    Bracket b = query_.bracket();
    if (outcome_ == GraphOutcome::disconnected) {
      b.lo = b.hi = infinity;
    } else if (commute_) {
      b = commute_time(*graph_, b);
    }
    report_bracket(report, b.lo, b.hi);
    report.reason = reason();
    report_work(report, query_.work());
    return Status::ok;
  }

 private:
  LaplaceGoal goal_;
  Resistance query_;
  bool commute_ = false;
};

class PotentialRun final : public OutcomeRun {
 public:
  using OutcomeRun::OutcomeRun;
  Fault begin(Arguments in) {
    if (!graph_->undirected()) return Status::not_symmetric;
    goal_ = goal_from(in);
    const std::int32_t i = in.vertex();
    const std::int32_t j = in.vertex();
    Buffer<std::int64_t> ids;
    if (in.ids(ids) != Status::ok) return Status::out_of_memory;
    return query_.begin(lines_, std::as_const(ids).span(), in.values(), i, j);
  }
  TaskState step(Budget& budget) override {
    const TaskState state =
        take(query_.step(goal_, budget), query_.fault(), Status::shape_mismatch);
    if (outcome_ != GraphOutcome::disconnected) return state;
    fault_ = Status::singular_matrix;
    return TaskState::failed;
  }
  Status finish(GraphReport& report, Buffer<double>&) override {
    report.value = query_.value();
    report.bound = query_.bound();
    report.lower = (report.value - report.bound) - std::fabs(report.value) * 0x1p-52;
    report.upper = (report.value + report.bound) + std::fabs(report.value) * 0x1p-52;
    report.reason = reason();
    report_work(report, query_.work());
    return Status::ok;
  }

 private:
  LaplaceGoal goal_;
  PotentialDifference query_;
};

/// What gives a value for every vertex, each with the same relative bounds.
template <class Query>
Status report_all(const Query& query, bool there, std::int32_t n, GraphReport& report,
                  Buffer<double>& table) {
  report.first = query.below();
  report.second = query.above();
  report.entries = query.entries();
  report.touched = n;
  if (open(report, table, static_cast<std::size_t>(n), 1) != Status::ok) {
    return Status::out_of_memory;
  }
  for (std::int32_t v = 0; v < n; ++v) table[v] = there ? query.value(v) : std::nan("");
  return Status::ok;
}

class HittingRun final : public OutcomeRun {
 public:
  using OutcomeRun::OutcomeRun;
  Fault begin(Arguments in, bool single) {
    rtol_ = in.number();
    maxiter_ = static_cast<std::int64_t>(in.number());
    if (single) source_ = in.vertex();
    target_ = in.vertex();
    return {};
  }
  TaskState step(Budget& budget) override {
    if (!begun_) {
      const TaskState state = prepare(budget);
      if (state != TaskState::done) return state;
      if (fault_ = query_.begin(*graph_, target_); !fault_.ok()) return TaskState::failed;
      begun_ = true;
    }
    return take(query_.step(rtol_, maxiter_, budget), query_.fault(), Status::internal);
  }
  Status finish(GraphReport& report, Buffer<double>& table) override {
    const bool there = outcome_ != GraphOutcome::running;
    report.reason = reason();
    report.iterations = static_cast<double>(query_.iterations());
    if (source_ < 0) return report_all(query_, there, graph_->vertices(), report, table);
    const Bracket b = there ? query_.bracket(source_) : Bracket{};
    report.lower = b.lo;
    report.upper = b.hi;
    report.value = there ? query_.value(source_) : std::nan("");
    report.bound = distance(report.value, b.lo, b.hi);
    report.entries = query_.entries();
    report.touched = graph_->vertices();
    return Status::ok;
  }

 private:
  HittingTimes query_;
  double rtol_ = 0;
  std::int64_t maxiter_ = 0;
  std::int32_t target_ = 0;
  std::int32_t source_ = -1;
  bool begun_ = false;
};

class KatzRun final : public OutcomeRun {
 public:
  using OutcomeRun::OutcomeRun;
  Fault begin(Arguments in) {
    rtol_ = in.number();
    maxiter_ = in.vertex();
    alpha_ = in.number();
    beta_ = in.number();
    return {};
  }
  TaskState step(Budget& budget) override {
    if (!begun_) {
      const TaskState state = prepare(budget);
      if (state != TaskState::done) return state;
      if (fault_ = query_.begin(*graph_, alpha_, beta_); !fault_.ok()) return TaskState::failed;
      begun_ = true;
    }
    return take(query_.step(rtol_, maxiter_, budget), query_.fault(), Status::singular_matrix);
  }
  Status finish(GraphReport& report, Buffer<double>& table) override {
    report.reason = reason();
    report.iterations = query_.passes();
    return report_all(query_, outcome_ != GraphOutcome::running, graph_->vertices(), report, table);
  }

 private:
  KatzCentrality query_;
  double rtol_ = 0, alpha_ = 0, beta_ = 0;
  std::int32_t maxiter_ = 0;
  bool begun_ = false;
};

class HeatRun final : public OutcomeRun {
 public:
  using OutcomeRun::OutcomeRun;
  Fault begin(Arguments in) {
    error_ = in.number();
    max_entries_ = in.number();
    const double time = in.number();
    // Of what is asked for, rounding is to have its share.
    return query_.begin(lines_, in.vertex(), time, std::fmin(std::fmax(0.9 * error_, 1e-15), 0.5));
  }
  TaskState step(Budget& budget) override {
    return take(query_.step(max_entries_, budget), query_.fault(), Status::internal);
  }
  Status finish(GraphReport& report, Buffer<double>& table) override {
    report.bound = report.bound1 = query_.bound();
    report.reason = outcome_ == GraphOutcome::done && report.bound > error_
                        ? code(Reason::stagnated)
                        : reason();
    report.entries = query_.entries();
    report.iterations = query_.terms();
    report.touched = query_.touched();
    const std::size_t count = query_.touched();
    if (open(report, table, count, 2) != Status::ok) return Status::out_of_memory;
    for (std::size_t k = 0; k < count; ++k) {
      const HeatKernel::Vertex& vertex = query_.vertex(static_cast<std::uint32_t>(k));
      table[k] = static_cast<double>(vertex.id);
      table[count + k] = vertex.value;
    }
    return Status::ok;
  }

 private:
  HeatKernel query_;
  double error_ = 0;
  double max_entries_ = 0;
};

template <class Run, class... More>
Result<std::unique_ptr<GraphRun>> make(std::shared_ptr<Graph>&& graph, Arguments in, More... more) {
  auto run = std::make_unique<Run>(std::move(graph));
  if (const Fault fault = run->begin(in, more...); !fault.ok()) return fault;
  return std::unique_ptr<GraphRun>(std::move(run));
}

}  // namespace

Result<std::unique_ptr<GraphRun>> begin_query(GraphQuery query, std::shared_ptr<Graph> graph,
                                              std::span<const double> arguments) {
  const Arguments in(arguments);
  switch (query) {
    case GraphQuery::pagerank: return make<PagerankRun>(std::move(graph), in);
    case GraphQuery::source_rank: return make<SourceRun>(std::move(graph), in);
    case GraphQuery::target_rank: return make<TargetRun>(std::move(graph), in);
    case GraphQuery::pair_rank: return make<PairRun>(std::move(graph), in);
    case GraphQuery::top_rank: return make<TopRun>(std::move(graph), in);
    case GraphQuery::cluster: return make<ClusterRun>(std::move(graph), in);
    case GraphQuery::resistance: return make<ResistanceRun>(std::move(graph), in, false);
    case GraphQuery::commute_time: return make<ResistanceRun>(std::move(graph), in, true);
    case GraphQuery::potential: return make<PotentialRun>(std::move(graph), in);
    case GraphQuery::hitting_times: return make<HittingRun>(std::move(graph), in, false);
    case GraphQuery::hitting_time: return make<HittingRun>(std::move(graph), in, true);
    case GraphQuery::katz: return make<KatzRun>(std::move(graph), in);
    case GraphQuery::heat_kernel: return make<HeatRun>(std::move(graph), in);
  }
  return Status::invalid_argument;
}

}  // namespace lacuna::native
