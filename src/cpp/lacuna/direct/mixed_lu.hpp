#pragma once
#include <memory>

#include "lacuna/direct/lu.hpp"
#include "lacuna/direct/mixed_factorization.hpp"

namespace lacuna {

/// Sparse LU whose fronts are in single precision, pivots chosen there: see `MixedFactorization`
/// and `LuFactorization`. A is scaled by `Equilibration`. Blocks by columns and what stands above
/// the blocks stay in double precision: where there are no fronts, so does all. The condition is
/// estimated always, since pivots of LU tell little of it.
class MixedLu final : public MixedFactorization {
 public:
  /// At 150, of convection in a cube of 24³, the numbers are no faster than in double precision.
  static constexpr double automatic_ratio = 250;

  /// `options`: of both precisions.
  MixedLu(const MixedSettings& settings, const LuOptions& options)
      : MixedFactorization(settings), options_(options), exact_(options) {}

 private:
  Factorization& full() override { return exact_; }
  std::unique_ptr<SingleNumeric> make_numeric() override;
  bool suits() const override { return exact_.analyzed().fronts != nullptr; }
  bool worth() const override;
  double single_bytes() const override;

  LuOptions options_;
  LuFactorization exact_;  // with the plan of all
};

}  // namespace lacuna
