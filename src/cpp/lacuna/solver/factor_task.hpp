#pragma once
#include <memory>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/reason.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/solver/factor.hpp"
#include "lacuna/solver/inverse_norm.hpp"

namespace lacuna {

/// A question to a finished factor, answered in slices as a list of doubles. The factor is kept
/// alive, and locked against updates, as long as the task exists.
class FactorTask : public Task {
 public:
  ~FactorTask() override { factor_->solve_ended(); }

  /// Ends the task now, with what there is.
  virtual void stop(Reason reason) = 0;
  virtual std::span<const double> result() const = 0;
  /// Of an export.
  virtual std::span<const unsigned char> bytes() const { return {}; }
  /// Why a step returned `failed`.
  Fault fault() const { return fault_; }

 protected:
  explicit FactorTask(std::shared_ptr<Factor> factor) : factor_(std::move(factor)) {
    factor_->solve_started();
  }

  std::shared_ptr<Factor> factor_;
  Fault fault_;
};

/// `busy` while a factor works, `not_ready` before its first factorization.
Status usable(const Factor& factor);

/// How a system is to be solved with a factor; see also `SolveSettings`.
struct FactorSettings {
  bool transposed = false;
  bool error_bound = false;  ///< also bound the forward error
  int refinement = 3;  ///< steps of refinement at the most, up to `FactorSolveReport::history`
  double rtol = 1e-10;
  double atol = 0;
};

/// What a solve did and how good its answer is; norms are Euclidean unless said. Plain doubles in
/// this order: append, never reorder. Figures that do not apply are −1.
struct FactorSolveReport {
  static constexpr int history = 10;

  double reason = 0;
  double converged = 0;
  double residual_norm = 0;
  double rhs_norm = 0;
  double relative_residual = 0;
  double normwise_error = 0;
  double componentwise_error = 0;
  double normal_residual = -1;
  double refinement_steps = 0;
  double flops = 0;
  /// Estimate of a bound on ‖x − x*‖∞/‖x‖∞ by ‖|A⁻¹|·(|r| + u·(l + 1)·(|A||x| + |b|))‖∞ with l the
  /// longest row and u the unit roundoff (Arioli, Demmel & Duff, SIMAX 10, 1989).
  double forward_error = -1;
  /// Normwise and componentwise backward error at first, and after each step that was kept.
  double refinement[2 * (history + 1)] = {};
  /// Of factors in single precision: see `Refinements`. These steps come before the first entry of
  /// `refinement`, and within each later one.
  double corrections = -1;
  double iterations = -1;
};

/// Solves A X = B for k right-hand sides stored one after another, with a certificate for each. The
/// spans must outlive the task and may not overlap; x holds the best answer at the end.
class FactorSolve final : public FactorTask {
 public:
  /// b: k·m values, x: k·n, m and n the rows and columns of A (or Aᵀ). `not_ready`, `busy` during
  /// an update, `shape_mismatch`, `invalid_argument`, `not_square` for the error bound of a
  /// rectangular system, `not_finite` with the position in b, `out_of_memory`.
  static Result<std::unique_ptr<FactorTask>> create(std::shared_ptr<Factor> factor,
                                                    std::span<const double> b, std::span<double> x,
                                                    std::int32_t k, const FactorSettings& settings);

  TaskState step(Budget& budget) override;
  double progress() const override;
  /// The columns not yet answered get `reason` and the residual of what x holds.
  void stop(Reason reason) override;
  /// One `FactorSolveReport` for each right-hand side.
  std::span<const double> result() const override;

 private:
  enum class Stage { begin, substitute, certify, correct, bound, finished };

  FactorSolve(std::shared_ptr<Factor> factor, std::span<const double> b, std::span<double> x,
              std::int32_t k, const FactorSettings& settings);
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  std::span<const double> rhs() const { return b_.subspan(column_ * m_, m_); }
  std::span<double> solution() { return x_.subspan(column_ * n_, n_); }
  Status advance(Budget& budget);
  Status begin_columns();
  void open_column();
  Status judge();
  Status begin_bound();
  void close_column(Reason stopped);
  void book(std::int32_t count);

  std::span<const double> b_;
  std::span<double> x_;
  std::int32_t k_;
  std::size_t m_;
  std::size_t n_;
  FactorSettings settings_;
  CheckedAnswer answer_;
  std::unique_ptr<Substitution> substitution_;
  InverseNorm error_;
  Buffer<double> weights_;
  Stage stage_ = Stage::begin;
  std::int32_t column_ = 0;
  std::int32_t answered_ = 0;  ///< columns that hold a solution
  std::int32_t together_ = 0;  ///< columns that are being solved
  Buffer<FactorSolveReport> reports_;
};

/// The condition number of A in the 1-norm, estimated through `InverseNorm`: the result is
/// κ, its reciprocal, ‖A‖₁, ‖A⁻¹‖₁ and the number of solves.
class FactorCondition final : public FactorTask {
 public:
  /// `not_ready`, `not_square`, `busy`, `out_of_memory`.
  static Result<std::unique_ptr<FactorTask>> create(std::shared_ptr<Factor> factor);

  TaskState step(Budget& budget) override;
  double progress() const override { return inverse_.progress(); }
  void stop(Reason) override { fault_ = Status::not_ready; }
  std::span<const double> result() const override { return found_; }

 private:
  explicit FactorCondition(std::shared_ptr<Factor> factor) : FactorTask(std::move(factor)) {}
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  InverseNorm inverse_;
  double found_[5] = {};
};

}  // namespace lacuna
