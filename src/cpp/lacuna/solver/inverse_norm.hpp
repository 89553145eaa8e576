#pragma once
#include <memory>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/condition.hpp"
#include "lacuna/direct/factorization.hpp"

namespace lacuna {

/// ‖A⁻¹‖₁ or, with weights f ≥ 0, ‖|A⁻¹|·f‖∞ by `OneNormEstimate`, through a factorization and in
/// slices. The second is ‖diag(f)·A⁻ᵀ‖₁ (Arioli, Demmel & Duff, SIMAX 10, 1989). An estimate from
/// below, rarely less than a third. Four or five solves as a rule, 11 at most.
class InverseNorm {
 public:
  /// Of A, or of Aᵀ where `transposed`. The factorization and the weights have to stay alive.
  /// `out_of_memory`.
  Status begin(Factorization& factorization, std::int32_t n, bool transposed,
               std::span<const double> weights = {});

  /// `failed` with `status()`.
  TaskState step(Budget& budget);

  Status status() const { return status_; }
  /// Once done; not finite where a solution was not.
  double norm() const { return estimate_.norm(); }
  int solves() const { return solves_; }
  const Substitution* substitution() const { return substitution_.get(); }
  double progress() const { return running_ ? solves_ / 12.0 : 1; }

 private:
  Status ask();

  OneNormEstimate estimate_;
  std::unique_ptr<Substitution> substitution_;
  std::span<const double> weights_;
  Buffer<double> solution_;
  bool transposed_ = false;
  bool of_transpose_ = false;  // the product asked for is one with the transpose
  bool running_ = false;
  int solves_ = 0;
  Status status_ = Status::ok;
};

}  // namespace lacuna
