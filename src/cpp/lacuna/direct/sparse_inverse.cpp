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

Status SparseInverse::begin(const Supernodes& structure, const double* values) {
  const std::int32_t count = structure.count;
  std::int32_t tallest = 0;
  for (std::int32_t s = 0; s < count; ++s) tallest = std::max(tallest, structure.height(s));
  const std::int64_t stored = structure.value_begin[count];
  if (std::uint64_t(stored) > std::numeric_limits<std::size_t>::max() / sizeof(double)) {
    return Status::out_of_memory;
  }
  constexpr std::size_t side = inverse_block;
  for (const Status status :
       {z_.allocate(static_cast<std::size_t>(stored)), w_.allocate(side * tallest),
        square_.allocate(side * side), transpose_.allocate(side * side),
        packed_.allocate(simd::dense_work), place_.allocate(side), hint_.allocate(side)}) {
    if (status != Status::ok) return status;
  }
  structure_ = &structure;
  values_ = values;
  flops_ = 0;
  supernode_ = count - 1;
  stage_ = Stage::done;
  if (count > 0) {
    begin_ = structure.width(supernode_);
    open_block();
  }
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

/// The block of columns before the last one.
void SparseInverse::open_block() {
  end_ = begin_;
  begin_ = (end_ - 1) / inverse_block * inverse_block;
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
    for (std::int32_t j = 0; j < width; ++j) {
      std::copy_n(l + end_ + row_ + std::size_t(j) * height, rows, w + std::size_t(j) * rows);
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
    const std::int32_t* of_t = s.rows.data() + s.row_begin[t];
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
    simd::gemm_negative(width, width, width, inverse, width, inverse, width, square, width,
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
  if (begin_ == 0) {
    if (supernode_ == 0) {
      stage_ = Stage::done;
      return flops;
    }
    --supernode_;
    begin_ = structure_->width(supernode_);
  }
  open_block();
  return flops;
}

const double* SparseInverse::find(std::int32_t row, std::int32_t column) const {
  const std::int64_t at = find_entry(*structure_, row, column);
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
