#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>

#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/ordering.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// What a factorization costs and found. Figures that a method cannot tell are −1.
struct FactorInfo {
  double nnz = -1;  ///< entries of the factors; of LU with the zeros that fronts store
  /// Multiplications, additions and divisions of the numeric phase: of Cholesky from the pattern,
  /// of the others as they ran, with tries of LU and LDLᵀ that were given up. Before the numbers a
  /// forecast.
  double flops = -1;
  double solve_flops = 0;   ///< of one solve
  std::int64_t rank = -1;   ///< numerical rank, where the method reveals it
  bool seminormal = false;  ///< QR that kept R alone
  /// How pivots were ordered; `automatic` where that is unknown.
  OrderingKind ordering = OrderingKind::automatic;
  std::int64_t supernodes = -1;
  /// Most that a first `factorize` allocates, the factors included, in bytes. Known after the
  /// analysis; of LU with blocks by columns once it has come that far, of QR for full rank.
  double peak_bytes = -1;
  double pivot_growth = -1;  ///< LU: see `LuQuality`
  /// Inertia: eigenvalues of each sign, by those of the pivots (Sylvester's law). −1 where the
  /// method does not tell, or a pivot is so small that rounding may have given its sign.
  std::int64_t positive = -1;
  std::int64_t negative = -1;
  std::int64_t zero = -1;
  std::int64_t two_by_two = -1;  ///< pivots that are blocks of two rows and columns
  std::int64_t delayed = -1;     ///< pivots that the part of the tree they belong to passed on
  std::int64_t perturbed = -1;   ///< pivots whose value was changed to make them usable
};

/// det A as its sign (−1, 0, 1) and log|det A|.
struct Determinant {
  double log_abs = 0;
  int sign = 0;
};

/// A solve with a factorization, in slices; several may go on at the same time. The factorization
/// has to outlive it, and must not be computed anew meanwhile.
class Substitution {
 public:
  /// Right-hand sides that are best solved together.
  static constexpr std::int32_t breadth = 16;

  virtual ~Substitution() = default;

  /// X ← A⁻¹B, or A⁻ᵀB if `transposed`, for k right-hand sides stored one after another. A column
  /// of X has the same bits whether it is solved alone or among others. `not_ready`,
  /// `out_of_memory`.
  virtual Status begin(std::span<const double> b, std::span<double> x, std::int32_t k,
                       bool transposed) = 0;

  /// X is written when it returns `done`.
  virtual TaskState step(Budget& budget) = 0;
};

/// A direct method in three phases. `analyze` looks at the pattern alone and is reused by every
/// `factorize` of a matrix with the same pattern; `solve` may be called any number of times after
/// a factorization that succeeded. After a failed `factorize`, `solve` answers by the factor before
/// it, if the method could keep that, or is `not_ready`.
class Factorization {
 public:
  virtual ~Factorization() = default;

  Fault analyze(const CsrView& a) { return run_to_end(begin_analyze(a)); }

  /// `singular_matrix`, `zero_pivot` (LDLᵀ) or `indefinite_matrix` with the column of the pivot
  /// that failed (of A, zero-based, −1 where the method cannot tell), `out_of_memory`.
  Fault factorize(const CsrView& a) { return run_to_end(begin_factorize(a)); }

  /// The same two phases in slices: begin, then `step` until it is not `running`; `fault` tells
  /// why it failed. The view has to stay alive. Beginning anything ends what was going on.
  virtual Fault begin_analyze(const CsrView& a) = 0;
  virtual Fault begin_factorize(const CsrView& a) = 0;
  virtual TaskState step(Budget& budget) = 0;
  virtual Fault fault() const = 0;
  /// Gives up what is under way; a factor computed before stays.
  virtual void cancel() {}
  /// Share of the phase that is done.
  virtual double progress() const = 0;

  /// x ← A⁻¹b, or A⁻ᵀb if `transposed`; b and x may not overlap. QR: the least-squares solution of
  /// minimum norm, whatever the shape and the rank. `not_ready`, `out_of_memory`,
  /// `singular_matrix`.
  virtual Status solve(std::span<const double> b, std::span<double> x, bool transposed) = 0;

  /// Solves in slices and for many right-hand sides. Null where memory is short, and with a method
  /// that has only `solve`: see `has_substitution`.
  virtual std::unique_ptr<Substitution> substitution() { return nullptr; }
  virtual bool has_substitution() const { return false; }

  virtual bool solves_transposed() const = 0;
  virtual FactorInfo info() const = 0;

  /// Of the matrix factored last; none where the method cannot tell, or memory is short.
  virtual std::optional<Determinant> determinant() const { return std::nullopt; }
  /// What stood where `factorize` failed for want of a pivot, NaN where the method cannot tell.
  virtual double failed_pivot() const { return std::numeric_limits<double>::quiet_NaN(); }

  /// The order for the analyses to come. A permutation has to stay alive until they are over.
  void order_by(const Ordering& ordering) { ordering_ = ordering; }

 protected:
  Ordering ordering_;

 private:
  Fault run_to_end(Fault begun);
};

/// Null where memory is short.
std::unique_ptr<Factorization> make_cholesky();
std::unique_ptr<Factorization> make_ldlt();
std::unique_ptr<Factorization> make_lu();
std::unique_ptr<Factorization> make_qr();

}  // namespace lacuna
