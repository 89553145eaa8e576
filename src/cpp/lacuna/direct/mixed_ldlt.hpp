#pragma once
#include <memory>

#include "lacuna/direct/ldlt.hpp"
#include "lacuna/direct/mixed_factorization.hpp"

namespace lacuna {

/// L·D·Lᵀ of a symmetric matrix in single precision, pivots chosen there: see `MixedFactorization`
/// and `Ldlt`, but for its second scaling. A is scaled by `SymmetricScaling`. The condition is
/// estimated always, since pivots of an indefinite matrix tell little of it.
class MixedLdlt final : public MixedFactorization {
 public:
  /// Enough for two solves and an estimate of the condition.
  static constexpr double automatic_ratio = 120;

  explicit MixedLdlt(const MixedSettings& settings) : MixedFactorization(settings) {}

 private:
  Factorization& full() override { return exact_; }
  std::unique_ptr<SingleNumeric> make_numeric() override;
  bool worth() const override;
  double single_bytes() const override;

  Ldlt exact_;  // with the tree of all
};

}  // namespace lacuna
