#pragma once
#include <memory>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/solver/checked_answer.hpp"
#include "lacuna/solver/solver.hpp"

namespace lacuna {

/// How a system is to be solved. A solution is accepted when ‖b − Ax‖₂ ≤ max(rtol·‖b‖₂, atol); of a
/// rectangular system also when ‖Aᵀr‖₂ ≤ rtol·‖A‖F·‖r‖₂, plus 1e-13·‖A‖F·(‖A‖F·‖x‖₂ + ‖b‖₂) where
/// it has more equations than unknowns: what rounding x leaves of a small residual.
struct SolveSettings {
  bool transposed = false;  ///< solve Aᵀx = b
  bool guess = false;       ///< x holds a first guess on entry (iterative methods)
  bool refine = true;       ///< iterative refinement of direct solutions where it helps
  double rtol = 1e-10;
  double atol = 0;
  std::int64_t maxiter = 0;  ///< 0: `default_maxiter`
};

/// Iterations allowed where the caller names no limit: 10·n, at most 50,000. Either way no more than
/// `Solver::affordable_iterations`.
std::int64_t default_maxiter(std::int64_t n);

/// Solves A X = B for k right-hand sides stored one after another, with a certificate for each:
/// set up, where the solver is not ready → solve → certify → refine or climb the ladder → certify. The spans must outlive the task and
/// may not overlap; x is written as the iteration goes and holds the best answer at the end. The
/// solver is kept alive, and locked against `update`, as long as the task exists.
class SolveTask final : public Task {
 public:
  static constexpr int max_refinement_steps = 3;

  /// b: k·m values, x: k·n, m and n the rows and columns of A (or Aᵀ). `shape_mismatch`,
  /// `out_of_memory`; `not_finite` with the position in b, or in x for a guess.
  static Result<std::unique_ptr<SolveTask>> create(std::shared_ptr<Solver> solver,
                                                   std::span<const double> b, std::span<double> x,
                                                   std::int32_t k, const SolveSettings& settings);
  ~SolveTask() override;

  TaskState step(Budget& budget) override;
  double progress() const override;

  /// Ends the task now: the columns not yet answered get `reason` and the residual of what x
  /// holds.
  void stop(Reason reason);

  /// One report per right-hand side, complete once the task is done.
  std::span<const SolveReport> reports() const { return reports_.span(); }
  /// Why a step returned `failed`: with a solver that is not ready, why it could not be set up.
  Fault fault() const { return fault_; }
  /// Iterations and flops so far of the right-hand side in work.
  double iterations() const;

  /// Certifies x as it stands, without solving, into the report of column 0. For a caller that
  /// changed x, by rounding it for instance.
  void certify_only();

 private:
  enum class Stage { begin, climb, iterate, substitute, certify, finished };

  /// An answer that was not accepted, kept while the ladder is climbed.
  struct Candidate {
    Buffer<double> x;
    SolveReport report;
    bool kept = false;
  };

  SolveTask(std::shared_ptr<Solver> solver, std::span<const double> b, std::span<double> x,
            std::int32_t k, const SolveSettings& settings);
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  std::span<const double> rhs() const { return b_.subspan(column_ * m_, m_); }
  std::span<double> solution() { return x_.subspan(column_ * n_, n_); }

  Status begin_column(Budget& budget);
  /// Sets up a solver that is not ready, or the next rung of its ladder.
  Status climb(Budget& budget);
  /// Solves by the factorization: at once, or through `Stage::substitute`.
  Status begin_substitution(const double* b, double* x, std::int32_t count, Budget& budget);
  void end_substitution();
  Status begin_iteration();
  void end_iteration();
  void begin_certificate();
  /// One piece of the pass over A; true once x is measured.
  bool certify(Budget& budget);
  /// Decides on a certified answer: refine it, climb the ladder, or record it.
  Status judge(Budget& budget);
  void conclude();
  bool worth_refining() const;
  Status refine(Budget& budget);
  /// Another rung may do better than an answer that is not backward stable.
  bool worth_climbing() const;
  Reason final_reason() const;
  Status keep_candidate();
  /// Puts the kept answer back where the present one is worse.
  void restore_candidate();
  void write_report(Reason reason);
  void next_column();

  std::shared_ptr<Solver> solver_;
  std::span<const double> b_;
  std::span<double> x_;
  std::int32_t k_;
  std::size_t m_;
  std::size_t n_;
  SolveSettings settings_;
  Fault fault_;

  Stage stage_ = Stage::begin;
  std::int32_t column_ = 0;
  Buffer<SolveReport> reports_;

  // Of the right-hand side in work.
  CheckedAnswer answer_;
  double scale_ = 1;  ///< of b and x while they are iterated
  double shown_ = 0;  ///< progress told last
  double iterations_ = 0;
  double flops_ = 0;
  Reason iteration_reason_ = Reason::direct;
  std::unique_ptr<Krylov> krylov_;
  Method krylov_method_ = Method::automatic;
  Candidate best_;

  // Of direct methods. Columns from the one in work up to `answered_` hold what `factorization_`
  // gave.
  std::unique_ptr<Substitution> substitution_;
  const Factorization* factorization_ = nullptr;
  std::int32_t answered_ = 0;
  std::int32_t together_ = 0;  ///< columns that are being solved
};

}  // namespace lacuna
