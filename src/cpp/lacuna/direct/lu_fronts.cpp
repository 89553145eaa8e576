#include "lacuna/direct/lu_fronts.hpp"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

#include "lacuna/simd/dense.hpp"

namespace lacuna {
namespace {

constexpr double largest_finite = std::numeric_limits<double>::max();

/// Rows of a tile of an update, and the flops that one may take.
constexpr std::int32_t tile_rows = 256;
constexpr double tile_flops = 2 * Budget::piece;

double magnitude(double v) { return v < 0 ? -v : v; }

/// What is too small to count, and slow to multiply, in single precision.
template <class Real>
void flush(std::int32_t m, std::int32_t n, Real* a, std::ptrdiff_t lda) {
  if constexpr (std::is_same_v<Real, float>) simd::flush(m, n, a, lda);
}

}  // namespace

template <class Real>
Status FrontLu<Real>::begin(const FrontBlock& block, LuFactors<Real>& factors,
                            FrontFactors<Real>& out, const double* values,
                            PivotTolerance tolerance) {
  const Supernodes& tree = block.tree;
  const auto n = static_cast<std::size_t>(tree.n);
  const auto count = static_cast<std::size_t>(tree.count);
  out.fronts.reset(new (std::nothrow) Front<Real>[count]);
  out.count = tree.count;
  const bool allocated = out.fronts && first_child_.allocate(count) == Status::ok &&
                         next_child_.allocate(count) == Status::ok &&
                         row_place_.allocate(n) == Status::ok &&
                         col_place_.allocate(n) == Status::ok && map_.allocate(n) == Status::ok &&
                         largest_of_a_.allocate_zero(n) == Status::ok &&
                         largest_of_u_.allocate_zero(n) == Status::ok &&
                         triangle_.allocate(std::size_t(panel_width) * panel_width) == Status::ok &&
                         work_.allocate(simd::dense_work_of<Real>) == Status::ok;
  if (!allocated) return Status::out_of_memory;
  for (std::size_t s = 0; s < count; ++s) first_child_[s] = -1;
  for (std::int32_t s = tree.count - 1; s >= 0; --s) {
    const std::int32_t parent = tree.parent[s];
    if (parent < 0) continue;
    next_child_[s] = first_child_[parent];
    first_child_[parent] = s;
  }
  block_ = &block;
  factors_ = &factors;
  out_ = &out;
  values_ = values;
  tolerance_ = tolerance;
  status_ = Status::ok;
  stage_ = Stage::open;
  at_ = 0;
  return Status::ok;
}

template <class Real>
TaskState FrontLu<Real>::fail(Status status) {
  status_ = status;
  return TaskState::failed;
}

template <class Real>
TaskState FrontLu<Real>::step(Meter& meter) {
  if (status_ != Status::ok) return TaskState::failed;
  while (at_ < out_->count) {
    double work = 1;
    switch (stage_) {
      case Stage::open:
        if (const Status status = open(); status != Status::ok) return fail(status);
        work += assemble_entries();
        stage_ = Stage::assemble;
        break;
      case Stage::assemble:
        if (child_ >= 0) {
          Front<Real>& child = out_->fronts[child_];
          work += assemble_child(child);
          child.update.release();
          child_ = next_child_[child_];
        } else {
          stage_ = front_->candidates > 0 ? Stage::panel : Stage::close;
        }
        break;
      case Stage::panel:
        if (!factor_panel(meter)) {
          return status_ == Status::ok ? TaskState::running : TaskState::failed;
        }
        work += begin_update_columns();
        stage_ = Stage::update_columns;
        break;
      case Stage::update_columns:
        if (!advance(update_, meter)) return TaskState::running;
        work += begin_update_rows();
        stage_ = Stage::update_rows;
        break;
      case Stage::update_rows:
        if (!advance(update_, meter)) return TaskState::running;
        stage_ = Stage::end_panel;
        break;
      case Stage::end_panel:
        end_panel();
        if (stage_ == Stage::update_border) begin_update_border();
        break;
      case Stage::update_border:
        if (!advance(update_, meter)) return TaskState::running;
        stage_ = Stage::close;
        break;
      case Stage::close:
        work += close();
        ++at_;
        stage_ = Stage::open;
        break;
    }
    if (meter.spend(work)) return TaskState::running;
  }
  return TaskState::done;
}

/// Row of the pivot of column c, −1 where none passes the threshold, −2 where the column is zero or
/// not finite.
template <class Real>
std::int32_t FrontLu<Real>::choose_row(std::int32_t c) {
  const Real* x = front_->panel.data() + std::size_t(c) * front_->order;
  const std::int32_t* rows = front_->rows();
  const std::int32_t id = front_->cols()[c];
  double largest = 0;
  std::int32_t best = c, diagonal = -1;
  for (std::int32_t i = c; i < front_->candidates; ++i) {
    const double v = magnitude(x[i]);
    if (v > largest) {
      largest = v;
      best = i;
    }
    if (rows[i] == id) diagonal = i;
  }
  const double candidate = largest;
  // A NaN compares false: the sum of all finds it.
  double sum = 0;
  for (std::int32_t i = c; i < front_->order; ++i) sum += magnitude(x[i]) * 0x1p-40;
  for (std::int32_t i = front_->candidates; i < front_->order; ++i) {
    if (magnitude(x[i]) > largest) largest = magnitude(x[i]);
  }
  if (largest == 0 || !(sum <= largest_finite)) {
    failure_ = {block_->begin + id, sum <= largest_finite ? 0 : largest};
    if (sum <= largest_finite) {
      status_ = Status::singular_matrix;
    } else {
      status_ = Status::not_finite;
    }
    return -2;
  }
  if (diagonal >= 0 && magnitude(x[diagonal]) >= tolerance_.diagonal * largest) return diagonal;
  return candidate >= tolerance_.elsewhere * largest ? best : -1;
}

template <class Real>
void FrontLu<Real>::swap_rows(std::int32_t i, std::int32_t j) {
  if (i == j) return;
  const std::int32_t order = front_->order;
  Real* panel = front_->panel.data();
  for (std::int32_t c = 0; c < front_->candidates; ++c) {
    std::swap(panel[std::size_t(c) * order + i], panel[std::size_t(c) * order + j]);
  }
  const std::int32_t border = front_->border();
  Real* right = front_->right();
  std::swap_ranges(right + std::size_t(i) * border, right + std::size_t(i + 1) * border,
                   right + std::size_t(j) * border);
  std::swap(front_->ids[i], front_->ids[j]);
}

template <class Real>
void FrontLu<Real>::swap_columns(std::int32_t i, std::int32_t j) {
  if (i == j) return;
  const std::int32_t order = front_->order;
  Real* panel = front_->panel.data();
  std::swap_ranges(panel + std::size_t(i) * order, panel + std::size_t(i + 1) * order,
                   panel + std::size_t(j) * order);
  std::swap(front_->ids[order + i], front_->ids[order + j]);
}

/// Eliminates the columns of the panel that have a pivot, right-looking within the panel; the
/// others gather at its end.
template <class Real>
bool FrontLu<Real>::factor_panel(Meter& meter) {
  const std::int32_t order = front_->order;
  while (column_ < tried_) {
    const std::int32_t c = column_;
    const std::int32_t row = choose_row(c);
    if (row == -2) return false;
    double work = 2.0 * (order - c);
    if (row < 0) {
      swap_columns(c, --tried_);
    } else {
      factors_->quality.off_diagonal_pivots += front_->rows()[row] != front_->cols()[c];
      swap_rows(c, row);
      Real* pivot = &element(0, c);
      const Real p = pivot[c];
      for (std::int32_t i = c + 1; i < order; ++i) pivot[i] /= p;
      for (std::int32_t j = c + 1; j < end_; ++j) {
        Real* x = &element(0, j);
        const Real u = x[c];
        if (u == 0) continue;
        for (std::int32_t i = c + 1; i < order; ++i) x[i] -= pivot[i] * u;
      }
      const double flops = double(order - c - 1) * (2 * (end_ - c - 1) + 1);
      factors_->flops += flops;
      work += flops;
      ++column_;
      progressed_ = true;
    }
    if (meter.spend(work)) return false;
  }
  return true;
}

/// The panel's rows of U right of it, and the update of the columns that are still candidates.
template <class Real>
double FrontLu<Real>::begin_update_columns() {
  const std::int32_t width = column_ - begin_;
  const std::int32_t rest = front_->candidates - end_;
  const std::int32_t order = front_->order;
  update_ = {};
  if (width == 0) return 0;
  flush(order - column_, width, &element(column_, begin_), order);
  for (std::int32_t c = 0; c < width; ++c) {
    for (std::int32_t r = 0; r < width; ++r) {
      const Real l = element(begin_ + r, begin_ + c);
      triangle_[std::size_t(c) * width + r] = r > c ? l : r == c ? Real(1) : Real(0);
    }
  }
  if (rest == 0) return 0;
  for (std::int32_t c = 0; c < rest; ++c) {
    const Real* from = &element(begin_, end_ + c);
    for (std::int32_t r = 0; r < width; ++r) turned_[std::size_t(r) * rest + c] = from[r];
  }
  simd::trsm(rest, width, triangle_.data(), width, turned_.data(), rest, work_.data());
  flush(rest, width, turned_.data(), rest);
  for (std::int32_t c = 0; c < rest; ++c) {
    Real* to = &element(begin_, end_ + c);
    for (std::int32_t r = 0; r < width; ++r) to[r] = turned_[std::size_t(r) * rest + c];
  }
  update_ = {&element(column_, begin_),
             turned_.data(),
             &element(column_, end_),
             order,
             rest,
             order,
             order - column_,
             rest,
             width,
             0,
             0};
  const double flops = double(rest) * width * width;
  factors_->flops += flops;
  return flops + 4.0 * rest * width;
}

/// The same for the candidates' rows right of all candidates, which are stored transposed.
template <class Real>
double FrontLu<Real>::begin_update_rows() {
  const std::int32_t width = column_ - begin_;
  const std::int32_t border = front_->border();
  update_ = {};
  if (width == 0 || border == 0) return 0;
  Real* own = front_->right() + std::size_t(begin_) * border;
  simd::trsm(border, width, triangle_.data(), width, own, border, work_.data());
  flush(border, width, own, border);
  const std::int32_t left = front_->candidates - column_;
  if (left > 0) {
    update_ = {own,
               &element(column_, begin_),
               front_->right() + std::size_t(column_) * border,
               border,
               front_->order,
               border,
               border,
               left,
               width,
               0,
               0};
  }
  const double flops = double(border) * width * width;
  factors_->flops += flops;
  return flops;
}

/// Columns that failed go behind the candidates. Once those are used up, the failed ones, which
/// have been updated since, are tried again as long as that helps.
template <class Real>
void FrontLu<Real>::end_panel() {
  for (std::int32_t c = end_ - 1; c >= column_; --c) swap_columns(c, --candidates_);
  if (column_ == candidates_ && progressed_ && candidates_ < front_->candidates) {
    candidates_ = front_->candidates;
    progressed_ = false;
  }
  begin_ = column_;
  tried_ = end_ = std::min(column_ + panel_width, candidates_);
  stage_ = column_ == candidates_ ? Stage::update_border : Stage::panel;
}

template <class Real>
void FrontLu<Real>::begin_update_border() {
  const std::int32_t border = front_->border();
  front_->eliminated = column_;
  update_ = {};
  if (column_ == 0 || border == 0) return;
  update_ = {front_->panel.data() + front_->candidates,
             front_->right(),
             front_->update.data(),
             front_->order,
             border,
             border,
             border,
             border,
             column_,
             0,
             0};
}

template <class Real>
bool FrontLu<Real>::advance(Update& u, Meter& meter) {
  if (u.m == 0 || u.n == 0 || u.k == 0) return true;
  const std::int32_t rows = std::min(u.m, tile_rows);
  const double column = 2.0 * rows * u.k;
  const double tiles = std::max(1.0, tile_flops / (4 * column));
  const std::int32_t cols = 4 * static_cast<std::int32_t>(std::min<double>(tiles, u.n / 4 + 1));
  while (u.j < u.n) {
    const std::int32_t n = std::min(cols, u.n - u.j);
    const std::int32_t m = std::min(tile_rows, u.m - u.i);
    simd::gemm(m, n, u.k, u.a + u.i, u.lda, u.b + u.j, u.ldb, u.c + u.i + u.j * u.ldc, u.ldc,
               work_.data());
    u.i += m;
    if (u.i == u.m) {
      u.i = 0;
      u.j += n;
    }
    const double flops = 2.0 * m * n * u.k;
    factors_->flops += flops;
    if (meter.spend(flops)) return false;
  }
  u = {};
  return true;
}

template class FrontLu<double>;
template class FrontLu<float>;

}  // namespace lacuna
