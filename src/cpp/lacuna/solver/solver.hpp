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
#include "lacuna/sparse/transposed.hpp"

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
  /// of the last rung; `setup().attempts` lists all. A climb that a task is at is ended.
  /// `busy` while a task runs otherwise.
  Fault prepare();

  /// New values on the same pattern, in CSR order: measures and factors again, the pattern
  /// analysis is kept where the same method still fits. Whatever fails (`shape_mismatch`,
  /// `not_finite`, no rung works), the earlier values and factors are in force afterwards.
  /// `busy` while a task runs.
  Fault update(std::span<const double> values);

  /// The same in slices, for tasks: `begin_climb`, then `climb` until it is not `running`, and
  /// `end_climb` in any case. Tasks share one climb; it is given up when the last of them ends it
  /// before its time. What was in use stays so until a rung is set up.
  void begin_climb();
  /// Leaves the rung in use because its answer was not accepted, for the next one that can be
  /// set up. False where there is none: the present one stays, and nothing more is tried until
  /// the values change.
  bool begin_climb_beyond(Reason reason, double flops);
  /// `failed` where no rung works: `climb_fault` is that of the last.
  TaskState climb(Budget& budget);
  void end_climb();
  Fault climb_fault() const { return climb_.fault; }
  /// Share of the work on the rung that is being set up.
  double climb_progress() const;

  const SetupReport& setup() const { return setup_; }
  const Structure& structure() const { return structure_; }
  Method method() const { return rung().method; }
  PreconditionerKind preconditioner_kind() const { return rung().preconditioner; }
  /// Whether set-up and solves by the method in use, or the first to be tried, can be cut.
  bool sliceable() const { return is_iterative(method()) || cuts_factorization_; }
  bool ready() const { return ready_; }

  std::int32_t rows() const { return a_.view().rows(); }
  std::int32_t cols() const { return a_.view().cols(); }

  /// Begins to make Aᵀ, at its first use, and not at all where A is symmetric to the last bit.
  Status begin_transposed();
  /// Goes on with that, whoever of those that wait for it calls; `done` at once where it is made.
  TaskState make_transposed(Budget& budget) { return at_.step(budget); }
  /// A or Aᵀ, to be read once `make_transposed` is done.
  CsrView matrix(bool transposed) const {
    return transposed && !structure_.exactly_symmetric ? at_.view() : a_.view();
  }
  double matrix_norm_inf(bool transposed) const {
    return transposed ? norm_inf_transposed_ : norm_inf_;
  }
  double matrix_norm_frobenius() const { return norm_frobenius_; }

  /// The factorization in use; null with an iterative method.
  Factorization* factorization() { return factorization_.get(); }

  /// Builds the preconditioner for Aᵀ, at its first use, where A is not symmetric: goes on with it,
  /// whoever of those that wait for it calls.
  TaskState precondition_transposed(Budget& budget, Fault& fault);
  /// That for A or, once it is built, Aᵀ.
  Preconditioner* preconditioner(bool transposed) const {
    const bool other = transposed && !structure_.exactly_symmetric;
    return other ? preconditioner_transposed_.get() : preconditioner_.get();
  }

  /// Iterations that take no more work than the factorization which the iterative method in use
  /// was put before, or than its preference allows; no limit where there is none.
  std::int64_t affordable_iterations() const;

  /// What local queries need of the matrix, made at the first call and after `update` and not
  /// measured yet; `columns`: with those of A, which takes a transpose where A is not symmetric.
  Result<LocalSystem*> begin_local(bool columns);
  /// The same, measured.
  Result<LocalSystem*> local(bool columns);
  /// Changes when what `local` gave is gone: with an `update`, also one that fails, and when
  /// columns are wanted only later.
  std::uint64_t local_number() const { return local_number_; }
  /// Number of the values in force: changes with every `update` that succeeds.
  std::uint64_t version() const { return version_; }
  void task_started() { ++tasks_; }
  void task_ended();

 private:
  explicit Solver(CsrMatrix&& a);
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  enum class ClimbStage { idle, set_up, analyze, factorize, precondition };

  /// A climb of the ladder in slices.
  struct Climb {
    ClimbStage stage = ClimbStage::idle;
    int rung = 0;  ///< that is being set up
    int users = 0;
    /// Whether it left a rung that was in use.
    bool beyond = false;
    std::unique_ptr<Factorization> fresh;
    std::unique_ptr<Preconditioner> preconditioner;
    double factored = 0;  ///< work of `fresh` on numbers, where it may take no more than so much
    Fault fault;
    SetupReport before;  ///< in force again where it is given up
  };

  const Rung& rung() const { return plan_.rungs[current_]; }
  Fault measure();
  /// Takes the structure of the values in force and computes their norms.
  Fault adopt(const Structure& structure);
  /// Sets up the first rung from `first` on that works; the one in use stays until then.
  void start_climb(int first);
  Fault climb_to_end();
  /// Goes on with the present rung; its fault once it is not `running`, `not_ready` where another
  /// is to be put before it.
  TaskState set_up(Budget& budget, Fault& fault);
  TaskState set_up_preconditioner(const Rung& rung, Budget& budget, Fault& fault);
  /// Goes on with the numbers of the fresh factorization.
  TaskState factor(Budget& budget, Fault& fault);
  /// Ends the work on a rung.
  TaskState leave_rung(Fault fault);
  /// Whether another method may take the place of one that fails: the caller has not fixed it.
  bool may_exchange() const { return options_.method == Method::automatic || options_.prefer; }
  /// Whether rung k is the caller's guess.
  bool preferred(int k) const;
  Ordering ordering_of(int k) const;
  bool may_defer(Method method) const;
  /// Drops the preconditioners and the factorization in use, but not under a task that may still
  /// work with them.
  void retire();
  /// Plans and factors for new values, by the rung in use where it still fits.
  Fault replan(bool& factors_touched);
  /// A predicted Cholesky factorization that CG may well beat, see `deferral_flops`.
  bool heavy(const FactorInfo& info) const;
  /// Puts CG before rung k, a Cholesky factorization that is heavy or does not fit into memory.
  void defer(int k);
  /// Puts a way before rung k; the last one goes where there are too many.
  void insert_rung(int k, const Rung& rung);
  /// Factors the values in force by the present factorization, keeping its analysis.
  Fault refactor();
  void forget_setup();
  void fill_setup();

  CsrMatrix a_;
  Transposed at_;
  SolverOptions options_;
  Structure structure_;
  Plan plan_;
  int current_ = 0;
  Climb climb_;
  bool ready_ = false;
  bool cuts_factorization_ = false;
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
  std::unique_ptr<Preconditioner> fresh_transposed_;
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
