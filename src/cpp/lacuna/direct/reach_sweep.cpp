#include "lacuna/direct/reach_sweep.hpp"

#include <algorithm>
#include <utility>

#include "lacuna/simd/dense.hpp"

namespace lacuna {
namespace {

/// Blocks and pieces as `SupernodalSolve` cuts them: sums then have the same order.
constexpr std::int32_t sweep_block = 64;
constexpr std::int32_t sweep_rows = 2 * simd::dense_depth;

}  // namespace

Status ReachSweep::prepare(const Supernodes& structure, const double* values, bool whole) {
  const auto n = static_cast<std::size_t>(structure.n);
  for (auto [buffer, size] :
       {std::pair(&vector_, n), std::pair(&piece_, std::size_t(sweep_rows))}) {
    if (buffer->size() == size) continue;
    if (const Status status = buffer->allocate(size); status != Status::ok) return status;
  }
  if (const Status status = reach_.prepare(structure, whole); status != Status::ok) return status;
  structure_ = &structure;
  values_ = values;
  clear();
  return Status::ok;
}

void ReachSweep::clear() {
  reach_.clear();
  at_ = -1;
  entries_ = 0;
}

void ReachSweep::reach(std::int32_t column) {
  const std::size_t before = reach_.supernodes().size();
  reach_.add(column);
  for (const std::int32_t s : reach_.supernodes().subspan(before)) {
    std::fill_n(vector_.data() + structure_->first_column[s], structure_->width(s), 0.0);
  }
}

bool ReachSweep::forward(Meter& meter, std::int32_t end) {
  const Supernodes& s = *structure_;
  const auto list = supernodes();
  const auto size = static_cast<std::int32_t>(list.size());
  if (at_ < 0) {
    at_ = 0;
    column_ = row_ = -1;
  }
  for (; at_ < size; ++at_, column_ = -1) {
    const std::int32_t u = list[at_];
    const std::int32_t first = s.first_column[u];
    const std::int32_t width = std::min(s.width(u), end - first);
    const std::int32_t height = s.height(u);
    if (column_ < 0) {
      column_ = start(u);
      row_ = 0;
    }
    while (column_ < width) {
      const std::int32_t columns =
          std::min(width, column_ / sweep_block * sweep_block + sweep_block) - column_;
      const double* l = panel(u) + std::size_t(column_) * height;
      double* own = vector_.data() + first + column_;
      double work = 0;
      if (row_ == 0) {
        simd::trsm(1, columns, l + column_, height, own, 1, nullptr);
        work = double(columns) * columns;
        entries_ += 0.5 * columns * (columns + 1);
        row_ = column_ + columns;
      }
      const std::int32_t rows = std::min(sweep_rows, height - row_);
      if (rows > 0) {
        simd::gemv_negative(rows, columns, l + row_, height, own, piece_.data());
        const std::int32_t* index = s.rows.data() + s.row_begin[u] + row_;
        for (std::int32_t i = 0; i < rows; ++i) vector_[index[i]] += piece_[i];
        work += 2.0 * rows * columns;
        entries_ += double(rows) * columns;
        row_ += rows;
      }
      if (row_ == height) {
        column_ += columns;
        row_ = 0;
      }
      if (meter.spend(work)) return true;
    }
  }
  at_ = -1;
  return false;
}

bool ReachSweep::backward(Meter& meter) {
  const Supernodes& s = *structure_;
  const auto list = supernodes();
  if (at_ < 0) {
    at_ = static_cast<std::int32_t>(list.size());
    column_ = row_ = -1;
  }
  // Between calls `at_` is the supernode in work plus one.
  for (; at_ > 0; --at_, column_ = -1) {
    const std::int32_t u = list[at_ - 1];
    const std::int32_t first = s.first_column[u];
    const std::int32_t height = s.height(u);
    const std::int32_t start = this->start(u);
    if (column_ < 0) {
      column_ = s.width(u);
      row_ = 0;
    }
    // `column_` is the end of a block.
    while (column_ > start) {
      const std::int32_t from = std::max(start, (column_ - 1) / sweep_block * sweep_block);
      const std::int32_t columns = column_ - from;
      const double* l = panel(u) + std::size_t(from) * height;
      double* own = vector_.data() + first + from;
      if (row_ == 0) row_ = column_;
      const std::int32_t rows = std::min(sweep_rows, height - row_);
      double work = 2.0 * rows * columns;
      if (rows > 0) {
        const std::int32_t* index = s.rows.data() + s.row_begin[u] + row_;
        for (std::int32_t i = 0; i < rows; ++i) piece_[i] = vector_[index[i]];
        simd::gemv_transposed(rows, columns, l + row_, height, piece_.data(), own);
        entries_ += double(rows) * columns;
        row_ += rows;
      }
      if (row_ == height) {
        simd::trsm_plain(1, columns, l + from, height, own, 1);
        work += double(columns) * columns;
        entries_ += 0.5 * columns * (columns + 1);
        column_ = from;
        row_ = 0;
      }
      if (meter.spend(work)) return true;
    }
  }
  at_ = -1;
  return false;
}

}  // namespace lacuna
