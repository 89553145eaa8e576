#pragma once
#include <array>
#include <memory>
#include <optional>

#include "lacuna/base/status.hpp"
#include "lacuna/direct/factorization.hpp"
#include "lacuna/iterative/krylov.hpp"
#include "lacuna/solver/plan.hpp"
#include "lacuna/solver/report.hpp"
#include "lacuna/sparse/csr.hpp"
#include "lacuna/sparse/operations.hpp"
#include "lacuna/sparse/structure.hpp"

namespace lacuna {

class LocalSystem;

/// A matrix together with a way to solve systems with it: plan (measure, choose a ladder of
/// methods) → analyze (pattern) → factorize (numbers), then any number of solves through
/// `SolveTask`. Owns the matrix. Not for use from two threads at once.
class Solver {
 public:
  ~Solver();

  /// Takes the matrix and plans. On a fault the matrix is left with the caller.
  static Result<std::shared_ptr<Solver>> create(CsrMatrix&& a, const SolverOptions& options);

  /// Climbs the ladder from its first rung until one is analyzed and factored. The fault is that
  /// of the last rung; `setup().attempts` lists all.
  /// `busy` while a task runs.
  Fault prepare();

  /// New values on the same pattern, in CSR order: measures and factors again, the pattern
  /// analysis is kept where the same method still fits. Whatever fails (`shape_mismatch`,
  /// `not_finite`, no rung works), the earlier values and factors are in force afterwards.
  /// `busy` while a task runs.
  Fault update(std::span<const double> values);

  /// Leaves the rung in use because its answer was not accepted, for the next one that can be
  /// set up. False where there is none: the present one stays, and nothing more is tried until
  /// the values change.
  bool advance(Reason reason);

  const SetupReport& setup() const { return setup_; }
  const Structure& structure() const { return structure_; }
  Method method() const { return rung().method; }
  PreconditionerKind preconditioner_kind() const { return rung().preconditioner; }
  bool sliceable() const { return is_iterative(method()); }
  bool ready() const { return ready_; }

  std::int32_t rows() const { return a_.view().rows(); }
  std::int32_t cols() const { return a_.view().cols(); }

  /// A or Aᵀ. The transpose is made at its first use (`ensure_transposed`), not at all where A is
  /// symmetric to the last bit.
  Status ensure_transposed();
  CsrView matrix(bool transposed) const {
    return transposed && !structure_.exactly_symmetric ? at_->view() : a_.view();
  }
  double matrix_norm_inf(bool transposed) const {
    return transposed ? norm_inf_transposed_ : norm_inf_;
  }
  double matrix_norm_frobenius() const { return norm_frobenius_; }

  /// The factorization in use; null with an iterative method.
  Factorization* factorization() { return factorization_.get(); }

  /// The preconditioner for A or Aᵀ, built at first use for the latter.
  Result<Preconditioner*> preconditioner(bool transposed);

  /// Iterations that take no more work than the factorization which the iterative method in use
  /// was put before; no limit where there is none.
  std::int64_t affordable_iterations() const;

  /// What local queries need of the matrix, measured at the first call and after `update`;
  /// `columns`: with those of A, which takes a transpose where A is not symmetric.
  Result<LocalSystem*> local(bool columns);
  /// Changes when what `local` gave is gone: with an `update`, also one that fails, and when
  /// columns are wanted only later.
  std::uint64_t local_number() const { return local_number_; }
  /// Number of the values in force: changes with every `update` that succeeds.
  std::uint64_t version() const { return version_; }
  /// Sets up for a full solve from within a task, where the solver is not ready.
  Fault prepare_within_task();

  void task_started() { ++tasks_; }
  void task_ended();

 private:
  explicit Solver(CsrMatrix&& a);
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  const Rung& rung() const { return plan_.rungs[current_]; }
  Fault measure();
  /// Takes the structure of the values in force and computes their norms.
  Fault adopt(const Structure& structure);
  /// Sets up the first rung from `first` on that works; the one in use stays until then.
  Fault climb(int first);
  Fault set_up(const Rung& rung);
  Fault set_up_preconditioner(const Rung& rung);
  Fault set_up_factorization(Method method);
  /// Drops the preconditioners and the factorization in use, but not under a task that may still
  /// work with them.
  void retire();
  /// Plans and factors for new values, by the rung in use where it still fits.
  Fault replan(bool& factors_touched);
  /// A predicted Cholesky factorization that CG may well beat, see `deferral_flops`.
  bool heavy(const FactorInfo& info) const;
  /// Puts CG before rung k, a Cholesky factorization that is heavy or does not fit into memory.
  void defer(int k);
  /// Factors the values in force by the present factorization, keeping its analysis.
  Fault refactor();
  void forget_setup();
  void fill_setup();

  CsrMatrix a_;
  std::optional<CsrMatrix> at_;
  SolverOptions options_;
  Structure structure_;
  Plan plan_;
  int current_ = 0;
  bool ready_ = false;
  bool deferred_ = false;
  double deferred_flops_ = 0;
  bool exhausted_ = false;
  int tasks_ = 0;
  double norm_inf_ = 0;
  double norm_inf_transposed_ = 0;
  double norm_frobenius_ = 0;
  std::unique_ptr<Factorization> factorization_;
  std::unique_ptr<Preconditioner> preconditioner_;
  std::unique_ptr<Preconditioner> preconditioner_transposed_;
  /// Each rung is left at most once while tasks run, with a factorization or at most two
  /// preconditioners.
  std::array<std::unique_ptr<Preconditioner>, 2 * Plan::capacity> retired_;
  std::array<std::unique_ptr<Factorization>, Plan::capacity> retired_factorizations_;
  int retired_count_ = 0;
  int retired_factorization_count_ = 0;
  SetupReport setup_;
  std::unique_ptr<LocalSystem> local_;
  std::uint64_t local_number_ = 0;
  std::uint64_t version_ = 1;
  bool prepared_ = false;  ///< `prepare` was called: before that an update only plans
};

}  // namespace lacuna
