#include "lacuna/solver/query_task.hpp"

#include <cmath>

#include "lacuna/sparse/residual.hpp"

namespace lacuna {
namespace {

constexpr double unit_roundoff = 0x1p-53;
/// Of the full solve, so that its bound does not decide about the answer's.
constexpr double full_rtol = 1e-13;

/// ‖b − Ax‖∞ raised by its rounding: r computed in twice the precision, w = |A||x| + |b|.
double residual_bound(const CsrView& a, std::span<const double> r, std::span<const double> w) {
  double largest = 0;
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    const double terms = (a.indptr()[i + 1] - a.indptr()[i] + 4.0) * unit_roundoff;
    largest = std::fmax(largest, std::fabs(r[i]) * (1 + 4 * unit_roundoff) + terms * terms * w[i]);
  }
  return largest;
}

}  // namespace

QueryTask::QueryTask(std::shared_ptr<Solver> solver, std::shared_ptr<KeptRhs> rhs,
                     const QuerySettings& settings)
    : solver_(std::move(solver)), rhs_(std::move(rhs)), settings_(settings) {
  solver_->task_started();
}

QueryTask::~QueryTask() {
  if (query_ != nullptr) system_->release(query_);
  solve_.reset();
  solver_->task_ended();
}

Result<std::unique_ptr<QueryTask>> QueryTask::create(std::shared_ptr<Solver> solver,
                                                     std::shared_ptr<KeptRhs> rhs,
                                                     std::span<const std::int32_t> starts,
                                                     std::span<const std::int32_t> ids,
                                                     std::span<const double> weights,
                                                     const QuerySettings& settings) {
  const bool fits = settings.rtol >= 0 && settings.atol >= 0 && settings.confidence > 0 &&
                    settings.confidence <= 1 && starts.size() >= 2;
  if (!fits || ids.size() != weights.size()) return Status::invalid_argument;
  const std::int32_t n = solver->rows();
  for (std::size_t k = 0; k < ids.size(); ++k) {
    const auto position = static_cast<std::int64_t>(k);
    if (ids[k] < 0 || ids[k] >= n) return Fault(Status::index_out_of_range, position);
    if (!std::isfinite(weights[k])) return Fault(Status::not_finite, position);
  }
  auto system = solver->begin_local(rhs->local().kind() == LocalRhs::Kind::sparse);
  if (!system.ok()) return system.fault();
  std::unique_ptr<QueryTask> task(
      lacuna::create<QueryTask>(std::move(solver), std::move(rhs), settings));
  if (!task) return Status::out_of_memory;
  task->system_ = system.value();
  auto query = task->system_->acquire();
  if (!query.ok()) return query.fault();
  task->query_ = query.value();
  if (task->starts_.copy_from(starts) != Status::ok || task->ids_.copy_from(ids) != Status::ok ||
      task->weights_.copy_from(weights) != Status::ok) {
    return Status::out_of_memory;
  }
  if (task->reports_.allocate(starts.size() - 1) != Status::ok) return Status::out_of_memory;
  for (QueryReport& report : task->reports_.span()) report = QueryReport{};
  const bool on_demand = task->rhs_->local().kind() == LocalRhs::Kind::on_demand;
  if (on_demand && settings.way == Way::full) return Status::not_ready;
  return task;
}

Fault QueryTask::begin() {
  const LocalRhs::Kind kind = rhs_->local().kind();
  const bool automatic = settings_.way == Way::automatic;
  if ((automatic || settings_.way == Way::factor) && kind == LocalRhs::Kind::sparse) {
    factor_ = system_->factor(*solver_, query_);
  }
  if (settings_.way == Way::factor && factor_ == nullptr) return Status::not_ready;
  if ((automatic || settings_.way == Way::full) && kind != LocalRhs::Kind::on_demand) {
    settings_.full_cost = system_->full_cost(*solver_);
  }
  stage_ = Stage::begin;
  return {};
}

TaskState QueryTask::fail(Fault fault) {
  fault_ = fault;
  stage_ = Stage::finished;
  return TaskState::failed;
}

Fault QueryTask::begin_target() {
  QuerySettings settings = settings_;
  // One full solve answers all that are left.
  settings.full_shared_by = static_cast<double>(reports_.size() - target_);
  const bool solved = !rhs_->solution(solver_->version()).empty();
  const bool may_read = settings_.way == Way::automatic || settings_.way == Way::full;
  if (solved && may_read) settings.full_cost = 0;
  by_factor_ = factor_ != nullptr && settings.full_cost > 0;
  price_ = Price::longest;
  if (by_factor_) {
    // What is foretold must be the true price; else what is quick to tell will do until it is
    // called for.
    const bool foretold = settings.estimate || std::isfinite(settings.max_work);
    const double product =
        cost::flop * (foretold ? mark_product() : factor_->longest_flops(*rhs_, target_ids()));
    by_factor_ = product < settings.full_cost / settings.full_shared_by;
    if (by_factor_) settings.full_cost = product, settings.full_shared_by = 1;
  }
  query_->begin(system_->problem(rhs_->local()), settings);
  for (std::int32_t k = starts_[target_]; k < starts_[target_ + 1]; ++k) {
    if (weights_[k] == 0) continue;
    if (query_->add_target(ids_[k], weights_[k]) != Status::ok) return Status::out_of_memory;
  }
  return {};
}

