#pragma once
#include "lacuna/base/buffer.hpp"
#include "lacuna/direct/supernodes.hpp"

namespace lacuna {

/// L·Lᵀ ≈ P·S·A·S·Pᵀ in single precision, S a diagonal of powers of two.
struct SingleFactors {
  const Supernodes* structure = nullptr;
  Buffer<float> values;    ///< panels
  Buffer<double> scale;    ///< n: of S, by row of A
  double solve_flops = 0;  ///< of one substitution
  double condition = -1;   ///< estimate of that of S·A·S in the 1-norm, where it was needed
  bool stagnates = false;  ///< plain refinement is not worth trying
};

}  // namespace lacuna
