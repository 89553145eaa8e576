#include "lacuna/sparse/residual.hpp"

#include <algorithm>

#include "lacuna/simd/kernels.hpp"
#include "lacuna/sparse/operations.hpp"

namespace lacuna {
namespace {

/// Whether more than an eighth of ‖r‖ may be rounding: a row of k entries is off by at most
/// (k + 1)·u·w, to first order.
bool is_rounding(const CsrView& a, std::span<const double> r, std::span<const double> w) {
  std::int32_t longest = 0;
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    longest = std::max(longest, a.indptr()[i + 1] - a.indptr()[i]);
  }
  const double bound = (longest + 1) * 0x1p-53 * simd::norm2(w);
  return !(simd::norm2(r) > 8 * bound);
}

}  // namespace

double ResidualPass::advance(const CsrView& a, std::span<const double> x, std::span<const double> b,
                             std::span<double> r, std::span<double> w, Budget& budget) {
  const double cost = twice_ ? 27 : 4;
  const std::int32_t end = rows_within(a, row_, Budget::piece * 2 / cost);
  const auto rows = twice_ ? simd::residual_rows_twice : simd::residual_rows;
  rows(row_, end, a.indptr(), a.indices(), a.data(), x.data(), b.data(), r.data(), w.data());
  const double flops = cost * (a.indptr()[end] - a.indptr()[row_]);
  budget.spend(flops);
  row_ = end;
  if (end == a.rows()) {
    if (!twice_ && is_rounding(a, r, w)) {
      begin(true);
    } else {
      row_ = -1;
    }
  }
  return flops;
}

}  // namespace lacuna
