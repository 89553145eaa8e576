#include "lacuna/solver/inverse_norm.hpp"

#include <algorithm>

namespace lacuna {
namespace {

/// One right-hand side a step.
class OneByOne final : public Substitution {
 public:
  explicit OneByOne(Factorization& factorization) : factorization_(factorization) {}

  Status begin(std::span<const double> b, std::span<double> x, std::int32_t k,
               bool transposed) override {
    b_ = b;
    x_ = x;
    left_ = k;
    transposed_ = transposed;
    return Status::ok;
  }

  TaskState step(Budget& budget) override {
    while (left_ > 0) {
      const std::size_t m = b_.size() / left_, n = x_.size() / left_;
      const Status status = factorization_.solve(b_.first(m), x_.first(n), transposed_);
      if (status != Status::ok) return TaskState::failed;
      b_ = b_.subspan(m);
      x_ = x_.subspan(n);
      budget.spend(factorization_.info().solve_flops);
      if (--left_ > 0 && budget.exhausted()) return TaskState::running;
    }
    return TaskState::done;
  }

 private:
  Factorization& factorization_;
  std::span<const double> b_;
  std::span<double> x_;
  std::int32_t left_ = 0;
  bool transposed_ = false;
};

}  // namespace

std::unique_ptr<Substitution> substitution_of(Factorization& factorization) {
  if (factorization.has_substitution()) return factorization.substitution();
  return std::unique_ptr<Substitution>(create<OneByOne>(factorization));
}

Status InverseNorm::begin(Factorization& factorization, std::int32_t n, bool transposed,
                          std::span<const double> weights) {
  running_ = true;
  solves_ = 0;
  transposed_ = transposed;
  weights_ = weights;
  substitution_ = substitution_of(factorization);
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
