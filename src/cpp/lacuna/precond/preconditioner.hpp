#pragma once
#include <memory>
#include <span>

#include "lacuna/base/status.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// An approximation M of A whose inverse is cheap to apply. Linear and fixed between calls of
/// `compute`; used inside a Krylov method.
class Preconditioner {
 public:
  virtual ~Preconditioner() = default;

  /// Builds M from A. `singular_matrix` or `indefinite_matrix` with the row, `out_of_memory`.
  virtual Fault compute(const CsrView& a) = 0;

  /// z ← M⁻¹r; no allocation, r and z may not overlap.
  virtual void apply(std::span<const double> r, std::span<double> z) = 0;

  /// Flops of one `apply`.
  virtual double flops() const = 0;

  /// Stored entries of M, for reports.
  virtual double nnz() const = 0;
};

/// M = I.
std::unique_ptr<Preconditioner> make_identity_preconditioner();

/// M = diag(A); refuses a zero diagonal entry (`singular_matrix`) and, where `positive` is asked
/// (CG), a negative one (`indefinite_matrix`).
std::unique_ptr<Preconditioner> make_jacobi(bool positive);

/// Incomplete Cholesky with as many entries per column as A has (Lin & Moré, SISC 21, 1999), AMD
/// ordering, the diagonal shifted until it exists. For symmetric positive definite A.
std::unique_ptr<Preconditioner> make_incomplete_cholesky();

/// Dual-threshold incomplete LU (Saad, NLAA 1, 1994): entries below `drop_tolerance` times the
/// row's mean are dropped, and at most `fill_factor` times the row's share of nnz(A) kept. AMD
/// ordering on the pattern of A + Aᵀ.
std::unique_ptr<Preconditioner> make_ilut(double drop_tolerance, int fill_factor);

}  // namespace lacuna
