#pragma once
#include <memory>

#include "lacuna/direct/cholesky.hpp"
#include "lacuna/direct/mixed_factorization.hpp"

namespace lacuna {

/// Supernodal L·Lᵀ of a symmetric positive definite matrix in single precision: see
/// `MixedFactorization`. A is scaled to a diagonal between ½ and 2. The least pivot, which bounds
/// 1/condition, tells whether the condition is worth an estimate.
class MixedCholesky final : public MixedFactorization {
 public:
  /// Enough for four solves, or one and an estimate of the condition.
  static constexpr double automatic_ratio = 100;

  explicit MixedCholesky(const MixedSettings& settings) : MixedFactorization(settings) {}

 private:
  Factorization& full() override { return exact_; }
  std::unique_ptr<SingleNumeric> make_numeric() override;
  bool worth() const override;
  double single_bytes() const override;

  Cholesky exact_;  // with the structure of all
};

}  // namespace lacuna
