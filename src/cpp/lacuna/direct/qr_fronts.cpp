#include "lacuna/direct/qr_fronts.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lacuna/simd/dense.hpp"
#include "lacuna/simd/householder.hpp"
#include "lacuna/simd/kernels.hpp"

namespace lacuna {
namespace {

/// Flops of the largest piece between two looks at the budget: below 4 ms in scalar code.
constexpr double piece_flops = 1e7;

}  // namespace

TaskState QrFronts::step(Meter& meter) {
  if (status_ != Status::ok) return TaskState::failed;
  while (stage_ != Stage::done) {
    double work = 1;
    Status status = Status::ok;
    switch (stage_) {
      case Stage::singles:
        if (at_ < plan_->singles) {
          work = copy_single(at_++);
        } else {
          at_ = pass_ = 0;
          stage_ = plan_->tree.count > 0 ? Stage::open : Stage::done;
        }
        break;
      case Stage::open: status = open(); break;
      case Stage::lines:
        if (line_ < line_end_) {
          work = assemble_line();
        } else {
          work = assemble_left(left_[at_], nullptr);
          child_ = pass_ + 1 == passes_ ? first_child_[at_] : -1;
          stage_ = Stage::children;
        }
        break;
      case Stage::children:
        if (child_ >= 0) {
          work =
              assemble_left(left_[child_], plan_->tree.rows.data() + plan_->tree.row_begin[child_]);
          child_ = next_child_[child_];
        } else {
          column_ = done_ = live_ = 0;
          begin_panel();
        }
        break;
      case Stage::panel:
        if (c_ < rows_) {
          work = gather_row();
        } else {
          c_ = reflections_ = 0;
          stage_ = Stage::columns;
        }
        break;
      case Stage::columns:
        if (c_ < columns_) {
          work = factor_column();
        } else {
          status = end_columns();
        }
        break;
      case Stage::products:
        begin_products();
        work = double(columns_) * columns_ * rows_;
        break;
      case Stage::update:
        if (c_ < height_) {
          work = multiply_piece();
        } else {
          column_ += columns_;
          begin_panel();
        }
        break;
      case Stage::close:
        work = double(live_) * height_;
        status = close();
        break;
      case Stage::done: break;
    }
    if (status != Status::ok) {
      status_ = status;
      return TaskState::failed;
    }
    if (meter.spend(work)) return TaskState::running;
  }
  return TaskState::done;
}

/// The panel that begins at `column_`. Its rows are those that begin before its end.
void QrFronts::begin_panel() {
  if (column_ == height_) {
    stage_ = Stage::close;
    return;
  }
  columns_ = std::min(QrPlan::panel, height_ - column_);
  top_ = done_;
  rows_ = stair_[column_ + columns_ - 1] - top_;
  // Columns of panels lie in different sets of the cache.
  leading_ = rows_ + (rows_ % 64 == 0 ? 4 : 0);
  c_ = 0;
  stage_ = Stage::panel;
}

double QrFronts::gather_row() {
  const std::int32_t end = std::min(rows_, c_ + 64);
  for (; c_ < end; ++c_) {
    const double* from = row(top_ + c_) + column_;
    for (std::int32_t c = 0; c < columns_; ++c) panel_column(c)[c_] = from[c];
  }
  return 64.0 * columns_;
}

/// Reflects one column and applies that to the rest of the panel. Rows of R go back to the front.
double QrFronts::factor_column() {
  const std::int32_t c = c_++;
  const std::int32_t own = column_ + c;
  double* x = panel_column(c);
  const std::int32_t t = done_ - top_;
  const std::int32_t end = stair_[own] - top_;
  for (std::int32_t i = 0; i < t; ++i) {
    row(top_ + i)[own] = x[i];
    x[i] = 0;
  }
  tau_[c] = 0;
  end_[c] = t;
  const bool pivot = own < pivots_;
  if (pivot) pivot_at_[own] = -1;
  if (end <= t) return t;
  const double tail = end > t + 1 ? simd::norm2({x + t + 1, std::size_t(end - t - 1)}) : 0;
  if (pivot && !(std::sqrt(x[t] * x[t] + tail * tail) > tolerance_)) {
    std::fill(x + t, x + end, 0.0);
    return 2.0 * end;
  }
  double beta;
  tau_[c] = simd::make_reflection(end - t, x + t, tail, beta);
  row(done_)[own] = beta;
  if (pivot) {
    pivot_at_[own] = done_;
    ++live_;
  }
  begins_[done_++] = own;
  if (tau_[c] == 0) {
    x[t] = 0;
    return t;
  }
  ++reflections_;
  end_[c] = end;
  const std::int32_t rest = columns_ - c - 1;
  simd::reflect(end - t, rest, x + t, tau_[c], panel_column(c + 1) + t, leading_, scaled_.data());
  factors_->flops += 4.0 * (end - t) * (height_ - own - 0.5);
  return 4.0 * (end - t) * (rest + 1);
}

Status QrFronts::end_columns() {
  if (reflections_ > 0) {
    if (storage_ != QrStorage::seminormal) {
      Status status = keep_block();
      if (status != Status::ok && storage_ == QrStorage::automatic) {
        factors_->blocks.reset();
        factors_->block_count = 0;
        factors_->nnz_v = 0;
        storage_ = QrStorage::seminormal;
        status = Status::ok;
      }
      if (status != Status::ok) return status;
    }
    if (column_ + columns_ < height_) {
      stage_ = Stage::products;
      return Status::ok;
    }
  }
  column_ += columns_;
  begin_panel();
  return Status::ok;
}

Status QrFronts::keep_block() {
  QrBlock block;
  block.count = done_ - top_;
  std::int32_t end = 0;
  std::size_t size = 0;
  // A row that had no reflection ends where it begins.
  const auto end_of = [&](std::int32_t t) {
    return std::max(end_[begins_[top_ + t] - column_], t + 1);
  };
  for (std::int32_t t = 0; t < block.count; ++t) {
    end = std::max(end, end_of(t));
    size += end_of(t) - t;
  }
  block.rows = end;
  if (block.ids.allocate(std::size_t(end) + block.count) != Status::ok ||
      block.values.allocate(size) != Status::ok) {
    return Status::out_of_memory;
  }
  std::memcpy(block.ids.data(), row_id_.data() + top_, sizeof(std::int32_t) * end);
  std::int32_t* ends = block.ids.data() + end;
  double* to = block.values.data();
  for (std::int32_t t = 0; t < block.count; ++t) {
    const std::int32_t c = begins_[top_ + t] - column_;
    ends[t] = end_of(t);
    *to++ = tau_[c];
    const std::int32_t tail = ends[t] - t - 1;
    if (tail > 0) std::memcpy(to, panel_column(c) + t + 1, sizeof(double) * tail);
    to += tail;
  }
  factors_->largest_block = std::max(factors_->largest_block, end);
  factors_->nnz_v += static_cast<double>(size);
  factors_->blocks[factors_->block_count++] = std::move(block);
  return Status::ok;
}

/// T and Vᵀ of the panel.
void QrFronts::begin_products() {
  simd::block_reflection(rows_, columns_, panel_.data(), leading_, tau_, t_);
  // As the second operand of a product, T is read by columns of its transpose.
  for (std::int32_t i = 0; i < columns_; ++i) {
    for (std::int32_t j = 0; j < i; ++j) std::swap(t_[i + j * columns_], t_[j + i * columns_]);
  }
  for (std::int32_t c = 0; c < columns_; ++c) {
    const double* v = panel_column(c);
    for (std::int32_t i = 0; i < rows_; ++i) turned_[std::size_t(i) * columns_ + c] = v[i];
  }
  c_ = column_ + columns_;
  stage_ = Stage::update;
}

/// Some columns C right of the panel: C ← C − V·(Tᵀ·(Vᵀ·C)), all of it transposed.
double QrFronts::multiply_piece() {
  const double per_column = 4.0 * rows_ * columns_;
  const double fit = std::max(16.0, piece_flops / per_column);
  std::int32_t width = std::min<std::int32_t>(QrPlan::share, height_ - c_);
  if (fit < width) width = static_cast<std::int32_t>(fit) / 4 * 4;
  double* c = row(top_) + c_;
  simd::gemm_negative(width, columns_, rows_, c, height_, turned_.data(), columns_, product_.data(),
                      width, work_.data());
  simd::gemm_negative(width, columns_, columns_, product_.data(), width, t_, columns_,
                      scaled_.data(), width, work_.data());
  simd::gemm(width, rows_, columns_, scaled_.data(), width, panel_.data(), leading_, c, height_,
             work_.data());
  c_ += width;
  return per_column * width;
}

}  // namespace lacuna
