#include "lacuna/solver/inverse_columns.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "lacuna/solver/factor_entries.hpp"

namespace lacuna {

Result<std::unique_ptr<FactorTask>> InverseColumns::create(std::shared_ptr<Factor> factor,
                                                           std::span<const std::int32_t> rows,
                                                           std::span<const std::int32_t> cols,
                                                           std::span<double> out) {
  std::unique_ptr<InverseColumns> task(lacuna::create<InverseColumns>(std::move(factor)));
  if (!task) return Status::out_of_memory;
  if (const Fault fault = task->begin(rows, cols, out); !fault.ok()) return fault;
  return std::unique_ptr<FactorTask>(std::move(task));
}

Fault InverseColumns::begin(std::span<const std::int32_t> rows, std::span<const std::int32_t> cols,
                            std::span<double> out) {
  if (rows.size() != cols.size() || rows.size() != out.size()) return Status::shape_mismatch;
  if (rows.size() > std::size_t(std::numeric_limits<std::int32_t>::max())) {
    return Status::invalid_size;
  }
  const std::int32_t n = factor_->cols();
  for (std::size_t k = 0; k < rows.size(); ++k) {
    for (const std::int32_t i : {rows[k], cols[k]}) {
      if (i < 0 || i >= n) return {Status::index_out_of_range, static_cast<std::int64_t>(k)};
    }
  }
  for (const Status status :
       {head_.allocate(static_cast<std::size_t>(n)), next_.allocate(rows.size()),
        wanted_.allocate(rows.size()), values_.allocate(rows.size())}) {
    if (status != Status::ok) return status;
  }
  std::fill_n(head_.data(), n, -1);
  rows_ = rows;
  cols_ = cols;
  out_ = out;
  return {};
}

TaskState InverseColumns::step(Budget& budget) {
  while (linked_ < cols_.size() && fault_.ok()) {
    const auto k = static_cast<std::int32_t>(linked_++);
    next_[k] = std::exchange(head_[cols_[k]], k);
    budget.spend(4);
    if (budget.exhausted()) return TaskState::running;
  }
  while (column_ < factor_->cols() && fault_.ok()) {
    if (reach_ || head_[column_] >= 0) {
      if (!reach_) fault_ = open_column();
      if (!fault_.ok()) break;
      if (reach_->step(budget) == TaskState::running) return TaskState::running;
      fault_ = reach_->fault();
      reach_.reset();
      const double* value = values_.data();
      for (std::int32_t k = head_[column_]; k >= 0; k = next_[k]) out_[k] = *value++;
    }
    ++column_;
    budget.spend(1);
    if (fault_.ok() && column_ < factor_->cols() && budget.exhausted()) return TaskState::running;
  }
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

Fault InverseColumns::open_column() {
  std::size_t count = 0;
  for (std::int32_t k = head_[column_]; k >= 0; k = next_[k]) wanted_[count++] = rows_[k];
  auto made = FactorReach::create(factor_, {{&column_, 1}, {&one_, 1}}, wanted_.span().first(count),
                                  values_.span().first(count));
  if (!made.ok()) return made.fault();
  reach_ = made.take();
  ++found_[1];
  return {};
}

double InverseColumns::progress() const {
  return head_.empty() ? 1 : static_cast<double>(column_) / static_cast<double>(head_.size());
}

}  // namespace lacuna
