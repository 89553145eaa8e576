#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/reason.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/precond/preconditioner.hpp"
#include "lacuna/sparse/csr.hpp"
#include "lacuna/sparse/residual.hpp"

namespace lacuna {

/// Where a Krylov iteration stops.
struct KrylovLimits {
  double target = 0;         ///< absolute bound on ‖b − Ax‖₂
  std::int64_t maxiter = 0;  ///< iterations at the most
};

/// A Krylov method as a task over one square system. Arrays are allocated by `reserve` and reused
/// by every `start`; a step is a piece of a matrix product or a few vector passes. The residual of
/// the recurrence only asks for a check: what ends an iteration as converged is b − Ax computed
/// anew, and if that has not fallen by half since the last check the reason is `stagnated`.
class Krylov : public Task {
 public:
  /// Work arrays for n unknowns. `out_of_memory`.
  virtual Status reserve(std::size_t n) = 0;

  /// Begins with the guess in x; M, b, x and what A is a view of must outlive the iteration.
  void start(const CsrView& a, Preconditioner& m, std::span<const double> b, std::span<double> x,
             const KrylovLimits& limits);

  TaskState step(Budget& budget) final;
  double progress() const final;

  /// `converged_rtol` stands for "target reached"; which tolerance that was the caller knows.
  Reason reason() const { return reason_; }
  std::int64_t iterations() const { return iterations_; }
  double flops() const { return flops_; }

 protected:
  /// What one call of `advance` leaves to do.
  enum class Phase { iterate, check, finished };

  /// Does one piece. Called only between checks.
  virtual Phase advance(Budget& budget) = 0;

  /// Resets the recurrence to the residual r, which is b − Ax and has norm `norm`.
  virtual void restart(double norm) = 0;

  /// y ← A x, a bounded number of rows at a time; true once complete.
  bool product(std::span<const double> x, std::span<double> y, Budget& budget);

  void spend(Budget& budget, double flops) {
    flops_ += flops;
    budget.spend(flops);
  }
  Phase finish(Reason reason) {
    reason_ = reason;
    return Phase::finished;
  }

  const CsrView& a() const { return *a_; }
  Preconditioner& m() { return *m_; }
  std::span<double> x() { return x_; }
  /// Ends the recurrence because a scalar of it vanished: begin anew from the true residual if
  /// that made progress.
  Phase vanished() {
    vanished_ = true;
    return Phase::check;
  }
  /// Notes the norm of the recurrence's residual, for `progress`.
  void note(double norm) {
    if (norm < least_norm_) least_norm_ = norm;
  }
  /// Norm of the recurrence's residual at which it asks for a check: the target, or where rounding
  /// has long parted it from the true residual.
  double goal() const { return goal_; }
  bool out_of_iterations() const { return iterations_ >= limits_.maxiter; }

  Buffer<double> r_;
  Buffer<double> w_;  ///< |A||x| + |b| of the last check
  std::int64_t iterations_ = 0;

 private:
  void check(Budget& budget);

  std::optional<CsrView> a_;
  Preconditioner* m_ = nullptr;
  std::span<const double> b_;
  std::span<double> x_;
  KrylovLimits limits_;
  Phase phase_ = Phase::check;
  Reason reason_ = Reason::max_iterations;
  std::int32_t row_ = 0;
  ResidualPass residual_;
  double first_norm_ = -1;
  double checked_norm_ = -1;
  double goal_ = 0;
  double least_norm_ = 0;
  bool vanished_ = false;
  double flops_ = 0;
};

/// Conjugate gradients (Hestenes & Stiefel, 1952) with a positive definite preconditioner, for
/// symmetric positive definite A; a direction p with pᵀAp ≤ 0 ends it as `indefinite_matrix`.
/// Per iteration one product, one application of M and 10n flops; five vectors.
std::unique_ptr<Krylov> make_cg();

/// BiCGSTAB (van der Vorst, SISSC 13, 1992), preconditioned from the right, for any square A. A
/// vanishing scalar restarts it from the present residual; without progress between two restarts
/// it ends as `breakdown`. Per iteration two products, two applications of M; nine
/// vectors.
std::unique_ptr<Krylov> make_bicgstab();

}  // namespace lacuna
