#pragma once
#include <optional>

#include "graph_runs.hpp"
#include "lacuna/base/elementary.hpp"
#include "lacuna/local/graph/arc_lines.hpp"
#include "lacuna/local/graph/outcome.hpp"
#include "lacuna/local/graph/resistance.hpp"

namespace lacuna::native::graph_runs {

/// A number by its limits, in whose middle it lies.
inline void report_bracket(GraphReport& report, double lower, double upper) {
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

}  // namespace lacuna::native::graph_runs
