#include "lacuna/solver/solve_task.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "lacuna/simd/kernels.hpp"
#include "lacuna/sparse/operations.hpp"

namespace lacuna {
namespace {

/// Componentwise backward error above which a step of refinement is tried: a few times what a
/// stable elimination leaves.
constexpr double refinement_threshold = 1e-14;

/// Normwise backward error up to which no other method can do notably better.
constexpr double backward_stable = 1e-13;

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

std::int64_t default_maxiter(std::int64_t n) { return std::min<std::int64_t>(10 * n, 50000); }

SolveTask::SolveTask(std::shared_ptr<Solver> solver, std::span<const double> b, std::span<double> x,
                     std::int32_t k, const SolveSettings& settings)
    : solver_(std::move(solver)),
      b_(b),
      x_(x),
      k_(k),
      m_(solver_->rows()),
      n_(solver_->cols()),
      settings_(settings) {
  if (settings_.transposed) std::swap(m_, n_);
  solver_->task_started();
}

SolveTask::~SolveTask() { solver_->task_ended(); }

Result<std::unique_ptr<SolveTask>> SolveTask::create(std::shared_ptr<Solver> solver,
                                                     std::span<const double> b, std::span<double> x,
                                                     std::int32_t k,
                                                     const SolveSettings& settings) {
  if (!solver->ready()) return Status::not_ready;
  const bool tolerances_fit = settings.rtol >= 0 && settings.atol >= 0;
  if (k < 1 || !tolerances_fit) return Status::invalid_argument;
  std::unique_ptr<SolveTask> task(lacuna::create<SolveTask>(std::move(solver), b, x, k, settings));
  if (!task) return Status::out_of_memory;
  const auto count = static_cast<std::size_t>(k);
  if (b.size() != count * task->m_ || x.size() != count * task->n_) return Status::shape_mismatch;
  if (const std::int64_t bad = simd::first_not_finite(b); bad >= 0) {
    return Fault{Status::not_finite, bad};
  }
  if (settings.guess) {
    if (const std::int64_t bad = simd::first_not_finite(x); bad >= 0) {
      return Fault{Status::not_finite, bad};
    }
  }
  for (const Status status : {task->reports_.allocate(count), task->r_.allocate(task->m_),
                              task->w_.allocate(task->m_), task->d_.allocate(task->n_)}) {
    if (status != Status::ok) return status;
  }
  for (SolveReport& report : task->reports_.span()) report = SolveReport{};
  if (settings.transposed) {
    if (const Status status = task->solver_->ensure_transposed(); status != Status::ok) {
      return status;
    }
  }
  return task;
}

double SolveTask::target() const { return std::fmax(settings_.rtol * rhs_norm_, settings_.atol); }

TaskState SolveTask::step(Budget& budget) {
  while (stage_ != Stage::finished) {
    Status status = Status::ok;
    switch (stage_) {
      case Stage::begin: status = begin_column(budget); break;
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
      fault_ = status;
      stage_ = Stage::finished;
      return TaskState::failed;
    }
    shown_ = progress();
    if (stage_ != Stage::finished && budget.exhausted()) return TaskState::running;
  }
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

Status SolveTask::begin_column(Budget& budget) {
  rhs_norm_ = simd::norm2(rhs());
  scale_ = 1;
  refining_ = false;
  refinement_steps_ = 0;
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
  if (refining_) {
    add_correction();
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
  auto preconditioner = solver_->preconditioner(settings_.transposed);
  if (!preconditioner.ok()) return preconditioner.fault().status;
  // From zero, b = 0 is solved before the first iteration, whatever the guess.
  if (!settings_.guess || rhs_norm_ == 0) std::fill(solution().begin(), solution().end(), 0.0);
  std::span<const double> b = rhs();
  // The scalars of a Krylov method are products of two norms: far from 1, A x = b is iterated
  // with b and x multiplied by a power of two, which changes no digit.
  if (rhs_norm_ > 0 && (rhs_norm_ < 1e-100 || rhs_norm_ > 1e100)) {
    int exponent = 0;
    std::frexp(rhs_norm_, &exponent);
    scale_ = std::ldexp(1.0, std::clamp(-exponent, -1000, 1000));
    std::copy(b.begin(), b.end(), d_.span().begin());
    simd::scale(scale_, d_.span());
    simd::scale(scale_, solution());
    b = d_.span();
  }
  const double bound = std::fmax(settings_.rtol * (rhs_norm_ * scale_), settings_.atol * scale_);
  const std::int64_t maxiter =
      settings_.maxiter > 0 ? settings_.maxiter
                            : std::min(default_maxiter(n_), solver_->affordable_iterations());
  krylov_->start(solver_->matrix(settings_.transposed), *preconditioner.value(), b, solution(),
                 {bound, maxiter});
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
  // What a direct method leaves is of the size of the rounding errors of its computation.
  residual_.begin(!is_iterative(solver_->method()));
  stage_ = Stage::certify;
}

bool SolveTask::certify(Budget& budget) {
  flops_ += residual_.advance(solver_->matrix(settings_.transposed), solution(), rhs(), r_.span(),
                              w_.span(), budget);
  if (!residual_.complete()) return false;
  finish_measuring();
  return true;
}

void SolveTask::finish_measuring() {
  Measured m;
  m.residual_norm = simd::norm2(r_.span());
  m.relative = rhs_norm_ > 0 ? m.residual_norm / rhs_norm_ : (m.residual_norm > 0 ? infinity : 0);
  const double x_norm = simd::norm_inf(solution());
  const double scale =
      solver_->matrix_norm_inf(settings_.transposed) * x_norm + simd::norm_inf(rhs());
  const double r_inf = simd::norm_inf(r_.span());
  if (std::isfinite(scale)) {
    m.normwise = r_inf == 0 ? 0 : r_inf / scale;
  } else {
    m.normwise = r_inf / x_norm /
                 (solver_->matrix_norm_inf(settings_.transposed) + simd::norm_inf(rhs()) / x_norm);
  }
  for (std::size_t i = 0; i < m_; ++i) {
    const double size = std::fabs(r_[i]);
    if (size == 0) continue;
    m.componentwise = std::fmax(m.componentwise, w_[i] > 0 ? size / w_[i] : infinity);
  }
  m.finite = std::isfinite(x_norm) && std::isfinite(m.residual_norm);
  if (!m.finite) {
    m.residual_norm = m.relative = m.normwise = m.componentwise = infinity;
  }
  m.accepted = m.finite && m.residual_norm <= target();
  if (m_ != n_ && m.finite) {
    // At a least-squares solution the residual is orthogonal to the columns of A. Of a small
    // residual much is rounding, which no method can make orthogonal.
    multiply_transposed(solver_->matrix(settings_.transposed), r_.span(), d_.span());
    const double gradient = simd::norm2(d_.span());
    const double a_norm = solver_->matrix_norm_frobenius();
    const double size = a_norm * m.residual_norm;
    m.normal = size > 0 ? gradient / size : 0;
    const double rounding =
        m_ > n_ ? backward_stable * (a_norm * simd::norm2(solution()) + rhs_norm_) : 0;
    m.accepted = m.accepted || gradient <= settings_.rtol * size + a_norm * rounding;
  }
  measured_ = m;
}

bool SolveTask::worth_refining() const {
  if (!settings_.refine || is_iterative(solver_->method()) || m_ != n_) return false;
  if (!measured_.finite || refinement_steps_ >= max_refinement_steps) return false;
  return !measured_.accepted || measured_.componentwise > refinement_threshold;
}

Status SolveTask::refine(Budget& budget) {
  unrefined_ = measured_;
  refining_ = true;
  flops_ += solver_->factorization()->info().solve_flops;
  return begin_substitution(r_.data(), d_.data(), 1, budget);
}

/// The correction is exchanged for the solution before it.
void SolveTask::add_correction() {
  std::span<double> x = solution();
  for (std::size_t i = 0; i < n_; ++i) {
    const double before = x[i];
    x[i] += d_[i];
    d_[i] = before;
  }
}

bool SolveTask::worth_climbing() const {
  if (measured_.accepted) return false;
  return !(measured_.normwise <= backward_stable) || iteration_reason_ != Reason::direct;
}

Reason SolveTask::final_reason() const {
  if (!measured_.finite) return Reason::not_finite;
  if (measured_.accepted) {
    if (iteration_reason_ == Reason::direct) return Reason::direct;
    return measured_.residual_norm <= settings_.rtol * rhs_norm_ ? Reason::converged_rtol
                                                                 : Reason::converged_atol;
  }
  if (iteration_reason_ == Reason::converged_rtol) return Reason::stagnated;
  if (iteration_reason_ != Reason::direct) return iteration_reason_;
  const double rank = solver_->setup().rank;
  return rank >= 0 && rank < static_cast<double>(std::min(m_, n_)) ? Reason::singular_matrix
                                                                   : Reason::stagnated;
}

Status SolveTask::judge(Budget& budget) {
  if (refining_) {
    refining_ = false;
    const bool better =
        measured_.finite &&
        (measured_.componentwise < 0.5 * unrefined_.componentwise ||
         (!unrefined_.accepted && measured_.residual_norm < 0.5 * unrefined_.residual_norm));
    const bool lost = unrefined_.accepted && !measured_.accepted;
    if (better && !lost) {
      ++refinement_steps_;
      if (worth_refining()) return refine(budget);
    } else {
      std::memcpy(solution().data(), d_.data(), d_.bytes());
      measured_ = unrefined_;
    }
  } else if (worth_refining()) {
    return refine(budget);
  }

  const Reason reason = final_reason();
  write_report(reason);
  if (worth_climbing()) {
    if (const Status status = keep_candidate(); status != Status::ok) return status;
    if (solver_->advance(reason)) {
      // What the method that was left gave may be gone.
      substitution_.reset();
      factorization_ = nullptr;
      answered_ = 0;
      stage_ = Stage::begin;
      return Status::ok;
    }
  }
  restore_candidate();
  reports_[column_].attempts = solver_->setup().attempts;
  next_column();
  return Status::ok;
}

void SolveTask::restore_candidate() {
  SolveReport& report = reports_[column_];
  // Written so that a residual that is not a number loses.
  const bool better =
      best_.kept && !measured_.accepted && !(report.residual_norm <= best_.report.residual_norm);
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
  const bool better =
      measured_.finite && (!best_.kept || report.residual_norm < best_.report.residual_norm);
  if (!better) return Status::ok;
  if (const Status status = best_.x.copy_from(solution()); status != Status::ok) return status;
  best_.report = report;
  best_.kept = true;
  return Status::ok;
}

void SolveTask::write_report(Reason reason) {
  SolveReport& report = reports_[column_];
  report.reason = int(reason);
  report.converged = measured_.accepted;
  report.method = int(solver_->method());
  report.preconditioner = int(solver_->preconditioner_kind());
  report.iterations = iterations_;
  report.residual_norm = measured_.residual_norm;
  report.rhs_norm = rhs_norm_;
  report.relative_residual = measured_.relative;
  report.normwise_error = measured_.normwise;
  report.componentwise_error = measured_.componentwise;
  report.normal_residual = measured_.normal;
  report.refinement_steps = refinement_steps_;
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
  const double column = stage_ == Stage::iterate ? krylov_->progress() : 0;
  return std::fmax(shown_, (column_ + column) / k_);
}

void SolveTask::stop(Reason reason) {
  Budget unlimited;
  for (; stage_ != Stage::finished; next_column()) {
    rhs_norm_ = simd::norm2(rhs());
    const bool unanswered =
        (stage_ == Stage::begin || (stage_ == Stage::substitute && !refining_)) &&
        column_ >= answered_;
    const bool untouched = unanswered && !settings_.guess && !best_.kept;
    if (untouched) std::fill(solution().begin(), solution().end(), 0.0);
    if (stage_ == Stage::iterate) {
      iterations_ += static_cast<double>(krylov_->iterations());
      flops_ += krylov_->flops();
      if (scale_ != 1) simd::scale(1 / scale_, solution());
    }
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
  rhs_norm_ = simd::norm2(rhs());
  iteration_reason_ = is_iterative(solver_->method()) ? Reason::converged_rtol : Reason::direct;
  begin_certificate();
  while (!certify(unlimited)) {
  }
  write_report(final_reason());
  stage_ = Stage::finished;
}

}  // namespace lacuna