std::span<const std::int32_t> QueryTask::target_ids() const {
  const std::int32_t begin = starts_[target_];
  return ids_.span().subspan(begin, starts_[target_ + 1] - begin);
}

double QueryTask::mark_product() {
  const std::int32_t begin = starts_[target_];
  factor_->begin(*rhs_, target_ids(), weights_.span().subspan(begin, starts_[target_ + 1] - begin));
  price_ = Price::marked;
  return factor_->flops();
}

void QueryTask::price_product() {
  double flops;
  if (price_ == Price::longest) {
    price_ = Price::least;
    flops = factor_->least_flops(*rhs_, target_ids());
  } else {
    flops = mark_product();
  }
  const double product = cost::flop * flops;
  const double share = static_cast<double>(reports_.size() - target_);
  by_factor_ = product < settings_.full_cost / share;
  query_->reprice(by_factor_ ? product : settings_.full_cost, by_factor_ ? 1 : share);
}

Fault QueryTask::begin_full() {
  const auto n = static_cast<std::size_t>(solver_->rows());
  auto values = rhs_->values(solver_->rows());
  if (!values.ok()) return values.fault();
  if (x_.allocate(n) != Status::ok) return Status::out_of_memory;
  SolveSettings settings;
  settings.rtol = full_rtol;
  auto task = SolveTask::create(solver_, values.value(), x_.span(), 1, settings);
  if (!task.ok()) return task.fault();
  solve_ = task.take();
  return {};
}

Fault QueryTask::end_full() {
  full_flops_ += solve_->reports()[0].flops;
  solve_.reset();
  const auto n = static_cast<std::size_t>(solver_->rows());
  Buffer<double> r, w;
  if (r.allocate(n) != Status::ok || w.allocate(n) != Status::ok) return Status::out_of_memory;
  const CsrView a = solver_->matrix(false);
  auto values = rhs_->values(solver_->rows());
  if (!values.ok()) return values.fault();
  ResidualPass pass;
  pass.begin(true);
  Budget unlimited;
  while (!pass.complete()) {
    full_flops_ += pass.advance(a, x_.span(), values.value(), r.span(), w.span(), unlimited);
  }
  system_->note_full(full_flops_);
  const double bound = residual_bound(a, r.span(), w.span());
  rhs_->keep(std::move(x_), bound, solver_->version());
  return {};
}

Fault QueryTask::begin_weights() {
  const auto n = static_cast<std::size_t>(solver_->rows());
  if (x_.allocate(n) != Status::ok || ones_.allocate(n) != Status::ok) {
    return Status::out_of_memory;
  }
  for (double& v : ones_.span()) v = 1;
  auto task = SolveTask::create(solver_, std::as_const(ones_).span(), x_.span(), 1, {});
  if (!task.ok()) return task.fault();
  solve_ = task.take();
  return {};
}

Fault QueryTask::end_weights() {
  full_flops_ += solve_->reports()[0].flops;
  solve_.reset();
  ones_.release();
  system_->adopt_weights(solver_->matrix(false), std::move(x_));
  return {};
}

void QueryTask::read_solution() {
  const std::span<const double> x = rhs_->solution(solver_->version());
  const QueryReport report = query_->report();
  double value = 0;
  double size = 0;
  double weighted = 0;
  for (std::int32_t k = starts_[target_]; k < starts_[target_ + 1]; ++k) {
    const double t = weights_[k] * x[static_cast<std::size_t>(ids_[k])];
    value += t;
    size += std::fabs(t);
    weighted += std::fabs(weights_[k]) * system_->weight(ids_[k]);
  }
  const double terms = starts_[target_ + 1] - starts_[target_] + 2.0;
  const double rounding = terms * unit_roundoff * size;
  const double bound = (weighted * rhs_->residual() + rounding) * (1 + (terms + 4) * unit_roundoff);
  Certified found;
  found.value = value;
  found.bound = bound;
  found.lower = value - bound;
  found.upper = value + bound;
  if (std::isfinite(bound)) found.kind = BoundKind::residual;
  put(found, Way::full, report);
}

bool QueryTask::read_product() {
  const Certified found = factor_->result();
  full_flops_ += factor_->flops();
  const double target = std::fmax(settings_.atol, settings_.rtol * std::fabs(found.value));
  if (settings_.way == Way::automatic && !(found.bound <= target)) return false;
  put(found, Way::factor, query_->report());
  return true;
}

