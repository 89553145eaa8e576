#include "graph_outcome_run.hpp"
#include "lacuna/local/graph/hitting.hpp"
#include "lacuna/local/graph/katz.hpp"

namespace lacuna::native::graph_runs {
namespace {

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
    if (single_) {
      // Arcs are counted where they come on demand: see graph_arc_runs.cpp.
      in.number();
      source_ = in.vertex();
    }
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

}  // namespace

std::unique_ptr<GraphRun> centrality_run(GraphQuery query, std::shared_ptr<Graph>&& graph) {
  switch (query) {
    case GraphQuery::hitting_times: return std::make_unique<HittingRun>(std::move(graph), false);
    case GraphQuery::hitting_time: return std::make_unique<HittingRun>(std::move(graph), true);
    case GraphQuery::katz: return std::make_unique<KatzRun>(std::move(graph));
    case GraphQuery::katz_of: return std::make_unique<KatzOfRun>(std::move(graph));
    default: return nullptr;
  }
}

}  // namespace lacuna::native::graph_runs
