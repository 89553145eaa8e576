#pragma once
#include <memory>
#include <span>

#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// An approximation M of A whose inverse is cheap to apply, built in slices. Linear and fixed once
/// it is; used inside a Krylov method.
class Preconditioner : public Task {
 public:
  /// Begins to build M from A, which has to stay as it is until `step` is done. `not_square`,
  /// `out_of_memory`.
  virtual Fault begin(const CsrView& a) = 0;

  /// `failed` with `fault()`: `singular_matrix` or `indefinite_matrix` with the row,
  /// `out_of_memory`. An earlier M stays in force until it is `done`.
  TaskState step(Budget& budget) override = 0;
  Fault fault() const { return fault_; }
  double progress() const override { return progress_; }

  /// Flops of the numbers of M so far, of shifts that were tried in vain too.
  double work() const { return work_; }

  /// All of it at once.
  Fault compute(const CsrView& a);

  /// z ← M⁻¹r; no allocation, r and z may not overlap.
  virtual void apply(std::span<const double> r, std::span<double> z) = 0;

  /// Flops of one `apply`.
  virtual double flops() const = 0;

  /// Stored entries of M, for reports.
  virtual double nnz() const = 0;

 protected:
  TaskState fail(Fault fault) {
    fault_ = fault;
    return TaskState::failed;
  }

  Fault fault_;
  double progress_ = 0;
  double work_ = 0;
};

/// M = I.
std::unique_ptr<Preconditioner> make_identity_preconditioner();

/// M = diag(A); refuses a zero diagonal entry (`singular_matrix`) and, where `positive` is asked
/// (CG), a negative one (`indefinite_matrix`).
std::unique_ptr<Preconditioner> make_jacobi(bool positive);

/// Incomplete Cholesky: each column keeps its largest entries, as many as A has there below the
/// diagonal (Lin & Moré, SISC 21, 1999). A is scaled by the square roots of its column norms, and
/// its diagonal shifted by 1e-3, 2e-3, 4e-3 … where a pivot is not positive. Ordered by minimum
/// degree. For symmetric positive definite A; `indefinite_matrix` where a shift by half does not
/// help. O(nnz·mean row of A) time, 12 bytes an entry of the lower triangle of A twice and 60 bytes
/// a row.
std::unique_ptr<Preconditioner> make_incomplete_cholesky();

/// Dual-threshold incomplete LU (Saad, NLAA 1, 1994): of each row, multipliers below
/// `drop_tolerance` and entries of U below `drop_tolerance` times the row's 2-norm in A are
/// dropped, and off the diagonal the largest kept, at most `fill_factor` times the mean row of A in
/// all: half of them on each side, and what one side does not need goes to the other. A pivot that
/// is 0 becomes √drop_tolerance times the norm. Ordered by minimum degree on the pattern of A + Aᵀ;
/// no pivoting. `singular_matrix` with the row that has no pivot.
std::unique_ptr<Preconditioner> make_ilut(double drop_tolerance, int fill_factor);

}  // namespace lacuna
