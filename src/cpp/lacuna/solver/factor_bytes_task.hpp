#pragma once
#include <memory>
#include <span>

#include "lacuna/direct/bytes_export.hpp"
#include "lacuna/solver/factor_task.hpp"

namespace lacuna {

/// The factors as bytes: see `BytesExport`. The result is their number.
class FactorExport final : public FactorTask {
 public:
  /// `not_ready`, `busy`, `invalid_argument` for factors in single precision, `invalid_size`,
  /// `out_of_memory`.
  static Result<std::unique_ptr<FactorTask>> create(std::shared_ptr<Factor> factor);

  TaskState step(Budget& budget) override;
  double progress() const override { return bytes_.empty() ? 0 : 1; }
  void stop(Reason) override { fault_ = Status::not_ready; }
  std::span<const double> result() const override { return {&length_, 1}; }
  std::span<const unsigned char> bytes() const override { return bytes_.span(); }

 private:
  explicit FactorExport(std::shared_ptr<Factor> factor) : FactorTask(std::move(factor)) {}
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  Status begin();

  BytesExport export_;
  Buffer<unsigned char> bytes_;
  double length_ = 0;
};

}  // namespace lacuna