void QueryTask::put(const Certified& found, Way way, QueryReport report) {
  const double target = std::fmax(settings_.atol, settings_.rtol * std::fabs(found.value));
  const bool bounded = found.kind != BoundKind::none;
  const bool met = bounded && found.bound <= target;
  if (report.cost > 0) report.switches += 1;
  report.way = static_cast<double>(way);
  report.value = found.value;
  report.bound = bounded ? found.bound : -1;
  report.bound_kind = static_cast<double>(found.kind);
  report.confidence = 1;
  report.lower = found.lower;
  report.upper = found.upper;
  report.target = target;
  report.converged = met ? 1 : 0;
  report.reason = static_cast<double>(!bounded ? Reason::no_certificate
                                      : met    ? Reason::direct
                                               : Reason::stagnated);
  report.cost += cost::flop * full_flops_;
  report.entries += full_flops_ / 2;
  full_flops_ = 0;
  reports_[target_] = report;
}

void QueryTask::next_target() {
  ++target_;
  stage_ = target_ == reports_.size() ? Stage::finished : Stage::begin;
}

TaskState QueryTask::step(Budget& budget) {
  while (stage_ != Stage::finished) {
    Fault fault;
    switch (stage_) {
      case Stage::measure:
        switch (system_->prepare(*solver_, budget)) {
          case TaskState::done: fault = begin(); break;
          case TaskState::failed: return fail(Status::out_of_memory);
          default: return TaskState::running;
        }
        break;
      case Stage::begin:
        fault = begin_target();
        stage_ = Stage::local;
        break;
      case Stage::local:
        switch (query_->step(budget)) {
          case LocalQuery::Outcome::running: return TaskState::running;
          case LocalQuery::Outcome::needs_lines:
          case LocalQuery::Outcome::needs_rhs: return TaskState::needs_rows;
          case LocalQuery::Outcome::failed: return fail(query_->fault());
          case LocalQuery::Outcome::wants_full:
            if (by_factor_ && price_ != Price::marked) {
              price_product();
              break;
            }
            if (by_factor_) {
              stage_ = Stage::factor;
              break;
            }
            stage_ = Stage::read;
            if (!rhs_->solution(solver_->version()).empty()) break;
            fault = begin_full();
            stage_ = Stage::full;
            break;
          case LocalQuery::Outcome::done:
            reports_[target_] = query_->report();
            // An estimate that comes to it names the alternative.
            if (by_factor_ && reports_[target_].way == static_cast<double>(Way::full)) {
              reports_[target_].way = static_cast<double>(Way::factor);
            }
            next_target();
            break;
        }
        break;
      case Stage::factor:
        if (factor_->step(budget) != TaskState::done) break;
        if (read_product()) {
          next_target();
        } else {
          fault = begin_full();
          stage_ = Stage::full;
        }
        break;
      case Stage::full:
        switch (solve_->step(budget)) {
          case TaskState::done:
            fault = end_full();
            stage_ = Stage::weigh;
            break;
          case TaskState::failed: fault = solve_->fault(); break;
          default: break;
        }
        break;
      case Stage::weigh:
        // Where no weights are known an M-matrix has them all the same: A⁻¹1, proven afterwards.
        if (!solve_ && (system_->conditions().rows.known() ||
                        system_->conditions().signs != Signs::m_matrix)) {
          stage_ = Stage::read;
          break;
        }
        if (!solve_) {
          fault = begin_weights();
        } else if (const TaskState state = solve_->step(budget); state == TaskState::done) {
          fault = end_weights();
          stage_ = Stage::read;
        } else if (state == TaskState::failed) {
          fault = solve_->fault();
        }
        break;
      case Stage::read:
        read_solution();
        next_target();
        break;
      case Stage::finished: break;
    }
    if (!fault.ok()) return fail(fault);
    if (stage_ != Stage::finished && budget.exhausted()) return TaskState::running;
  }
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

void QueryTask::stop(Reason reason) {
  while (stage_ != Stage::finished) {
    if (stage_ == Stage::measure || stage_ == Stage::begin) {
      if (!begin_target().ok()) break;
    }
    query_->stop(reason);
    reports_[target_] = query_->report();
    next_target();
  }
  solve_.reset();
}

std::span<const std::int64_t> QueryTask::wanted(Wanted kind) const {
  if (kind != Wanted::values) return {};
  return rhs_->local().wanted();
}

Fault QueryTask::supply_lines(Wanted, std::span<const std::int32_t>, std::span<const std::int64_t>,
                              std::span<const double>) {
  return Status::invalid_argument;
}

Fault QueryTask::supply_values(std::span<const double> values) {
  const Fault fault = rhs_->local().supply(values);
  if (fault.ok()) query_->supplied();
  return fault;
}

double QueryTask::progress() const {
  if (stage_ == Stage::finished) return 1;
  const double part = solve_ ? 0.5 : query_->progress();
  return (static_cast<double>(target_) + part) / static_cast<double>(reports_.size());
}

}  // namespace lacuna
