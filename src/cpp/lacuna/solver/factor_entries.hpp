#pragma once
#include <memory>
#include <span>

#include "lacuna/direct/inverse_entries.hpp"
#include "lacuna/direct/reach_solve.hpp"
#include "lacuna/solver/factor_task.hpp"

namespace lacuna {

/// Single entries of A⁻¹b for a sparse b, by the factors of Cholesky, LDLᵀ or LU: the cost is that
/// of the paths of both in the elimination tree, see `ReachSolve` and `LuReach`. The result is the
/// entries of the factors read and the supernodes met.
class FactorReach final : public FactorTask {
 public:
  /// out[k] ← (A⁻¹b) at rows[k]. All has to stay alive until the last step. `not_ready`, `busy`,
  /// `invalid_argument` for another method, the faults of `ReachSolve` and `LuReach`,
  /// `out_of_memory`.
  static Result<std::unique_ptr<FactorTask>> create(std::shared_ptr<Factor> factor,
                                                    const SparseEntries& b,
                                                    std::span<const std::int32_t> rows,
                                                    std::span<double> out);
  ~FactorReach() override;

  TaskState step(Budget& budget) override;
  double progress() const override { return done_ ? 1 : at_rows_ ? 0.5 : 0; }
  void stop(Reason) override { fault_ = Status::not_ready; }
  std::span<const double> result() const override { return found_; }

 private:
  explicit FactorReach(std::shared_ptr<Factor> factor) : FactorTask(std::move(factor)) {}
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  Fault begin(const SparseEntries& b, std::span<const std::int32_t> rows, std::span<double> out);

  std::unique_ptr<ReachSolve> reach_;
  std::unique_ptr<LuReach> lu_;
  std::span<const std::int32_t> rows_;
  std::span<double> out_;
  bool at_rows_ = false;
  bool done_ = false;
  double found_[2] = {};
};

/// Single entries of A⁻¹ by the factors of Cholesky and LDLᵀ: see `InverseEntries`; of LU: see
/// `InverseColumns`. The result is how many came from the sparse inverse, and the right-hand sides
/// solved for the others.
class FactorInverse final : public FactorTask {
 public:
  /// out[k] ← (A⁻¹)(rows[k], cols[k]). As `FactorReach`.
  static Result<std::unique_ptr<FactorTask>> create(std::shared_ptr<Factor> factor,
                                                    std::span<const std::int32_t> rows,
                                                    std::span<const std::int32_t> cols,
                                                    std::span<double> out);

  TaskState step(Budget& budget) override;
  double progress() const override { return entries_.progress(); }
  void stop(Reason) override { fault_ = Status::not_ready; }
  std::span<const double> result() const override { return found_; }

 private:
  explicit FactorInverse(std::shared_ptr<Factor> factor) : FactorTask(std::move(factor)) {}
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  Fault begin(std::span<const std::int32_t> rows, std::span<const std::int32_t> cols,
              std::span<double> out);

  InverseEntries entries_;
  double found_[2] = {};
};

}  // namespace lacuna
