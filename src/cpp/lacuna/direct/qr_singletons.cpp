#include "lacuna/direct/qr_singletons.hpp"

#include <algorithm>

namespace lacuna {

Status ColumnSingletons::begin(const SparseRows& rows, const double* values, double tolerance) {
  const auto n = static_cast<std::size_t>(rows.cols);
  for (Buffer<std::int32_t>* buffer : {&entries_, &row_sum_}) {
    if (buffer->allocate_zero(n) != Status::ok) return Status::out_of_memory;
  }
  for (Buffer<std::int32_t>* buffer : {&list_, &cols_, &pivot_rows_}) {
    if (buffer->allocate(n) != Status::ok) return Status::out_of_memory;
  }
  if (taken_.allocate_zero(static_cast<std::size_t>(rows.rows)) != Status::ok) {
    return Status::out_of_memory;
  }
  b_ = rows;
  values_ = values;
  tolerance_ = tolerance;
  at_ = looked_ = listed_ = count_ = 0;
  return Status::ok;
}

bool ColumnSingletons::step(Meter& meter) {
  while (at_ < b_.rows) {
    const std::int32_t i = at_++;
    for (std::int32_t p = b_.begin[i]; p < b_.begin[i + 1]; ++p) {
      ++entries_[b_.col[p]];
      row_sum_[b_.col[p]] ^= i;
    }
    if (meter.spend(2.0 * (b_.begin[i + 1] - b_.begin[i]) + 1)) return false;
  }
  for (; at_ - b_.rows < b_.cols; ++at_) {
    const std::int32_t j = at_ - b_.rows;
    if (entries_[j] == 1) list_[listed_++] = j;
  }
  while (looked_ < listed_) {
    if (meter.spend(take(list_[looked_++]))) return false;
  }
  return true;
}

double ColumnSingletons::take(std::int32_t col) {
  // Its row may have gone with another column.
  if (entries_[col] != 1) return 1;
  const std::int32_t i = row_sum_[col];
  const std::int32_t* first = b_.col + b_.begin[i];
  const std::int32_t* last = b_.col + b_.begin[i + 1];
  const auto place = static_cast<std::int32_t>(std::lower_bound(first, last, col) - b_.col);
  const double v = values_[b_.place(place)];
  if (!((v < 0 ? -v : v) > tolerance_)) return 30;
  cols_[count_] = col;
  pivot_rows_[count_++] = i;
  taken_[i] = 1;
  for (std::int32_t p = b_.begin[i]; p < b_.begin[i + 1]; ++p) {
    const std::int32_t j = b_.col[p];
    row_sum_[j] ^= i;
    if (--entries_[j] == 1) list_[listed_++] = j;
  }
  return 30 + 2.0 * (last - first);
}

}  // namespace lacuna
