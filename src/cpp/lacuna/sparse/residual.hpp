#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Computes r = b − Ax and w = |A||x| + |b| a bounded number of rows at a time, so that ‖r‖ can be
/// trusted: a pass in working precision is repeated in twice that precision where rounding may have
/// spoiled it. Whoever asks twice for the same x gets the same bits.
class ResidualPass {
 public:
  /// `twice`: skip the pass in working precision, whose result is bound to be rounding.
  void begin(bool twice) {
    row_ = 0;
    twice_ = twice;
  }

  /// Does one piece and books its flops, which it returns; `complete` tells whether r and w hold
  /// the result. About 4·nnz flops for a pass, 27·nnz in twice the precision.
  double advance(const CsrView& a, std::span<const double> x, std::span<const double> b,
                 std::span<double> r, std::span<double> w, Budget& budget);
  bool complete() const { return row_ < 0; }

 private:
  std::int32_t row_ = 0;  ///< next row, −1 once complete
  bool twice_ = false;
};

}  // namespace lacuna
