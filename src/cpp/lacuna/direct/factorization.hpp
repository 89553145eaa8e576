#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "lacuna/base/status.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// What a factorization costs and found. Figures that a method cannot tell are −1.
struct FactorInfo {
  double nnz = -1;         ///< stored entries of the factors
  double flops = -1;       ///< multiplications and additions of the numeric phase
  double solve_flops = 0;  ///< of one solve
  std::int64_t rank = -1;  ///< numerical rank, where the method reveals it
};

/// A direct method in three phases. `analyze` looks at the pattern alone and is reused by every
/// `factorize` of a matrix with the same pattern; `solve` may be called any number of times after
/// a factorization that succeeded. After a failed `factorize` only `analyze` and `factorize` are
/// allowed. Not interruptible: each phase is one step of a task.
class Factorization {
 public:
  virtual ~Factorization() = default;

  virtual Fault analyze(const CsrView& a) = 0;

  /// `singular_matrix`, `zero_pivot` (LDLᵀ) or `indefinite_matrix` with the column of the pivot
  /// that failed (of A, zero-based, −1 where the method cannot tell), `out_of_memory`.
  virtual Fault factorize(const CsrView& a) = 0;

  /// x ← A⁻¹b, or A⁻ᵀb if `transposed`; b and x may not overlap. Rectangular systems: the
  /// least-squares or minimum-norm solution. `not_ready`, `out_of_memory`, `singular_matrix`.
  virtual Status solve(std::span<const double> b, std::span<double> x, bool transposed) = 0;

  virtual bool solves_transposed() const = 0;
  virtual FactorInfo info() const = 0;
};

/// Null where memory is short.
std::unique_ptr<Factorization> make_cholesky();
std::unique_ptr<Factorization> make_ldlt();
std::unique_ptr<Factorization> make_lu();
std::unique_ptr<Factorization> make_qr();

}  // namespace lacuna
