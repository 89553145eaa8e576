#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/solver/factor_task.hpp"

namespace lacuna {

/// Single entries of A⁻¹ by solves through the reach (`FactorReach`), one for each column that is
/// asked for, over the paths of its rows. The result is 0, and how many solves. Memory: 20 bytes
/// an entry and 4n, beside that of the reach.
class InverseColumns final : public FactorTask {
 public:
  /// out[k] ← (A⁻¹)(rows[k], cols[k]). All has to stay alive until the last step.
  /// `shape_mismatch`, `index_out_of_range` with the position, what `FactorReach` refuses,
  /// `out_of_memory`.
  static Result<std::unique_ptr<FactorTask>> create(std::shared_ptr<Factor> factor,
                                                    std::span<const std::int32_t> rows,
                                                    std::span<const std::int32_t> cols,
                                                    std::span<double> out);

  TaskState step(Budget& budget) override;
  double progress() const override;
  void stop(Reason) override { fault_ = Status::not_ready; }
  std::span<const double> result() const override { return found_; }

 private:
  explicit InverseColumns(std::shared_ptr<Factor> factor) : FactorTask(std::move(factor)) {}
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  Fault begin(std::span<const std::int32_t> rows, std::span<const std::int32_t> cols,
              std::span<double> out);
  Fault open_column();

  std::span<const std::int32_t> rows_;
  std::span<const std::int32_t> cols_;
  std::span<double> out_;
  std::size_t linked_ = 0;
  std::int32_t column_ = 0;
  double one_ = 1;
  double found_[2] = {};
  Buffer<std::int32_t> head_;    // of each column, its last entry, −1 where it has none
  Buffer<std::int32_t> next_;    // of each entry, the one before it in its column
  Buffer<std::int32_t> wanted_;  // of the column at hand
  Buffer<double> values_;
  std::unique_ptr<FactorTask> reach_;
};

}  // namespace lacuna
