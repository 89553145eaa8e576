#include <optional>

#include "graph_runs.hpp"
#include "lacuna/base/elementary.hpp"
#include "lacuna/local/graph/arc_rank.hpp"
#include "lacuna/local/graph/arc_sweep.hpp"
#include "lacuna/local/graph/heat_kernel.hpp"
#include "lacuna/local/graph/hitting.hpp"
#include "lacuna/local/graph/katz.hpp"
#include "lacuna/local/graph/potential.hpp"
#include "lacuna/local/graph/resistance.hpp"

namespace lacuna::native::graph_runs {
namespace {

/// A number by its limits, in whose middle it lies.
void report_bracket(GraphReport& report, double lower, double upper) {
  report.lower = lower;
  report.upper = upper;
  report.value = std::isfinite(upper) ? lower + 0.5 * (upper - lower)
                 : upper == lower     ? upper
                                      : lower;
  report.bound = distance(report.value, lower, upper);
}

/// Queries that end with an outcome, of a graph that is loaded or one whose arcs come on demand.
class OutcomeRun : public GraphRun {
 public:
  explicit OutcomeRun(std::shared_ptr<Graph> graph) : graph_(std::move(graph)) {
    loaded_.emplace(graph_->vertices(), graph_->out());
  }
  explicit OutcomeRun(std::shared_ptr<ArcCache> arcs) : arcs_(std::move(arcs)) {}
  ~OutcomeRun() override {
    // Who waits for lines no longer does; others ask anew.
    if (arcs_ && outcome_ == GraphOutcome::needs_lines) arcs_->give_up();
  }
  Fault fault() const override { return fault_; }
  double progress() const override { return progress_; }
  ArcCache* arcs() override { return arcs_.get(); }

