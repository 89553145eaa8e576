#include "lacuna/solver/inverse_norm.hpp"

#include <algorithm>

namespace lacuna {

Status InverseNorm::begin(Factorization& factorization, std::int32_t n, bool transposed,
                          std::span<const double> weights) {
  running_ = true;
  solves_ = 0;
  transposed_ = transposed;
  weights_ = weights;
  substitution_ = factorization.substitution();
  if (!substitution_ || solution_.allocate(n) != Status::ok || estimate_.begin(n) != Status::ok) {
    return status_ = Status::out_of_memory;
  }
  return status_ = ask();
}

/// Begins the solve that the estimate asks for next.
Status InverseNorm::ask() {
  const auto next = estimate_.next();
  running_ = next != OneNormEstimate::Ask::done;
  if (!running_) return Status::ok;
  ++solves_;
  of_transpose_ = next == OneNormEstimate::Ask::multiply_transposed;
  const std::span<double> v = estimate_.vector();
  if (!weights_.empty() && of_transpose_) {
    for (std::size_t k = 0; k < v.size(); ++k) v[k] *= weights_[k];
  }
  const bool turned = of_transpose_ == weights_.empty();
  return substitution_->begin(v, solution_.span(), 1, turned != transposed_);
}

TaskState InverseNorm::step(Budget& budget) {
  while (running_ && status_ == Status::ok) {
    const TaskState state = substitution_->step(budget);
    if (state == TaskState::running) return state;
    if (state == TaskState::failed) {
      status_ = Status::out_of_memory;
      break;
    }
    const std::span<double> v = estimate_.vector();
    std::copy(solution_.data(), solution_.data() + v.size(), v.begin());
    if (!weights_.empty() && !of_transpose_) {
      for (std::size_t k = 0; k < v.size(); ++k) v[k] *= weights_[k];
    }
    status_ = ask();
    if (running_ && budget.exhausted()) return TaskState::running;
  }
  return status_ == Status::ok ? TaskState::done : TaskState::failed;
}

}  // namespace lacuna
