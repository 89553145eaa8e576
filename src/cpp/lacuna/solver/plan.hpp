#pragma once
#include <array>
#include <cstdint>
#include <limits>

#include "lacuna/base/status.hpp"
#include "lacuna/ordering/ordering.hpp"
#include "lacuna/solver/method.hpp"
#include "lacuna/sparse/csr.hpp"
#include "lacuna/sparse/structure.hpp"

namespace lacuna {

/// What the caller fixes of a solver; everything left on `automatic` is chosen by structure.
struct SolverOptions {
  Method method = Method::automatic;
  PreconditionerKind preconditioner = PreconditionerKind::automatic;
  /// ILUT: relative size below which an entry of the factor is dropped.
  double drop_tolerance = 1e-3;
  /// ILUT: entries kept per row, as a multiple of the row mean of A.
  int fill_factor = 5;
  /// Pivots of direct methods; of QR `automatic` alone, others are put aside.
  OrderingKind ordering = OrderingKind::automatic;
  /// Method, preconditioner and ordering are a first guess: where they don't fit, fail or take more
  /// than `max_flops`, the automatic ladder follows, with the same method again only where it was
  /// too dear in an order that the caller fixed.
  bool prefer = false;
  /// Flops that the preferred way may take: a factorization by its analysis where that tells, else
  /// by its work so far; an iterative method in its preconditioner, and in its iterations (100 at
  /// least).
  double max_flops = std::numeric_limits<double>::infinity();
};

/// One way to solve: a method and, for an iterative one, its preconditioner.
struct Rung {
  Method method = Method::automatic;
  PreconditionerKind preconditioner = PreconditionerKind::none;
};

/// Ways in the order in which they are tried; the next one is taken when a factorization fails
/// or an answer does not pass its residual test.
struct Plan {
  static constexpr int capacity = 6;
  std::array<Rung, capacity> rungs{};
  int count = 0;
  /// Of a guess: where the automatic ladder has its method, in an order of its own; or −1.
  int again = -1;

  void add(Method method, PreconditionerKind kind = PreconditionerKind::none) {
    if (count < capacity) rungs[count++] = {method, kind};
  }
};

/// `automatic` tries CG with incomplete Cholesky before a Cholesky factorization that takes more
/// than this many flops (about a second at 12 GFLOP/s) and fills in more than `deferral_fill` times
/// the entries of a triangle of A, as three-dimensional problems do and flat ones don't.
constexpr double deferral_flops = 1e10;
constexpr double deferral_fill = 25;

/// Rows from which on `automatic` iterates on an unsymmetric, strictly row-dominant matrix before
/// it factors: Jacobi contracts there, while LU may fill in without bound.
constexpr std::int32_t dominant_rows = 1000;

/// Largest side for which `automatic` falls back to QR after LU found the matrix singular: QR takes
/// at least twice the work of an LU that may have been long already.
constexpr std::int32_t qr_fallback_limit = 2000;

/// The ladder for a matrix of this structure.
///
/// Automatic: rectangular → qr. Symmetric with a positive diagonal → cholesky, ldlt, lu.
/// Other symmetric ones, zeros on the diagonal or not → ldlt, lu. Unsymmetric, strictly
/// row-dominant and of `dominant_rows` or more → bicgstab+jacobi, lu. Other square ones → lu,
/// bicgstab+ilut. A square ladder ends with qr up to `qr_fallback_limit`. A preconditioner named
/// without a method asks for a Krylov method: cg where symmetric with a positive diagonal, then
/// bicgstab.
///
/// With `prefer`, the way named is the first rung if it fits, and the automatic ladder, without
/// that way, follows.
///
/// A method that does not fit is refused: `not_square`, `not_symmetric` (position and partner: row
/// and column of the first entry that differs from its mirror image), `indefinite_matrix` (CG and
/// Cholesky; first row whose diagonal is not positive), `singular_matrix` (first empty row or
/// column), `invalid_argument` for a preconditioner that the method cannot use.
Result<Plan> make_plan(const CsrView& a, const Structure& structure, const SolverOptions& options);

}  // namespace lacuna
