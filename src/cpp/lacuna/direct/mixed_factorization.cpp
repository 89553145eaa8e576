#include "lacuna/direct/mixed_factorization.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lacuna/direct/refined_solve.hpp"

namespace lacuna {
namespace {

/// An upper bound on 1/condition that is worth no estimate: refinement notices by itself if the
/// condition is worse.
constexpr double sound_pivot = 0x1p-10;

}  // namespace

Fault MixedFactorization::begin_analyze(const CsrView& a) {
  end({});
  singles_.reset();
  analyzed_ = false;
  fallback_ = Fallback::none;
  condition_ = -1;
  full().order_by(ordering_);
  fault_ = full().begin_analyze(a);
  if (fault_.ok()) phase_ = Phase::analyze;
  return fault_;
}

/// Whether single precision is to be tried.
bool MixedFactorization::wanted() const {
  return fallback_ == Fallback::none && suits() && (!settings_.automatic || worth());
}

Fault MixedFactorization::begin_factorize(const CsrView& a) {
  end({});
  if (!analyzed_) return Status::not_ready;
  next_a_ = a;
  found_condition_ = -1;
  if (!wanted()) {
    return begin_exact(suits() || settings_.automatic ? fallback_ : Fallback::columns);
  }
  numeric_ = make_numeric();
  const Status status = numeric_ ? numeric_->begin(a) : Status::out_of_memory;
  if (status != Status::ok) {
    end(status);
    return fault_;
  }
  phase_ = Phase::singles;
  return {};
}

Fault MixedFactorization::begin_exact(Fallback reason) {
  numeric_.reset();
  solve_.reset();
  next_.reset();
  reason_ = reason;
  phase_ = Phase::exact;
  fault_ = full().info().peak_bytes > settings_.max_bytes ? Fault(Status::over_budget)
                                                          : full().begin_factorize(*next_a_);
  if (!fault_.ok()) end(fault_);
  return fault_;
}

TaskState MixedFactorization::fall_back(Fallback reason) {
  return begin_exact(reason).ok() ? TaskState::running : TaskState::failed;
}

TaskState MixedFactorization::end(Fault fault) {
  if (phase_ == Phase::analyze || phase_ == Phase::exact) full().cancel();
  phase_ = Phase::idle;
  fault_ = fault;
  numeric_.reset();
  solve_.reset();
  next_.reset();
  image_.release();
  return fault.ok() ? TaskState::done : TaskState::failed;
}

TaskState MixedFactorization::step(Budget& budget) {
  TaskState state = TaskState::running;
  switch (phase_) {
    case Phase::idle: return fault_.ok() ? TaskState::done : TaskState::failed;
    case Phase::analyze:
    case Phase::exact:
      state = full().step(budget);
      if (state == TaskState::failed) return end(full().fault());
      if (state == TaskState::running) return state;
      if (phase_ == Phase::exact) {
        singles_.reset();
        fallback_ = reason_;
        condition_ = found_condition_;
      }
      analyzed_ = true;
      return end({});
    case Phase::singles:
      state = numeric_->step(budget);
      if (state == TaskState::failed) {
        const Fault fault = numeric_->fault();
        return fault.status == Status::out_of_memory ? end(fault) : fall_back(Fallback::breakdown);
      }
      if (settings_.automatic && numeric_->reciprocal_condition() < 1 / stagnation_condition) {
        return fall_back(Fallback::ill_conditioned);
      }
      return state == TaskState::done ? end_singles() : state;
    case Phase::estimate:
      state = solve_->step(budget);
      if (state != TaskState::done)
        return state == TaskState::failed ? end(Status::out_of_memory) : state;
      answer();
      return ask();
  }
  return state;
}

/// Estimates the condition where the pivots leave doubts.
TaskState MixedFactorization::end_singles() {
  const double bound = numeric_->reciprocal_condition();
  const bool sound = bound >= sound_pivot && bound < std::numeric_limits<double>::infinity();
  next_ = numeric_->take();
  numeric_.reset();
  if (!next_) return end(Status::out_of_memory);
  if (sound) return judge();
  const std::int32_t n = next_a_->rows();
  solve_ = next_->substitution();
  if (!solve_ || estimate_.begin(n) != Status::ok || image_.allocate(n) != Status::ok) {
    return end(Status::out_of_memory);
  }
  phase_ = Phase::estimate;
  return ask();
}

/// The next product with the transposed inverse of the scaled matrix: its 1-norm is the ∞-norm of
/// the inverse.
TaskState MixedFactorization::ask() {
  const OneNormEstimate::Ask next = estimate_.next();
  if (next == OneNormEstimate::Ask::done) {
    const double reciprocal = lacuna::reciprocal_condition(scaled_norm(), estimate_.norm());
    found_condition_ = reciprocal > 0 ? 1 / reciprocal : std::numeric_limits<double>::infinity();
    return judge();
  }
  of_transpose_ = next == OneNormEstimate::Ask::multiply;
  const std::span<double> v = estimate_.vector();
  const std::span<const double> scale = next_->equations(of_transpose_);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] /= scale[i];
  const Status status = solve_->begin(v, image_.span(), 1, of_transpose_);
  return status == Status::ok ? TaskState::running : end(status);
}

