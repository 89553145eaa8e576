#include "lacuna/direct/mixed_cholesky.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "lacuna/direct/refined_solve.hpp"

namespace lacuna {
namespace {

/// 2^−⌊e/2⌋ for a v of exponent e.
double inverse_root(double v) {
  std::uint64_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  const std::int32_t exponent = static_cast<std::int32_t>(bits >> 52 & 0x7ff) - 1023;
  bits = static_cast<std::uint64_t>(1023 - (exponent >> 1)) << 52;
  std::memcpy(&v, &bits, sizeof v);
  return v;
}

}  // namespace

Fault MixedCholesky::begin_analyze(const CsrView& a) {
  end({});
  singles_.reset();
  analyzed_ = false;
  fallback_ = Fallback::none;
  condition_ = -1;
  exact_.order_by(ordering_);
  fault_ = exact_.begin_analyze(a);
  if (fault_.ok()) phase_ = Phase::analyze;
  return fault_;
}

/// Whether single precision is to be tried.
bool MixedCholesky::wanted() const {
  const FactorInfo info = exact_.info();
  const bool worth = !automatic_ || info.flops >= automatic_ratio * info.solve_flops;
  return fallback_ == Fallback::none && worth;
}

Fault MixedCholesky::begin_factorize(const CsrView& a) {
  end({});
  if (!analyzed_) return Status::not_ready;
  next_a_ = a;
  found_condition_ = -1;
  if (!wanted()) return begin_exact(fallback_);
  const Supernodes& structure = exact_.structure();
  const auto n = static_cast<std::size_t>(structure.n);
  next_.reset(create<SingleFactors>());
  numeric_.reset(create<SupernodalCholesky<float>>());
  Status status = next_ && numeric_ ? next_->scale.allocate(n) : Status::out_of_memory;
  if (status == Status::ok) {
    scale_diagonal();
    next_->structure = &structure;
    next_->solve_flops = exact_.info().solve_flops;
    status = numeric_->begin(a, structure, {}, next_->scale.data());
  }
  if (status != Status::ok) {
    end(status);
    return fault_;
  }
  phase_ = Phase::singles;
  return {};
}

void MixedCholesky::scale_diagonal() {
  for (std::int32_t i = 0; i < next_a_->rows(); ++i) {
    double& scale = next_->scale[i];
    scale = 1;
    for (std::int32_t p = next_a_->indptr()[i]; p < next_a_->indptr()[i + 1]; ++p) {
      const double v = next_a_->data()[p];
      if (next_a_->indices()[p] == i && v > 0) scale = inverse_root(v);
    }
  }
}

Fault MixedCholesky::begin_exact(Fallback reason) {
  numeric_.reset();
  next_.reset();
  reason_ = reason;
  phase_ = Phase::exact;
  fault_ = exact_.info().peak_bytes > max_bytes_ ? Fault(Status::over_budget)
                                                 : exact_.begin_factorize(*next_a_);
  if (!fault_.ok()) end(fault_);
  return fault_;
}

TaskState MixedCholesky::fall_back(Fallback reason) {
  return begin_exact(reason).ok() ? TaskState::running : TaskState::failed;
}

TaskState MixedCholesky::end(Fault fault) {
  if (phase_ == Phase::analyze || phase_ == Phase::exact) exact_.cancel();
  phase_ = Phase::idle;
  fault_ = fault;
  numeric_.reset();
  next_.reset();
  image_.release();
  return fault.ok() ? TaskState::done : TaskState::failed;
}

TaskState MixedCholesky::step(Budget& budget) {
  TaskState state = TaskState::running;
  switch (phase_) {
    case Phase::idle: return fault_.ok() ? TaskState::done : TaskState::failed;
    case Phase::analyze:
    case Phase::exact:
      state = exact_.step(budget);
      if (state == TaskState::failed) return end(exact_.fault());
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
      if (state == TaskState::failed) return fall_back(Fallback::breakdown);
      if (automatic_ && numeric_->smallest_pivot() < 1 / stagnation_condition) {
        return fall_back(Fallback::ill_conditioned);
      }
      return state == TaskState::done ? end_singles() : state;
    case Phase::estimate:
      if (solve_.step(budget) == TaskState::running) return state;
      std::copy_n(image_.data(), image_.size(), estimate_.vector().data());
      return ask();
  }
  return state;
}

/// Estimates the condition where the pivots leave doubts.
TaskState MixedCholesky::end_singles() {
  const bool sound = numeric_->smallest_pivot() >= sound_pivot;
  next_->values = numeric_->take();
  numeric_.reset();
  if (sound) return judge();
  const std::int32_t n = exact_.structure().n;
  if (estimate_.begin(n) != Status::ok || image_.allocate(n) != Status::ok) {
    return end(Status::out_of_memory);
  }
  phase_ = Phase::estimate;
  return ask();
}

/// The next product with the inverse of L·Lᵀ, which is symmetric.
TaskState MixedCholesky::ask() {
  if (estimate_.next() == OneNormEstimate::Ask::done) {
    const double reciprocal = reciprocal_condition(scaled_norm(), estimate_.norm());
    found_condition_ = reciprocal > 0 ? 1 / reciprocal : std::numeric_limits<double>::infinity();
    return judge();
  }
  const Status status = solve_.begin(*next_->structure, next_->values.data(),
                                     estimate_.vector().data(), image_.data(), 1);
  return status == Status::ok ? TaskState::running : end(status);
}

double MixedCholesky::scaled_norm() const {
  double most = 0;
  for (std::int32_t i = 0; i < next_a_->rows(); ++i) {
    double sum = 0;
    for (std::int32_t p = next_a_->indptr()[i]; p < next_a_->indptr()[i + 1]; ++p) {
      sum += std::fabs(next_a_->data()[p] * next_->scale[i] * next_->scale[next_a_->indices()[p]]);
    }
    most = std::max(most, sum);
  }
  return most;
}

TaskState MixedCholesky::judge() {
  next_->stagnates = found_condition_ > stagnation_condition;
  if (found_condition_ > (automatic_ ? stagnation_condition : most_condition)) {
    return fall_back(Fallback::ill_conditioned);
  }
  condition_ = next_->condition = found_condition_;
  a_ = next_a_;
  singles_ = std::move(next_);
  return end({});
}

double MixedCholesky::progress() const {
  switch (phase_) {
    case Phase::idle: return 1;
    case Phase::singles: return numeric_->progress();
    case Phase::estimate: return 1;
    case Phase::analyze: break;
    case Phase::exact: return reason_ == fallback_ ? exact_.progress() : 1;
  }
  return exact_.progress();
}

FactorInfo MixedCholesky::info() const {
  FactorInfo info = exact_.info();
  if (analyzed_ && (single() || wanted())) {
    const Supernodes& s = exact_.structure();
    info.peak_bytes =
        SupernodalCholesky<float>::bytes(s) + static_cast<double>(s.bytes()) + 8.0 * s.n;
  }
  return info;
}

std::optional<Determinant> MixedCholesky::determinant() const {
  return single() ? std::nullopt : exact_.determinant();
}

std::unique_ptr<Substitution> MixedCholesky::substitution() {
  if (!single()) return exact_.substitution();
  return std::unique_ptr<Substitution>(create<RefinedSolve>(*a_, *singles_));
}

Status MixedCholesky::solve(std::span<const double> b, std::span<double> x, bool transposed) {
  const auto task = substitution();
  if (!task) return Status::out_of_memory;
  if (const Status status = task->begin(b, x, 1, transposed); status != Status::ok) return status;
  Budget unlimited;
  TaskState state = TaskState::running;
  while (state == TaskState::running) state = task->step(unlimited);
  return state == TaskState::done ? Status::ok : Status::out_of_memory;
}

}  // namespace lacuna
