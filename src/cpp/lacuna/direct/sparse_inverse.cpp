#include "lacuna/direct/sparse_inverse.hpp"

#include <algorithm>
#include <limits>

#include "lacuna/direct/column_reach.hpp"
#include "lacuna/simd/dense.hpp"

namespace lacuna {
namespace {

/// Columns that are taken together, and sides of the blocks of Z(R,R).
constexpr std::int32_t inverse_block = 128;
/// Rows of a sum in one piece.
constexpr std::int32_t inverse_depth = simd::dense_depth;
/// What moving an element costs, in flops.
constexpr double inverse_move = 4;

}  // namespace

Status SparseInverse::begin(const Supernodes& structure, const double* values, const double* pivots,
                            const RowOrder* order) {
  const std::int32_t count = structure.count;
  std::int32_t tallest = 0;
  for (std::int32_t s = 0; s < count; ++s) tallest = std::max(tallest, structure.height(s));
  const std::int64_t stored = structure.value_begin[count];
  if (std::uint64_t(stored) > std::numeric_limits<std::size_t>::max() / sizeof(double)) {
    return Status::out_of_memory;
  }
  constexpr std::size_t side = inverse_block + 1;  // a pivot of two that the block takes whole
  for (const Status status :
       {z_.allocate(static_cast<std::size_t>(stored)), w_.allocate(side * tallest),
        square_.allocate(side * side), transpose_.allocate(side * side),
        packed_.allocate(simd::dense_work), place_.allocate(side), hint_.allocate(side),
        divided_.allocate(pivots == nullptr ? 0 : side * side)}) {
    if (status != Status::ok) return status;
  }
  structure_ = &structure;
  values_ = values;
  pivots_ = pivots;
  rows_ = order == nullptr ? structure.rows.data() : order->rows();
  places_ = order == nullptr ? nullptr : order->places();
  flops_ = 0;
  supernode_ = count;
  stage_ = Stage::done;
  if (open_panel()) open_block();
  return Status::ok;
}

double SparseInverse::progress() const {
  if (stage_ == Stage::done) return 1;
  return std::min(1.0, flops_ / std::max(1.0, flops(*structure_) + 4 * structure_->stored));
}

TaskState SparseInverse::step(Budget& budget) {
  double unbooked = 0;
  while (stage_ != Stage::done) {
    switch (stage_) {
      case Stage::solve: unbooked += solve_rows(); break;
      case Stage::multiply: unbooked += multiply_block(); break;
      case Stage::close: unbooked += close_block(); break;
      case Stage::done: break;
    }
    if (unbooked < Budget::piece) continue;
    flops_ += unbooked;
    budget.spend(unbooked);
    unbooked = 0;
    if (stage_ != Stage::done && budget.exhausted()) return TaskState::running;
  }
  budget.spend(unbooked);
  return TaskState::done;
}

/// Goes on to the supernode before, over those that eliminated nothing.
bool SparseInverse::open_panel() {
  while (supernode_ > 0) {
    begin_ = structure_->width(--supernode_);
    if (begin_ > 0) return true;
  }
  return false;
}

/// Whether a column of the panel and the one before it are a pivot.
bool SparseInverse::splits_pivot(std::int32_t column) const {
  if (pivots_ == nullptr || column == 0) return false;
  const std::int32_t before = structure_->first_column[supernode_] + column - 1;
  return pivots_[2 * std::size_t(before) + 1] != 0;
}

/// The block of columns before the last one.
void SparseInverse::open_block() {
  end_ = begin_;
  begin_ = (end_ - 1) / inverse_block * inverse_block;
  if (splits_pivot(begin_)) --begin_;
  row_ = column_ = 0;
  stage_ = Stage::solve;
}

/// Some columns of Wᵀ, and zeros where Z(R,J) will stand.
double SparseInverse::solve_rows() {
  const std::int32_t height = structure_->height(supernode_);
  const std::int32_t width = end_ - begin_;
  const std::int32_t rows = std::min(inverse_block, below() - row_);
  if (rows > 0) {
    const std::size_t at = structure_->value_begin[supernode_] + std::size_t(begin_) * height;
    const double* l = values_ + at;
    double* z = z_.data() + at + end_ + row_;
    double* w = square_.data();
    const std::int32_t* places =
        places_ == nullptr ? nullptr : places_ + structure_->row_begin[supernode_] + end_ + row_;
    for (std::int32_t j = 0; j < width; ++j) {
      const double* column = l + std::size_t(j) * height;
      double* to = w + std::size_t(j) * rows;
      if (places == nullptr) {
        std::copy_n(column + end_ + row_, rows, to);
      } else {
        for (std::int32_t i = 0; i < rows; ++i) to[i] = column[places[i]];
      }
      std::fill_n(z + std::size_t(j) * height, rows, 0.0);
    }
    simd::trsm_plain(rows, width, l + begin_, height, w, rows);
    double* out = w_.data() + std::size_t(row_) * width;
    for (std::int32_t i = 0; i < rows; ++i) {
      for (std::int32_t j = 0; j < width; ++j) *out++ = w[i + std::size_t(j) * rows];
    }
    row_ += rows;
  }
  if (row_ == below()) {
    row_ = column_ = 0;
    stage_ = row_ < below() ? Stage::multiply : Stage::close;
  }
  return double(rows) * width * (width + 2 * inverse_move);
}

/// One block of Z(R,R) on or below its diagonal, into `square_` and, transposed, into
/// `transpose_`; one on the diagonal whole.
void SparseInverse::gather(std::int32_t columns, std::int32_t rows, bool diagonal) {
  const Supernodes& s = *structure_;
  const std::int32_t* id = this->rows();
  const std::int32_t* lower = id + row_;
  const std::int32_t* upper = id + column_;
  for (std::int32_t q = 0; q < columns;) {
    const std::int32_t t = s.supernode_of[upper[q]];
    std::int32_t last = q + 1;
    while (last < columns && s.supernode_of[upper[last]] == t) ++last;
    const std::int32_t* of_t = rows_ + s.row_begin[t];
    const std::int32_t height = s.height(t);
    std::int32_t at = diagonal ? 0 : hint_[q];
    for (std::int32_t p = diagonal ? q : 0; p < rows; ++p) {
      place_[p] = at = find_row(of_t, height, at, lower[p]);
    }
    hint_[q] = at;
    for (; q < last; ++q) {
      const double* z =
          z_.data() + s.value_begin[t] + std::size_t(upper[q] - s.first_column[t]) * height;
      double* column = square_.data() + std::size_t(q) * rows;
      double* row = (diagonal ? square_ : transpose_).data() + q;
      for (std::int32_t p = diagonal ? q : 0; p < rows; ++p) {
        column[p] = row[std::size_t(p) * columns] = z[place_[p]];
      }
    }
  }
}

/// Z(R,J) minus the product of one block of Z(R,R), and of its transpose, with W.
double SparseInverse::multiply_block() {
  const std::int32_t height = structure_->height(supernode_);
  const std::int32_t width = end_ - begin_;
  const std::int32_t columns = std::min(inverse_block, below() - column_);
  const std::int32_t rows = std::min(inverse_block, below() - row_);
  const bool diagonal = row_ == column_;
  gather(columns, rows, diagonal);
  double* z = z_.data() + structure_->value_begin[supernode_] + std::size_t(begin_) * height + end_;
  const double* w = w_.data();
  simd::gemm(rows, width, columns, square_.data(), rows, w + std::size_t(column_) * width, width,
             z + row_, height, packed_.data());
  if (!diagonal) {
    simd::gemm(columns, width, rows, transpose_.data(), columns, w + std::size_t(row_) * width,
               width, z + column_, height, packed_.data());
  }
  row_ += rows;
  if (row_ == below()) {
    column_ += columns;
    row_ = column_;
    if (column_ == below()) {
      row_ = 0;
      stage_ = Stage::close;
    }
  }
  return (diagonal ? 2.0 : 4.0) * rows * columns * width + inverse_move * rows * columns;
}

/// Columns ← columns·D⁻¹ for those of the block.
void SparseInverse::divide(double* columns, std::int32_t width) const {
  const std::int32_t first = structure_->first_column[supernode_] + begin_;
  for (std::int32_t j = 0; j < width; ++j) {
    const double* d = pivots_ + 2 * std::size_t(first + j);
    double* x = columns + std::size_t(j) * width;
    if (d[1] == 0) {
      for (std::int32_t i = 0; i < width; ++i) x[i] /= d[0];
      continue;
    }
    const double d11 = d[0] / d[1], d22 = d[2] / d[1];
    const double determinant = d11 * d22 - 1;
    double* y = x + width;
    for (std::int32_t i = 0; i < width; ++i) {
      const double x1 = x[i] / d[1], x2 = y[i] / d[1];
      x[i] = (d22 * x1 - x2) / determinant;
      y[i] = (d11 * x2 - x1) / determinant;
    }
    ++j;
  }
}

/// The block on the diagonal, then on to the next.
double SparseInverse::close_block() {
  const std::int32_t height = structure_->height(supernode_);
  const std::int32_t width = end_ - begin_;
  const std::size_t at = structure_->value_begin[supernode_] + std::size_t(begin_) * height;
  double* square = square_.data();
  const auto elements = static_cast<std::size_t>(width) * width;
  double flops = 0;
  if (row_ == 0) {
    double* inverse = transpose_.data();  // L(J,J)⁻ᵀ
    std::fill_n(inverse, elements, 0.0);
    for (std::int32_t j = 0; j < width; ++j) inverse[j + std::size_t(j) * width] = 1;
    simd::trsm(width, width, values_ + at + begin_, height, inverse, width, packed_.data());
    double* divided = inverse;
    if (pivots_ != nullptr) {
      divided = divided_.data();
      std::copy_n(inverse, elements, divided);
      divide(divided, width);
    }
    simd::gemm_negative(width, width, width, divided, width, inverse, width, square, width,
                        packed_.data());
    for (std::size_t e = 0; e < elements; ++e) square[e] = -square[e];
    flops = 3.0 * width * elements;
  }
  const std::int32_t depth = std::min(inverse_depth, below() - row_);
  if (depth > 0) {
    simd::gemm_plain(width, width, depth, w_.data() + std::size_t(row_) * width, width,
                     z_.data() + at + end_ + row_, height, square, width);
    row_ += depth;
    flops += 2.0 * depth * elements;
  }
  if (row_ < below()) return flops;
  for (std::int32_t j = 0; j < width; ++j) {
    std::copy(square + j + std::size_t(j) * width, square + std::size_t(j + 1) * width,
              z_.data() + at + begin_ + j + std::size_t(j) * height);
  }
  if (begin_ == 0 && !open_panel()) {
    stage_ = Stage::done;
    return flops;
  }
  open_block();
  return flops;
}

const double* SparseInverse::find(std::int32_t row, std::int32_t column) const {
  const std::int64_t at = find_entry(*structure_, rows_, row, column);
  return at < 0 ? nullptr : z_.data() + at;
}

void SparseInverse::diagonal(std::span<double> out) const {
  const Supernodes& s = *structure_;
  for (std::int32_t u = 0; u < s.count; ++u) {
    const double* z = z_.data() + s.value_begin[u];
    for (std::int32_t j = s.first_column[u]; j < s.first_column[u + 1]; ++j) {
      out[s.permutation[j]] = *z;
      z += s.height(u) + 1;
    }
  }
}

}  // namespace lacuna
