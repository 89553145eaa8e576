#include "lacuna/solver/factor_task.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "lacuna/direct/refined_solve.hpp"
#include "lacuna/simd/kernels.hpp"

namespace lacuna {

Status usable(const Factor& factor) {
  if (factor.working()) return Status::busy;
  return factor.ready() ? Status::ok : Status::not_ready;
}

FactorSolve::FactorSolve(std::shared_ptr<Factor> factor, std::span<const double> b,
                         std::span<double> x, std::int32_t k, const FactorSettings& settings)
    : FactorTask(std::move(factor)),
      b_(b),
      x_(x),
      k_(k),
      m_(b.size() / k),
      n_(x.size() / k),
      settings_(settings),
      answer_(factor_->system(settings.transposed, settings.rtol, settings.atol)) {}

Result<std::unique_ptr<FactorTask>> FactorSolve::create(std::shared_ptr<Factor> factor,
                                                        std::span<const double> b,
                                                        std::span<double> x, std::int32_t k,
                                                        const FactorSettings& settings) {
  if (const Status status = usable(*factor); status != Status::ok) return status;
  const bool fit = k >= 1 && settings.rtol >= 0 && settings.atol >= 0 && settings.refinement >= 0 &&
                   settings.refinement <= FactorSolveReport::history;
  if (!fit) return Status::invalid_argument;
  std::size_t m = factor->rows(), n = factor->cols();
  if (settings.transposed) std::swap(m, n);
  if (settings.error_bound && m != n) return Status::not_square;
  if (b.size() != k * m || x.size() != k * n) return Status::shape_mismatch;
  if (const std::int64_t bad = simd::first_not_finite(b); bad >= 0) {
    return Fault{Status::not_finite, bad};
  }
  if (settings.transposed) {
    if (const Status status = factor->begin_transposed(); status != Status::ok) return status;
  }
  std::unique_ptr<FactorSolve> task(
      lacuna::create<FactorSolve>(std::move(factor), b, x, k, settings));
  if (!task) return Status::out_of_memory;
  for (const Status status : {task->reports_.allocate(k), task->answer_.reserve(m, n),
                              task->weights_.allocate(settings.error_bound ? m : 0)}) {
    if (status != Status::ok) return status;
  }
  for (FactorSolveReport& report : task->reports_.span()) report = FactorSolveReport{};
  task->substitution_ = task->factor_->factorization().substitution();
  if (!task->substitution_) return Status::out_of_memory;
  return std::unique_ptr<FactorTask>(std::move(task));
}

TaskState FactorSolve::step(Budget& budget) {
  if (settings_.transposed && factor_->make_transposed(budget) != TaskState::done) {
    return TaskState::running;
  }
  while (stage_ != Stage::finished) {
    if (const Status status = advance(budget); status != Status::ok) {
      fault_ = status;
      stage_ = Stage::finished;
    } else if (stage_ != Stage::finished && budget.exhausted()) {
      return TaskState::running;
    }
  }
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

Status FactorSolve::advance(Budget& budget) {
  TaskState state = TaskState::running;
  switch (stage_) {
    case Stage::begin: return begin_columns();
    case Stage::substitute:
    case Stage::correct:
      state = substitution_->step(budget);
      if (state == TaskState::failed) return Status::out_of_memory;
      if (state == TaskState::running) return Status::ok;
      book(stage_ == Stage::substitute ? together_ : 1);
      if (stage_ == Stage::substitute) {
        answered_ += together_;
        open_column();
      } else {
        answer_.add_correction();
        answer_.certify(true);
        stage_ = Stage::certify;
      }
      return Status::ok;
    case Stage::certify:
      reports_[column_].flops += answer_.advance(budget);
      return answer_.complete() ? judge() : Status::ok;
    case Stage::bound:
      state = error_.step(budget);
      if (state == TaskState::failed) return error_.status();
      if (state == TaskState::done) {
        const double x_norm = simd::norm_inf(solution());
        FactorSolveReport& report = reports_[column_];
        report.forward_error = error_.norm() == 0 ? 0 : error_.norm() / x_norm;
        report.flops += factor_->single()
                            ? static_cast<const RefinedSolve*>(error_.substitution())->flops()
                            : error_.solves() * factor_->factorization().info().solve_flops;
        close_column(Reason::direct);
      }
      return Status::ok;
    case Stage::finished: break;
  }
  return Status::ok;
}

/// What a substitution for the column at hand, and perhaps those after it, took.
void FactorSolve::book(std::int32_t count) {
  const double flops = factor_->factorization().info().solve_flops;
  for (std::int32_t k = 0; k < count; ++k) {
    FactorSolveReport& report = reports_[column_ + k];
    if (!factor_->single()) {
      report.flops += flops;
      continue;
    }
    const auto& refined = static_cast<const RefinedSolve&>(*substitution_);
    const Refinements& did = refined.refinements(k);
    report.corrections = std::max(report.corrections, 0.0) + did.steps;
    report.iterations = std::max(report.iterations, 0.0) + did.iterations;
    report.flops += did.flops;
  }
}

/// Solves for the column at hand and as many after it as are best solved with it.
Status FactorSolve::begin_columns() {
  if (column_ < answered_) {
    open_column();
    return Status::ok;
  }
  together_ = std::min(Substitution::breadth, k_ - column_);
  stage_ = Stage::substitute;
  const auto count = static_cast<std::size_t>(together_);
  return substitution_->begin(b_.subspan(column_ * m_, count * m_),
                              x_.subspan(column_ * n_, count * n_), together_,
                              settings_.transposed);
}

void FactorSolve::open_column() {
  answer_.open(rhs(), solution());
  answer_.certify(true);
  stage_ = Stage::certify;
}

Status FactorSolve::judge() {
  const bool first = !answer_.refining();
  if (first || answer_.keep_correction()) {
    double* entry = reports_[column_].refinement + 2 * answer_.refinement_steps();
    entry[0] = answer_.measured().normwise;
    entry[1] = answer_.measured().componentwise;
    if (answer_.worth_refining(settings_.refinement)) {
      answer_.begin_refinement();
      stage_ = Stage::correct;
      return substitution_->begin(answer_.residual(), answer_.correction(), 1,
                                  settings_.transposed);
    }
  }
  if (settings_.error_bound && answer_.measured().finite) return begin_bound();
  close_column(Reason::direct);
  return Status::ok;
}

/// The residual in the certificate may be that of a correction that was not kept: it is taken anew.
Status FactorSolve::begin_bound() {
  const CheckedSystem system = factor_->system(settings_.transposed, settings_.rtol, 0);
  answer_.certify(true);
  Budget unlimited;
  while (!answer_.complete()) reports_[column_].flops += answer_.advance(unlimited);
  std::int32_t longest = 0;
  for (std::int32_t i = 0; i < system.a.rows(); ++i) {
    longest = std::max(longest, system.a.indptr()[i + 1] - system.a.indptr()[i]);
  }
  const double rounding = (longest + 1) * 0x1p-53;
  for (std::size_t i = 0; i < m_; ++i) {
    weights_[i] = std::fabs(answer_.residual()[i]) + rounding * answer_.size()[i];
  }
  stage_ = Stage::bound;
  return error_.begin(factor_->factorization(), static_cast<std::int32_t>(n_), settings_.transposed,
                      weights_.span());
}

void FactorSolve::close_column(Reason stopped) {
  FactorSolveReport& report = reports_[column_];
  const Measured& m = answer_.measured();
  const std::int64_t rank = factor_->factorization().info().rank;
  const bool deficient = rank >= 0 && rank < static_cast<std::int64_t>(std::min(m_, n_));
  Reason reason = stopped;
  if (stopped == Reason::direct && !m.accepted) {
    reason = !m.finite   ? Reason::not_finite
             : deficient ? Reason::singular_matrix
                         : Reason::stagnated;
  }
  report.reason = int(reason);
  report.converged = m.accepted;
  report.residual_norm = m.residual_norm;
  report.rhs_norm = answer_.rhs_norm();
  report.relative_residual = m.relative;
  report.normwise_error = m.normwise;
  report.componentwise_error = m.componentwise;
  report.normal_residual = m.normal;
  report.refinement_steps = answer_.refinement_steps();
  stage_ = ++column_ < k_ ? Stage::begin : Stage::finished;
}

void FactorSolve::stop(Reason reason) {
  Budget unlimited;
  // Certificates read Aᵀ.
  if (settings_.transposed) factor_->make_transposed(unlimited);
  while (stage_ != Stage::finished) {
    const bool unanswered = column_ >= answered_;
    if (unanswered) std::fill(solution().begin(), solution().end(), 0.0);
    if (unanswered || stage_ == Stage::begin) answer_.open(rhs(), solution());
    answer_.certify(true);
    while (!answer_.complete()) answer_.advance(unlimited);
    if (stage_ == Stage::certify && answer_.refining()) answer_.keep_correction();
    close_column(reason);
  }
}

double FactorSolve::progress() const {
  return stage_ == Stage::finished ? 1 : static_cast<double>(column_) / k_;
}

std::span<const double> FactorSolve::result() const {
  static_assert(sizeof(FactorSolveReport) % sizeof(double) == 0);
  return {reinterpret_cast<const double*>(reports_.data()), reports_.bytes() / sizeof(double)};
}

Result<std::unique_ptr<FactorTask>> FactorCondition::create(std::shared_ptr<Factor> factor) {
  if (const Status status = usable(*factor); status != Status::ok) return status;
  if (factor->rows() != factor->cols()) return Status::not_square;
  std::unique_ptr<FactorCondition> task(lacuna::create<FactorCondition>(std::move(factor)));
  if (!task) return Status::out_of_memory;
  Factor& of = *task->factor_;
  const Status status = task->inverse_.begin(of.factorization(), of.rows(), false);
  if (status != Status::ok) return status;
  return std::unique_ptr<FactorTask>(std::move(task));
}

TaskState FactorCondition::step(Budget& budget) {
  const TaskState state = inverse_.step(budget);
  if (state == TaskState::failed) fault_ = inverse_.status();
  if (state == TaskState::done) {
    const double norm = factor_->norm_one();
    const double reciprocal = reciprocal_condition(norm, inverse_.norm());
    const double condition =
        reciprocal > 0 ? 1 / reciprocal : std::numeric_limits<double>::infinity();
    const double found[] = {condition, reciprocal, norm, inverse_.norm(),
                            static_cast<double>(inverse_.solves())};
    std::copy(std::begin(found), std::end(found), found_);
  }
  return state;
}

}  // namespace lacuna