void MixedFactorization::answer() {
  const std::span<double> v = estimate_.vector();
  const std::span<const double> scale = next_->unknowns(of_transpose_);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = image_[i] / scale[i];
}

double MixedFactorization::scaled_norm() const {
  const std::span<const double> rows = next_->equations(false), columns = next_->unknowns(false);
  double most = 0;
  for (std::int32_t i = 0; i < next_a_->rows(); ++i) {
    double sum = 0;
    for (std::int32_t p = next_a_->indptr()[i]; p < next_a_->indptr()[i + 1]; ++p) {
      sum += std::fabs(next_a_->data()[p] * rows[i] * columns[next_a_->indices()[p]]);
    }
    most = std::max(most, sum);
  }
  return most;
}

TaskState MixedFactorization::judge() {
  const double doubt = found_condition_ / next_->growth;
  next_->stagnates = doubt > stagnation_condition;
  // Not less than the limit either where it is not a number.
  const bool usable = doubt <= (settings_.automatic ? stagnation_condition : most_condition);
  if (!usable) return fall_back(Fallback::ill_conditioned);
  condition_ = next_->condition = found_condition_;
  a_ = next_a_;
  singles_ = std::move(next_);
  return end({});
}

double MixedFactorization::progress() const {
  switch (phase_) {
    case Phase::idle: return 1;
    case Phase::singles: return numeric_->progress();
    case Phase::estimate: return 1;
    case Phase::analyze: break;
    case Phase::exact: return reason_ == fallback_ ? full().progress() : 1;
  }
  return full().progress();
}

FactorInfo MixedFactorization::info() const {
  FactorInfo info = full().info();
  if (single()) singles_->describe(info);
  if (analyzed_ && (single() || wanted())) info.peak_bytes = single_bytes();
  return info;
}

std::optional<Determinant> MixedFactorization::determinant() const {
  return single() ? std::nullopt : full().determinant();
}

std::unique_ptr<Substitution> MixedFactorization::substitution() {
  if (!single()) return full().substitution();
  return std::unique_ptr<Substitution>(create<RefinedSolve>(*a_, *singles_, settings_.transposed));
}

Status MixedFactorization::solve(std::span<const double> b, std::span<double> x, bool transposed) {
  const auto task = substitution();
  if (!task) return Status::out_of_memory;
  if (const Status status = task->begin(b, x, 1, transposed); status != Status::ok) return status;
  Budget unlimited;
  TaskState state = TaskState::running;
  while (state == TaskState::running) state = task->step(unlimited);
  return state == TaskState::done ? Status::ok : Status::out_of_memory;
}

}  // namespace lacuna