 protected:
  /// Keeps the reason; where there is no answer, `refused` says so.
  TaskState take(GraphOutcome outcome, Fault fault, Status refused) {
    fault_ = fault;
    outcome_ = outcome;
    switch (outcome) {
      case GraphOutcome::running: return TaskState::running;
      case GraphOutcome::needs_lines:
        if (!arcs_->failed()) return TaskState::needs_rows;
        fault_ = Status::out_of_memory;
        return TaskState::failed;
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
  /// A share of the work; what has been told stands.
  void note(double share) { progress_ = std::fmax(progress_, std::fmin(share, 1)); }
  /// The same by orders of magnitude, from 1 to a goal.
  void note(double now, double goal) {
    if (now < 1) note(now <= goal ? 1 : natural_log(now) / natural_log(goal));
  }
  /// Of a width that is to fall to a share of the value.
  void note_width(double width, double value, const LaplaceGoal& goal) {
    const double wanted = std::fmax(goal.rtol, goal.atol / value);
    if (value > 0 && wanted > 0) note(width / value, wanted);
  }
  /// In-arcs first, then `begin`.
  TaskState prepare(Budget& budget) {
    const TaskState state = graph_->prepare_in_arcs(budget);
    if (state == TaskState::failed) fault_ = Status::out_of_memory;
    return state;
  }

  Lines& lines() { return arcs_ ? static_cast<Lines&>(*arcs_) : *loaded_; }
  bool undirected() const { return arcs_ ? arcs_->undirected() : graph_->undirected(); }

  std::shared_ptr<Graph> graph_;
  std::shared_ptr<ArcCache> arcs_;
  std::optional<ArcLines> loaded_;
  GraphOutcome outcome_ = GraphOutcome::running;
  Fault fault_;
  double progress_ = 0;
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
  ResistanceRun(std::shared_ptr<Graph> graph, bool commute)
      : OutcomeRun(std::move(graph)), commute_(commute) {}
  explicit ResistanceRun(std::shared_ptr<ArcCache> arcs)
      : OutcomeRun(std::move(arcs)), commute_(false) {}
  Fault begin(Arguments in) override {
    if (!undirected()) return Status::not_symmetric;
    goal_ = goal_from(in);
    if (commute_) goal_.atol /= graph_->volume();
    const std::int64_t s = in.id();
    return query_.begin(lines(), s, in.id());
  }
  TaskState step(Budget& budget) override {
    const TaskState state = take(query_.step(goal_, budget), query_.fault(), Status::internal);
    note_width(query_.bracket().width(), query_.bracket().lo, goal_);
    return state;
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
  bool commute_;
};

class PotentialRun final : public OutcomeRun {
 public:
  using OutcomeRun::OutcomeRun;
  Fault begin(Arguments in) override {
    if (!undirected()) return Status::not_symmetric;
    goal_ = goal_from(in);
    const std::int64_t i = in.id();
    const std::int64_t j = in.id();
    Buffer<std::int64_t> ids;
    if (in.ids(ids) != Status::ok) return Status::out_of_memory;
    return query_.begin(lines(), std::as_const(ids).span(), in.values(), i, j);
  }
  TaskState step(Budget& budget) override {
    const TaskState state =
        take(query_.step(goal_, budget), query_.fault(), Status::shape_mismatch);
    note_width(query_.bound(), std::fabs(query_.value()), goal_);
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
  HittingRun(std::shared_ptr<Graph> graph, bool single)
      : OutcomeRun(std::move(graph)), single_(single) {}
  Fault begin(Arguments in) override {
    rtol_ = in.number();
    maxiter_ = static_cast<std::int64_t>(in.number());
    if (single_) source_ = in.vertex();
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
    const TaskState state =
        take(query_.step(rtol_, maxiter_, budget), query_.fault(), Status::internal);
    note(query_.progress());
    return state;
  }
  Status finish(GraphReport& report, Buffer<double>& table) override {
    const bool there = outcome_ != GraphOutcome::running;
    report.reason = reason();
    report.iterations = static_cast<double>(query_.iterations());
    if (!single_) return report_all(query_, there, graph_->vertices(), report, table);
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
  std::int32_t source_ = 0;
  bool single_;
  bool begun_ = false;
};

class KatzRun final : public OutcomeRun {
 public:
  using OutcomeRun::OutcomeRun;
  Fault begin(Arguments in) override {
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
    const TaskState state =
        take(query_.step(rtol_, maxiter_, budget), query_.fault(), Status::singular_matrix);
    note(query_.progress(rtol_));
    return state;
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

/// Katz centrality of one vertex. Of an undirected graph with α·(largest sum of weights) < 1 only
/// what is near is read; else weights for the bounds come first, from rough centralities of all.
class KatzOfRun final : public OutcomeRun {
 public:
  using OutcomeRun::OutcomeRun;
  Fault begin(Arguments in) override {
    rtol_ = in.number();
    atol_ = in.number();
    max_entries_ = in.number();
    alpha_ = in.number();
    beta_ = in.number();
    vertex_ = in.vertex();
    const double most = alpha_ * graph_->max_out_weight() * (1 + 0x1p-40);
    if (graph_->undirected() && most < 1) {
      weights_.dominance = Dominance::declared;
      weights_.uniform = (1 + 0x1p-40) / (1 - most);
      weights_.least = 1;
    }
    return {};
  }
  TaskState step(Budget& budget) override {
    if (!rows_) {
      const TaskState state = weigh(budget);
      if (state != TaskState::done) return state;
    }
    const TaskState state = take(entry_.step(rtol_, atol_, max_entries_, budget), entry_.fault(),
                                 Status::singular_matrix);
    const Bracket& b = entry_.bracket();
    note(b.width() / b.lo, std::fmax(std::fmax(rtol_, atol_ / b.lo), 0x1p-52));
    return state;
  }
  Status finish(GraphReport& report, Buffer<double>&) override {
    const Bracket b = rows_ ? entry_.bracket() : Bracket{beta_};
    report_bracket(report, b.lo, b.hi);
    report.reason = reason();
    report.entries = all_.entries() + (rows_ ? entry_.work().entries : 0);
    report.iterations = report.pushes = rows_ ? entry_.work().pushes : 0;
    report.touched = rows_ ? entry_.touched() : 0;
    return Status::ok;
  }

 private:
  /// Weights, then the rows and the query.
  TaskState weigh(Budget& budget) {
    const TaskState prepared = prepare(budget);
    if (prepared != TaskState::done) return prepared;
    if (!weights_.known()) {
      if (!begun_) {
        if (fault_ = all_.begin(*graph_, alpha_, beta_); !fault_.ok()) return TaskState::failed;
        begun_ = true;
      }
      const TaskState state =
          take(all_.step(0.5, most_passes, budget), all_.fault(), Status::singular_matrix);
      if (state != TaskState::done) return state;
      auto made = all_.weights();
      if (!made.ok()) {
        fault_ = made.fault().status == Status::not_ready ? Fault(Status::singular_matrix)
                                                          : made.fault();
        return TaskState::failed;
      }
      weights_ = made.take();
    }
    in_arcs_.emplace(graph_->vertices(), graph_->in());
    rows_.emplace(*in_arcs_, alpha_, graph_->has_loops());
    fault_ = entry_.begin(*rows_, weights_, beta_, vertex_);
    if (fault_.ok()) return TaskState::done;
    rows_.reset();
    return TaskState::failed;
  }

  static constexpr std::int32_t most_passes = 100000;
  KatzCentrality all_;
  Weights weights_;
  std::optional<ArcLines> in_arcs_;
  std::optional<KatzRows> rows_;
  KatzEntry entry_;
  double rtol_ = 0, atol_ = 0, max_entries_ = 0, alpha_ = 0, beta_ = 0;
  std::int32_t vertex_ = 0;
  bool begun_ = false;
};

class HeatRun final : public OutcomeRun {
 public:
  using OutcomeRun::OutcomeRun;
  Fault begin(Arguments in) override {
    error_ = in.number();
    max_entries_ = in.number();
    const double time = in.number();
    // Of what is asked for, rounding is to have its share.
    return query_.begin(lines(), in.id(), time, std::fmin(std::fmax(0.9 * error_, 1e-15), 0.5));
  }
  TaskState step(Budget& budget) override {
    const TaskState state =
        take(query_.step(max_entries_, budget), query_.fault(), Status::internal);
    note(query_.progress());
    return state;
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
    case GraphQuery::resistance: return std::make_unique<ResistanceRun>(std::move(arcs));
    case GraphQuery::potential: return std::make_unique<PotentialRun>(std::move(arcs));
    case GraphQuery::heat_kernel: return std::make_unique<HeatRun>(std::move(arcs));
    default: return nullptr;
  }
}

std::unique_ptr<GraphRun> walk_run(GraphQuery query, std::shared_ptr<Graph>&& graph) {
  switch (query) {
    case GraphQuery::resistance: return std::make_unique<ResistanceRun>(std::move(graph), false);
    case GraphQuery::commute_time: return std::make_unique<ResistanceRun>(std::move(graph), true);
    case GraphQuery::potential: return std::make_unique<PotentialRun>(std::move(graph));
    case GraphQuery::hitting_times: return std::make_unique<HittingRun>(std::move(graph), false);
    case GraphQuery::hitting_time: return std::make_unique<HittingRun>(std::move(graph), true);
    case GraphQuery::katz: return std::make_unique<KatzRun>(std::move(graph));
    case GraphQuery::heat_kernel: return std::make_unique<HeatRun>(std::move(graph));
    case GraphQuery::katz_of: return std::make_unique<KatzOfRun>(std::move(graph));
    default: return nullptr;
  }
}

}  // namespace lacuna::native::graph_runs
