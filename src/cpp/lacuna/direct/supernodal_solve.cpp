#include "lacuna/direct/supernodal_solve.hpp"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

#include "lacuna/simd/dense.hpp"

namespace lacuna {
namespace {

/// Columns of a panel that are worked on together.
constexpr std::int32_t block = 64;
/// Rows of a panel in one piece; a whole number of blocks of the kernels' sums.
constexpr std::int32_t piece_rows = 2 * simd::dense_depth;

// So the kernels need no scratch here.
static_assert(supernodal_breadth * block < simd::dense_small);

std::int32_t last_block(std::int32_t width) { return (width - 1) / block * block; }

}  // namespace

template <class Real>
Status SupernodalSolve<Real>::begin(const Supernodes& structure, const Real* values,
                                    const double* b, double* x, std::int32_t k,
                                    const PivotsAndScale& middle) {
  structure_ = &structure;
  middle_ = middle;
  values_ = values;
  b_ = b;
  x_ = x;
  k_ = k;
  const auto n = static_cast<std::size_t>(structure.n);
  const std::size_t columns = std::min(k, breadth);
  if (columns > 0 && n > std::numeric_limits<std::size_t>::max() / sizeof(double) / columns) {
    return Status::out_of_memory;
  }
  for (auto [buffer, size] :
       {std::pair(&y_, n * columns), std::pair(&piece_, std::size_t(piece_rows) * columns),
        std::pair(&wide_, std::is_same_v<Real, double> ? 0 : std::size_t(piece_rows) * block)}) {
    if (buffer->size() >= size) continue;
    if (const Status status = buffer->allocate(size); status != Status::ok) return status;
  }
  solved_ = 0;
  open_columns();
  return Status::ok;
}

template <class Real>
void SupernodalSolve<Real>::open_columns() {
  together_ = std::min(k_ - solved_, breadth);
  supernode_ = column_ = row_ = 0;
  stage_ = together_ > 0 && structure_->count > 0 ? Stage::permute : Stage::done;
}

template <class Real>
TaskState SupernodalSolve<Real>::step(Budget& budget) {
  Meter meter(budget);
  while (stage_ != Stage::done) {
    bool paused = false;
    switch (stage_) {
      case Stage::permute: paused = permute(meter); break;
      case Stage::forward: paused = forward(meter); break;
      case Stage::divide: paused = divide(meter); break;
      case Stage::backward: paused = backward(meter); break;
      case Stage::put_back: paused = put_back(meter); break;
      case Stage::done: break;
    }
    if (paused) return TaskState::running;
  }
  return TaskState::done;
}

/// Some rows of the block of columns, in doubles: where they lie, or widened.
template <class Real>
typename SupernodalSolve<Real>::Wide SupernodalSolve<Real>::widen(std::int32_t row,
                                                                  std::int32_t rows,
                                                                  std::int32_t columns) {
  const std::int32_t height = structure_->height(supernode_);
  const Real* from = panel(row);
  if constexpr (std::is_same_v<Real, double>) {
    return {from, height};
  } else {
    simd::widen(rows, columns, from, height, wide_.data());
    return {wide_.data(), rows};
  }
}

/// L·Y = P·B.
template <class Real>
bool SupernodalSolve<Real>::forward(Meter& meter) {
  while (supernode_ < structure_->count) {
    const std::int32_t height = structure_->height(supernode_);
    const std::int32_t width = structure_->width(supernode_);
    const std::int32_t columns = std::min(block, width - column_);
    double flops = 0;
    if (row_ == 0) {
      const Wide diagonal = widen(column_, columns, columns);
      simd::trsm(together_, columns, diagonal.at, diagonal.ld, own(column_), together_, nullptr);
      flops = double(together_) * columns * columns;
      row_ = column_ + columns;
    }
    const std::int32_t rows = std::min(piece_rows, height - row_);
    if (rows > 0) forward_rows(row_, rows, columns);
    row_ += rows;
    if (row_ == height) {
      row_ = 0;
      column_ += columns;
      if (column_ == width) {
        column_ = 0;
        ++supernode_;
      }
    }
    if (meter.spend(flops + 2.0 * rows * columns * together_)) return true;
  }
  supernode_ = 0;
  stage_ = Stage::divide;
  return false;
}

/// Subtracts what the block of columns contributes to some rows below.
template <class Real>
void SupernodalSolve<Real>::forward_rows(std::int32_t row, std::int32_t rows,
                                         std::int32_t columns) {
  const std::int32_t* index = structure_->rows.data() + structure_->row_begin[supernode_] + row;
  double* product = piece_.data();
  if (together_ == 1) {
    simd::gemv_negative(rows, columns, panel(row), structure_->height(supernode_), own(column_),
                        product);
    for (std::int32_t i = 0; i < rows; ++i) y_[index[i]] += product[i];
    return;
  }
  const Wide l = widen(row, rows, columns);
  simd::gemm_negative(together_, rows, columns, own(column_), together_, l.at, l.ld, product,
                      together_, nullptr);
  for (std::int32_t i = 0; i < rows; ++i, product += together_) {
    double* y = y_.data() + std::size_t(index[i]) * together_;
    for (std::int32_t r = 0; r < together_; ++r) y[r] += product[r];
  }
}

template <class Real>
void SupernodalSolve<Real>::open_backward() {
  supernode_ = structure_->count - 1;
  column_ = last_block(structure_->width(supernode_));
  stage_ = Stage::backward;
}

/// Lᵀ·P·X = Y.
template <class Real>
bool SupernodalSolve<Real>::backward(Meter& meter) {
  while (supernode_ >= 0) {
    const std::int32_t height = structure_->height(supernode_);
    const std::int32_t width = structure_->width(supernode_);
    const std::int32_t columns = std::min(block, width - column_);
    if (row_ == 0) row_ = column_ + columns;
    const std::int32_t rows = std::min(piece_rows, height - row_);
    if (rows > 0) backward_rows(row_, rows, columns);
    row_ += rows;
    double flops = 2.0 * rows * columns * together_;
    if (row_ == height) {
      const Wide diagonal = widen(column_, columns, columns);
      simd::trsm_plain(together_, columns, diagonal.at, diagonal.ld, own(column_), together_);
      flops += double(together_) * columns * columns;
      row_ = 0;
      column_ -= block;
      if (column_ < 0) {
        --supernode_;
        if (supernode_ >= 0) column_ = last_block(structure_->width(supernode_));
      }
    }
    if (meter.spend(flops)) return true;
  }
  supernode_ = 0;
  stage_ = Stage::put_back;
  return false;
}

/// Subtracts what some rows below contribute to the block of columns.
template <class Real>
void SupernodalSolve<Real>::backward_rows(std::int32_t row, std::int32_t rows,
                                          std::int32_t columns) {
  const std::int32_t* index = structure_->rows.data() + structure_->row_begin[supernode_] + row;
  double* gathered = piece_.data();
  if (together_ == 1) {
    for (std::int32_t i = 0; i < rows; ++i) gathered[i] = y_[index[i]];
    simd::gemv_transposed(rows, columns, panel(row), structure_->height(supernode_), gathered,
                          own(column_));
    return;
  }
  for (std::int32_t i = 0; i < rows; ++i, gathered += together_) {
    const double* y = y_.data() + std::size_t(index[i]) * together_;
    for (std::int32_t r = 0; r < together_; ++r) gathered[r] = y[r];
  }
  const Wide l = widen(row, rows, columns);
  simd::gemm_plain(together_, columns, rows, piece_.data(), together_, l.at, l.ld, own(column_),
                   together_);
}

template class SupernodalSolve<double>;
template class SupernodalSolve<float>;

}  // namespace lacuna
