#include "lacuna/solver/solve_task.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lacuna/simd/kernels.hpp"
#include "lacuna/sparse/operations.hpp"

namespace lacuna {

std::int64_t default_maxiter(std::int64_t n) { return std::min<std::int64_t>(10 * n, 50000); }

SolveTask::SolveTask(std::shared_ptr<Solver> solver, std::span<const double> b, std::span<double> x,
                     std::int32_t k, const SolveSettings& settings)
    : solver_(std::move(solver)),
      b_(b),
      x_(x),
      k_(k),
      m_(solver_->rows()),
      n_(solver_->cols()),
      settings_(settings),
      answer_({solver_->matrix(settings.transposed), solver_->matrix_norm_inf(settings.transposed),
               solver_->matrix_norm_frobenius(), settings.rtol, settings.atol}) {
  if (settings_.transposed) std::swap(m_, n_);
  solver_->task_started();
}

SolveTask::~SolveTask() {
  if (stage_ == Stage::climb) solver_->end_climb();
  solver_->task_ended();
}

Result<std::unique_ptr<SolveTask>> SolveTask::create(std::shared_ptr<Solver> solver,
                                                     std::span<const double> b, std::span<double> x,
                                                     std::int32_t k,
                                                     const SolveSettings& settings) {
  const bool tolerances_fit = settings.rtol >= 0 && settings.atol >= 0;
  if (k < 1 || !tolerances_fit) return Status::invalid_argument;
  const auto count = static_cast<std::size_t>(k);
  const bool transposed = settings.transposed;
  const auto equations = static_cast<std::size_t>(transposed ? solver->cols() : solver->rows());
  const auto unknowns = static_cast<std::size_t>(transposed ? solver->rows() : solver->cols());
  if (b.size() != count * equations || x.size() != count * unknowns) return Status::shape_mismatch;
  if (const std::int64_t bad = simd::first_not_finite(b); bad >= 0) {
    return Fault{Status::not_finite, bad};
  }
  if (settings.guess) {
    if (const std::int64_t bad = simd::first_not_finite(x); bad >= 0) {
      return Fault{Status::not_finite, bad};
    }
  }
  if (transposed) {
    if (const Status status = solver->begin_transposed(); status != Status::ok) return status;
  }
  std::unique_ptr<SolveTask> task(lacuna::create<SolveTask>(std::move(solver), b, x, k, settings));
  if (!task) return Status::out_of_memory;
  for (const Status status :
       {task->reports_.allocate(count), task->answer_.reserve(equations, unknowns)}) {
    if (status != Status::ok) return status;
  }
  for (SolveReport& report : task->reports_.span()) report = SolveReport{};
  return task;
}

TaskState SolveTask::step(Budget& budget) {
  if (settings_.transposed && solver_->make_transposed(budget) != TaskState::done) {
    return TaskState::running;
  }
  while (stage_ != Stage::finished) {
    Status status = Status::ok;
    switch (stage_) {
      case Stage::begin: status = begin_column(budget); break;
      case Stage::climb: status = climb(budget); break;
      case Stage::iterate:
        if (krylov_->step(budget) == TaskState::done) end_iteration();
        break;
      case Stage::substitute:
        if (substitution_->step(budget) == TaskState::done) end_substitution();
        break;
      case Stage::certify:
        if (certify(budget)) status = judge(budget);
        break;
      case Stage::finished: break;
    }
    if (status != Status::ok) {
      if (fault_.ok()) fault_ = status;
      stage_ = Stage::finished;
      return TaskState::failed;
    }
    shown_ = progress();
    if (stage_ != Stage::finished && budget.exhausted()) return TaskState::running;
  }
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

Status SolveTask::begin_column(Budget& budget) {
  if (!solver_->ready()) {
    solver_->begin_climb();
    stage_ = Stage::climb;
    return Status::ok;
  }
  if (settings_.transposed && is_iterative(solver_->method())) {
    Fault fault;
    const TaskState state = solver_->precondition_transposed(budget, fault);
    if (state == TaskState::failed) return fault.status;
    if (state == TaskState::running) return Status::ok;
  }
  answer_.open(rhs(), solution());
  scale_ = 1;
  if (is_iterative(solver_->method())) return begin_iteration();
  iteration_reason_ = Reason::direct;
  flops_ += solver_->factorization()->info().solve_flops;
  if (column_ < answered_ && factorization_ == solver_->factorization()) {
    begin_certificate();
    return Status::ok;
  }
  // A guess belongs to its column until that is solved.
  const std::int32_t most = settings_.guess ? 1 : Substitution::breadth;
  return begin_substitution(rhs().data(), solution().data(), std::min(most, k_ - column_), budget);
}

Status SolveTask::climb(Budget& budget) {
  const TaskState state = solver_->climb(budget);
  if (state == TaskState::running) return Status::ok;
  solver_->end_climb();
  stage_ = Stage::begin;
  if (state == TaskState::done) {
    // What the method that was left gave may be gone.
    substitution_.reset();
    factorization_ = nullptr;
    answered_ = 0;
  } else if (solver_->ready()) {
    conclude();
  } else {
    fault_ = solver_->climb_fault();
  }
  return fault_.status;
}

Status SolveTask::begin_substitution(const double* b, double* x, std::int32_t count,
                                     Budget& budget) {
  Factorization* factorization = solver_->factorization();
  if (!factorization->has_substitution()) {
    budget.spend(factorization->info().solve_flops);
    const Status status = factorization->solve({b, m_}, {x, n_}, settings_.transposed);
    if (status == Status::ok) end_substitution();
    return status;
  }
  if (!substitution_ || factorization_ != factorization) {
    substitution_ = factorization->substitution();
    factorization_ = factorization;
    if (!substitution_) return Status::out_of_memory;
  }
  const auto columns = static_cast<std::size_t>(count);
  const Status status =
      substitution_->begin({b, columns * m_}, {x, columns * n_}, count, settings_.transposed);
  together_ = count;
  stage_ = Stage::substitute;
  return status;
}

void SolveTask::end_substitution() {
  if (answer_.refining()) {
    answer_.add_correction();
  } else if (stage_ == Stage::substitute) {
    answered_ = column_ + together_;
  }
  begin_certificate();
}

Status SolveTask::begin_iteration() {
  const Method method = solver_->method();
  if (!krylov_ || krylov_method_ != method) {
    krylov_ = method == Method::cg ? make_cg() : make_bicgstab();
    krylov_method_ = method;
    if (!krylov_) return Status::out_of_memory;
  }
  if (const Status status = krylov_->reserve(n_); status != Status::ok) return status;
  // From zero, b = 0 is solved before the first iteration, whatever the guess.
  if (!settings_.guess || answer_.rhs_norm() == 0)
    std::fill(solution().begin(), solution().end(), 0.0);
  std::span<const double> b = rhs();
  const double rhs_norm = answer_.rhs_norm();
  // The scalars of a Krylov method are products of two norms: far from 1, A x = b is iterated
  // with b and x multiplied by a power of two, which changes no digit.
  if (rhs_norm > 0 && (rhs_norm < 1e-100 || rhs_norm > 1e100)) {
    int exponent = 0;
    std::frexp(rhs_norm, &exponent);
    scale_ = std::ldexp(1.0, std::clamp(-exponent, -1000, 1000));
    std::copy(b.begin(), b.end(), answer_.correction().begin());
    simd::scale(scale_, answer_.correction());
    simd::scale(scale_, solution());
    b = answer_.correction();
  }
  const double bound = std::fmax(settings_.rtol * (rhs_norm * scale_), settings_.atol * scale_);
  const std::int64_t most = settings_.maxiter > 0 ? settings_.maxiter : default_maxiter(n_);
  const std::int64_t maxiter = std::min(most, solver_->affordable_iterations());
  krylov_->start(solver_->matrix(settings_.transposed),
                 *solver_->preconditioner(settings_.transposed), b, solution(), {bound, maxiter});
  stage_ = Stage::iterate;
  return Status::ok;
}

void SolveTask::end_iteration() {
  iterations_ += static_cast<double>(krylov_->iterations());
  flops_ += krylov_->flops();
  iteration_reason_ = krylov_->reason();
  if (scale_ != 1) simd::scale(1 / scale_, solution());
  begin_certificate();
}

void SolveTask::begin_certificate() {
  answer_.certify(!is_iterative(solver_->method()));
  stage_ = Stage::certify;
}

bool SolveTask::certify(Budget& budget) {
  flops_ += answer_.advance(budget);
  return answer_.complete();
}

bool SolveTask::worth_refining() const {
  return settings_.refine && !is_iterative(solver_->method()) &&
         answer_.worth_refining(max_refinement_steps);
}

Status SolveTask::refine(Budget& budget) {
  answer_.begin_refinement();
  flops_ += solver_->factorization()->info().solve_flops;
  return begin_substitution(answer_.residual().data(), answer_.correction().data(), 1, budget);
}

bool SolveTask::worth_climbing() const {
  if (answer_.measured().accepted) return false;
  return !(answer_.measured().normwise <= backward_stable) || iteration_reason_ != Reason::direct;
}

Reason SolveTask::final_reason() const {
  if (!answer_.measured().finite) return Reason::not_finite;
  if (answer_.measured().accepted) {
    if (iteration_reason_ == Reason::direct) return Reason::direct;
    return answer_.measured().residual_norm <= settings_.rtol * answer_.rhs_norm()
               ? Reason::converged_rtol
               : Reason::converged_atol;
  }
  if (iteration_reason_ == Reason::converged_rtol) return Reason::stagnated;
  if (iteration_reason_ != Reason::direct) return iteration_reason_;
  const double rank = solver_->setup().rank;
  return rank >= 0 && rank < static_cast<double>(std::min(m_, n_)) ? Reason::singular_matrix
                                                                   : Reason::stagnated;
}

Status SolveTask::judge(Budget& budget) {
  if (!answer_.refining() || answer_.keep_correction()) {
    if (worth_refining()) return refine(budget);
  }

  const Reason reason = final_reason();
  write_report(reason);
  if (worth_climbing()) {
    if (const Status status = keep_candidate(); status != Status::ok) return status;
    if (solver_->begin_climb_beyond(reason, flops_)) {
      stage_ = Stage::climb;
      return Status::ok;
    }
  }
  conclude();
  return Status::ok;
}

void SolveTask::conclude() {
  restore_candidate();
  reports_[column_].attempts = solver_->setup().attempts;
  next_column();
}

void SolveTask::restore_candidate() {
  SolveReport& report = reports_[column_];
  // Written so that a residual that is not a number loses.
  const bool better = best_.kept && !answer_.measured().accepted &&
                      !(report.residual_norm <= best_.report.residual_norm);
  if (!better) return;
  std::memcpy(solution().data(), best_.x.data(), best_.x.bytes());
  const double iterations = report.iterations;
  const double flops = report.flops;
  report = best_.report;
  report.iterations = iterations;
  report.flops = flops;
}

Status SolveTask::keep_candidate() {
  const SolveReport& report = reports_[column_];
  const bool better = answer_.measured().finite &&
                      (!best_.kept || report.residual_norm < best_.report.residual_norm);
  if (!better) return Status::ok;
  if (const Status status = best_.x.copy_from(solution()); status != Status::ok) return status;
  best_.report = report;
  best_.kept = true;
  return Status::ok;
}

void SolveTask::write_report(Reason reason) {
  SolveReport& report = reports_[column_];
  report.reason = int(reason);
  report.converged = answer_.measured().accepted;
  report.method = int(solver_->method());
  report.preconditioner = int(solver_->preconditioner_kind());
  report.iterations = iterations_;
  report.residual_norm = answer_.measured().residual_norm;
  report.rhs_norm = answer_.rhs_norm();
  report.relative_residual = answer_.measured().relative;
  report.normwise_error = answer_.measured().normwise;
  report.componentwise_error = answer_.measured().componentwise;
  report.normal_residual = answer_.measured().normal;
  report.refinement_steps = answer_.refinement_steps();
  report.flops = flops_;
  report.rank = solver_->setup().rank;
  report.attempts = solver_->setup().attempts;
}

void SolveTask::next_column() {
  best_.kept = false;
  stage_ = ++column_ < k_ ? Stage::begin : Stage::finished;
  // What the last column took stays readable, for a last look at the progress.
  if (stage_ == Stage::finished) return;
  iterations_ = 0;
  flops_ = 0;
}

double SolveTask::iterations() const {
  return iterations_ + (stage_ == Stage::iterate ? double(krylov_->iterations()) : 0);
}

double SolveTask::progress() const {
  if (stage_ == Stage::finished) return 1;
  double column = 0;
  if (stage_ == Stage::iterate) column = krylov_->progress();
  // Of a solve that has to set up first, all but a little is that.
  if (stage_ == Stage::climb && column_ == 0) column = 0.9 * solver_->climb_progress();
  return std::fmax(shown_, (column_ + column) / k_);
}

void SolveTask::stop(Reason reason) {
  Budget unlimited;
  // Certificates read Aᵀ.
  if (settings_.transposed) solver_->make_transposed(unlimited);
  if (stage_ == Stage::climb) {
    solver_->end_climb();
    stage_ = solver_->ready() ? Stage::certify : Stage::begin;
  }
  for (; stage_ != Stage::finished; next_column()) {
    const bool unanswered =
        (stage_ == Stage::begin || (stage_ == Stage::substitute && !answer_.refining())) &&
        column_ >= answered_;
    const bool untouched = unanswered && !settings_.guess && !best_.kept;
    if (untouched) std::fill(solution().begin(), solution().end(), 0.0);
    if (stage_ == Stage::iterate) {
      iterations_ += static_cast<double>(krylov_->iterations());
      flops_ += krylov_->flops();
      if (scale_ != 1) simd::scale(1 / scale_, solution());
    }
    if (stage_ == Stage::begin) answer_.open(rhs(), solution());
    begin_certificate();
    while (!certify(unlimited)) {
    }
    write_report(reason);
    restore_candidate();
    reports_[column_].reason = int(reason);
  }
}

void SolveTask::certify_only() {
  Budget unlimited;
  answer_.open(rhs(), solution());
  iteration_reason_ = is_iterative(solver_->method()) ? Reason::converged_rtol : Reason::direct;
  begin_certificate();
  while (!certify(unlimited)) {
  }
  write_report(final_reason());
  stage_ = Stage::finished;
}

}  // namespace lacuna
