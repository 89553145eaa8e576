#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/direct/lu_factors.hpp"
#include "lacuna/direct/lu_plan.hpp"

namespace lacuna {

/// Substitution with the factors of LU, block after block from the last one (of the transposed
/// matrix: from the first). Four right-hand sides are taken at once, which reads the factors once
/// for all; each solution has the bits it would have alone.
class LuSolve {
 public:
  /// Space for up to `columns` right-hand sides at once. `out_of_memory`.
  Status begin(const LuPlan& plan, const LuFactors& factors, std::int32_t columns);

  /// X ← A⁻¹B, or A⁻ᵀB; n × k, column by column, k at will. B and X may be the same.
  void solve(const LuPlan& plan, const LuFactors& factors, const double* b, double* x,
             std::int32_t k, bool transposed);

 private:
  template <int R>
  void solve_group(const LuPlan& plan, const LuFactors& factors, const double* b, double* x,
                   bool transposed);
  template <int R>
  void solve_plain(const LuPlan& plan, const LuFactors& factors);
  template <int R>
  void solve_transposed(const LuPlan& plan, const LuFactors& factors);

  std::int32_t width_ = 0;
  Buffer<double> rows_;   // by position of rows, right-hand sides side by side
  Buffer<double> cols_;   // by position of columns
  Buffer<double> front_;  // what one front needs of them
};

}  // namespace lacuna
