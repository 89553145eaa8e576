#include "graph_outcome_run.hpp"
#include "lacuna/local/graph/heat_kernel.hpp"
#include "lacuna/local/graph/hitting.hpp"
#include "lacuna/local/graph/local_hitting.hpp"
#include "lacuna/local/graph/potential.hpp"
#include "lacuna/local/graph/resistance.hpp"

namespace lacuna::native::graph_runs {
namespace {

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
  ResistanceRun(std::shared_ptr<ArcCache> arcs, bool commute)
      : OutcomeRun(std::move(arcs)), commute_(commute) {}
  Fault begin(Arguments in) override {
    if (!undirected()) return Status::not_symmetric;
    goal_ = goal_from(in);
    s_ = in.id();
    return query_.begin(lines(), s_, in.id());
  }
  TaskState step(Budget& budget) override {
    if (commute_ && !volume_known_) {
      const TaskState state = weigh(budget);
      if (state != TaskState::done) return state;
    }
    // Without a volume nothing but the whole component bounds the time from above.
    const LaplaceGoal all{0, 0, goal_.max_entries};
    const TaskState state = take(query_.step(std::isfinite(volume_) ? goal_ : all, budget),
                                 query_.fault(), Status::internal);
    note_width(query_.bracket().width(), query_.bracket().lo, goal_);
    if (!commute_ || !arcs_ || state == TaskState::failed) return state;
    const Ball& ball = query_.ball();
    if (volume_bracket(ball, true, volume_).lo > volume_ * (1 + 0x1p-48)) {
      fault_ = Status::declaration_violated;
      return TaskState::failed;
    }
    if (outcome_ == GraphOutcome::rounding && narrow_enough(query_.bracket(), goal_)) {
      outcome_ = GraphOutcome::done;
    }
    return state;
  }
  Status finish(GraphReport& report, Buffer<double>&) override {
    Bracket b = query_.bracket();
    if (outcome_ == GraphOutcome::disconnected) {
      b.lo = b.hi = infinity;
    } else if (commute_) {
      b = commute_time(graph_ ? measured_ : volume_bracket(query_.ball(), query_.whole(), volume_),
                       b);
    }
    report_bracket(report, b.lo, b.hi);
    report.reason = reason();
    report_work(report, query_.work());
    return Status::ok;
  }

 private:
  /// The volume: declared, or of the component of s.
  TaskState weigh(Budget& budget) {
    volume_ = arcs_ ? arcs_->volume() : infinity;
    if (graph_) {
      Components& components = graph_->components();
      const TaskState state = components.step(*graph_, budget);
      if (state == TaskState::failed) fault_ = Status::out_of_memory;
      if (state != TaskState::done) return state;
      measured_ = components.volume(static_cast<std::int32_t>(s_));
      volume_ = measured_.hi;
    }
    volume_known_ = true;
    if (std::isfinite(volume_)) goal_.atol /= volume_;
    return TaskState::done;
  }

  LaplaceGoal goal_;
  Resistance query_;
  std::int64_t s_ = 0;
  Bracket measured_;  ///< of a loaded graph
  double volume_ = 0;
  bool commute_;
  bool volume_known_ = false;
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

}  // namespace

std::unique_ptr<GraphRun> walk_run(GraphQuery query, std::shared_ptr<Graph>&& graph) {
  switch (query) {
    case GraphQuery::resistance: return std::make_unique<ResistanceRun>(std::move(graph), false);
    case GraphQuery::commute_time: return std::make_unique<ResistanceRun>(std::move(graph), true);
    case GraphQuery::potential: return std::make_unique<PotentialRun>(std::move(graph));
    case GraphQuery::heat_kernel: return std::make_unique<HeatRun>(std::move(graph));
    default: return centrality_run(query, std::move(graph));
  }
}

std::unique_ptr<GraphRun> walk_run(GraphQuery query, std::shared_ptr<ArcCache>&& arcs) {
  switch (query) {
    case GraphQuery::resistance: return std::make_unique<ResistanceRun>(std::move(arcs), false);
    case GraphQuery::commute_time: return std::make_unique<ResistanceRun>(std::move(arcs), true);
    case GraphQuery::potential: return std::make_unique<PotentialRun>(std::move(arcs));
    case GraphQuery::heat_kernel: return std::make_unique<HeatRun>(std::move(arcs));
    default: return nullptr;
  }
}

}  // namespace lacuna::native::graph_runs
