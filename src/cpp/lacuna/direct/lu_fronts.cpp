#include "lacuna/direct/lu_fronts.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "lacuna/simd/dense.hpp"

namespace lacuna {
namespace {

constexpr double largest_finite = std::numeric_limits<double>::max();

/// Columns of a panel: its own columns are updated one by one, everything else by `gemm`.
constexpr std::int32_t panel_width = 16;

/// Rows of a tile of an update, and the flops that one may take.
constexpr std::int32_t tile_rows = 256;
constexpr double tile_flops = 2 * Budget::piece;

double magnitude(double v) { return v < 0 ? -v : v; }

}  // namespace

Status FrontLu::begin(const FrontBlock& block, LuFactors& factors, FrontFactors& out,
                      const double* values, PivotTolerance tolerance) {
  const Supernodes& tree = block.tree;
  const auto n = static_cast<std::size_t>(tree.n);
  const auto count = static_cast<std::size_t>(tree.count);
  out.fronts.reset(new (std::nothrow) Front[count]);
  out.count = tree.count;
  const bool allocated = out.fronts && first_child_.allocate(count) == Status::ok &&
                         next_child_.allocate(count) == Status::ok &&
                         row_place_.allocate(n) == Status::ok &&
                         col_place_.allocate(n) == Status::ok && map_.allocate(n) == Status::ok &&
                         largest_of_a_.allocate_zero(n) == Status::ok &&
                         largest_of_u_.allocate_zero(n) == Status::ok &&
                         triangle_.allocate(std::size_t(panel_width) * panel_width) == Status::ok &&
                         work_.allocate(simd::dense_work) == Status::ok;
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

TaskState FrontLu::fail(Status status) {
  status_ = status;
  return TaskState::failed;
}

TaskState FrontLu::step(Meter& meter) {
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
          Front& child = out_->fronts[child_];
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

/// Sizes and numbers the front: own columns, then delayed ones, then the border.
Status FrontLu::open() {
  const Supernodes& tree = block_->tree;
  const std::int32_t first = tree.first_column[at_];
  const std::int32_t width = tree.width(at_);
  const std::int32_t border = tree.height(at_) - width;
  child_ = first_child_[at_];
  std::int64_t delayed = 0;
  for (std::int32_t c = child_; c >= 0; c = next_child_[c]) {
    delayed += out_->fronts[c].candidates - out_->fronts[c].eliminated;
  }
  front_ = &out_->fronts[at_];
  const std::int64_t candidates = width + delayed;
  const std::int64_t order = candidates + border;
  front_->candidates = static_cast<std::int32_t>(candidates);
  front_->order = static_cast<std::int32_t>(order);
  front_->eliminated = 0;
  // In doubles: 32 bits of size_t may not hold the product.
  const double panel = (static_cast<double>(order) + border) * static_cast<double>(candidates);
  const double update = static_cast<double>(border) * border;
  const double most = static_cast<double>(std::numeric_limits<std::ptrdiff_t>::max() / 8);
  if (order > std::numeric_limits<std::int32_t>::max() || panel >= most || update >= most) {
    return Status::out_of_memory;
  }
  if (front_->panel.allocate_zero(static_cast<std::size_t>(panel)) != Status::ok ||
      front_->update.allocate_zero(static_cast<std::size_t>(update)) != Status::ok ||
      front_->ids.allocate(2 * static_cast<std::size_t>(order)) != Status::ok) {
    return Status::out_of_memory;
  }
  if (turned_.size() < static_cast<std::size_t>(candidates) * panel_width &&
      turned_.allocate(static_cast<std::size_t>(candidates) * panel_width) != Status::ok) {
    return Status::out_of_memory;
  }
  std::int32_t* rows = front_->ids.data();
  std::int32_t* cols = rows + front_->order;
  std::int32_t at = 0;
  for (; at < width; ++at) rows[at] = cols[at] = first + at;
  for (std::int32_t c = child_; c >= 0; c = next_child_[c]) {
    const Front& child = out_->fronts[c];
    for (std::int32_t k = child.eliminated; k < child.candidates; ++k, ++at) {
      rows[at] = child.rows()[k];
      cols[at] = child.cols()[k];
    }
  }
  const std::int32_t* below = tree.rows.data() + tree.row_begin[at_] + width;
  for (std::int32_t k = 0; k < border; ++k, ++at) rows[at] = cols[at] = below[k];
  for (std::int32_t k = 0; k < front_->order; ++k) {
    row_place_[rows[k]] = k;
    col_place_[cols[k]] = k;
  }
  begin_ = column_ = 0;
  candidates_ = front_->candidates;
  tried_ = end_ = std::min(panel_width, candidates_);
  progressed_ = false;
  out_->largest_order = std::max(out_->largest_order, front_->order);
  return Status::ok;
}

double FrontLu::assemble_entries() {
  const std::int32_t candidates = front_->candidates;
  const std::int32_t border = front_->border();
  double* right = front_->right();
  const std::int32_t end = block_->entry_begin[at_ + 1];
  for (std::int32_t e = block_->entry_begin[at_]; e < end; ++e) {
    const std::int32_t r = block_->row[e];
    const std::int32_t c = block_->col[e];
    const double v = values_[block_->source[e]] * factors_->row_scale[block_->begin + r];
    if (magnitude(v) > largest_of_a_[c]) largest_of_a_[c] = magnitude(v);
    const std::int32_t row = row_place_[r];
    const std::int32_t col = col_place_[c];
    if (col < candidates) {
      element(row, col) += v;
    } else {
      right[std::size_t(row) * border + (col - candidates)] += v;
    }
  }
  return 4.0 * (end - block_->entry_begin[at_]) + 4.0 * front_->order;
}

/// Adds what a child left: its delayed columns and rows, and the update of its border.
double FrontLu::assemble_child(const Front& child) {
  const std::int32_t candidates = front_->candidates;
  const std::int32_t border = front_->border();
  const std::int32_t order = front_->order;
  const std::int32_t child_border = child.border();
  double* right = front_->right();
  const std::int32_t* rows = child.rows();
  const std::int32_t* cols = child.cols();
  for (std::int32_t j = child.eliminated; j < child.candidates; ++j) {
    const double* from = child.panel.data() + std::size_t(j) * child.order;
    double* to = front_->panel.data() + std::size_t(col_place_[cols[j]]) * order;
    for (std::int32_t i = child.eliminated; i < child.order; ++i)
      to[row_place_[rows[i]]] += from[i];
  }
  for (std::int32_t i = child.eliminated; i < child.candidates; ++i) {
    const double* from = child.right() + std::size_t(i) * child_border;
    const std::int32_t row = row_place_[rows[i]];
    for (std::int32_t b = 0; b < child_border; ++b) {
      const std::int32_t col = col_place_[cols[child.candidates + b]];
      if (col < candidates) {
        element(row, col) += from[b];
      } else {
        right[std::size_t(row) * border + (col - candidates)] += from[b];
      }
    }
  }
  // Both borders ascend: those of the child's rows that are candidates here come first.
  std::int32_t split = 0;
  for (std::int32_t b = 0; b < child_border; ++b) {
    map_[b] = row_place_[rows[child.candidates + b]];
    split += map_[b] < candidates;
  }
  for (std::int32_t b = 0; b < child_border; ++b) {
    const double* from = child.update.data() + std::size_t(b) * child_border;
    const std::int32_t col = map_[b];
    if (col < candidates) {
      double* to = front_->panel.data() + std::size_t(col) * order;
      for (std::int32_t i = 0; i < child_border; ++i) to[map_[i]] += from[i];
    } else {
      double* above = right + (col - candidates);
      for (std::int32_t i = 0; i < split; ++i) above[std::size_t(map_[i]) * border] += from[i];
      double* to = front_->update.data() + std::size_t(col - candidates) * border;
      for (std::int32_t i = split; i < child_border; ++i) to[map_[i] - candidates] += from[i];
    }
  }
  const double delayed = child.candidates - child.eliminated;
  return double(child_border) * child_border + 2 * delayed * child.order;
}

/// Row of the pivot of column c, −1 where none passes the threshold, −2 where the column is zero or
/// not finite.
std::int32_t FrontLu::choose_row(std::int32_t c) {
  const double* x = front_->panel.data() + std::size_t(c) * front_->order;
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

void FrontLu::swap_rows(std::int32_t i, std::int32_t j) {
  if (i == j) return;
  const std::int32_t order = front_->order;
  double* panel = front_->panel.data();
  for (std::int32_t c = 0; c < front_->candidates; ++c) {
    std::swap(panel[std::size_t(c) * order + i], panel[std::size_t(c) * order + j]);
  }
  const std::int32_t border = front_->border();
  double* right = front_->right();
  std::swap_ranges(right + std::size_t(i) * border, right + std::size_t(i + 1) * border,
                   right + std::size_t(j) * border);
  std::swap(front_->ids[i], front_->ids[j]);
}

void FrontLu::swap_columns(std::int32_t i, std::int32_t j) {
  if (i == j) return;
  const std::int32_t order = front_->order;
  double* panel = front_->panel.data();
  std::swap_ranges(panel + std::size_t(i) * order, panel + std::size_t(i + 1) * order,
                   panel + std::size_t(j) * order);
  std::swap(front_->ids[order + i], front_->ids[order + j]);
}

/// Eliminates the columns of the panel that have a pivot, right-looking within the panel; the
/// others gather at its end.
bool FrontLu::factor_panel(Meter& meter) {
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
      double* pivot = &element(0, c);
      const double p = pivot[c];
      for (std::int32_t i = c + 1; i < order; ++i) pivot[i] /= p;
      for (std::int32_t j = c + 1; j < end_; ++j) {
        double* x = &element(0, j);
        const double u = x[c];
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
double FrontLu::begin_update_columns() {
  const std::int32_t width = column_ - begin_;
  const std::int32_t rest = front_->candidates - end_;
  const std::int32_t order = front_->order;
  update_ = {};
  if (width == 0) return 0;
  for (std::int32_t c = 0; c < width; ++c) {
    for (std::int32_t r = 0; r < width; ++r) {
      const double l = element(begin_ + r, begin_ + c);
      triangle_[std::size_t(c) * width + r] = r > c ? l : r == c ? 1.0 : 0.0;
    }
  }
  if (rest == 0) return 0;
  for (std::int32_t c = 0; c < rest; ++c) {
    const double* from = &element(begin_, end_ + c);
    for (std::int32_t r = 0; r < width; ++r) turned_[std::size_t(r) * rest + c] = from[r];
  }
  simd::trsm(rest, width, triangle_.data(), width, turned_.data(), rest, work_.data());
  for (std::int32_t c = 0; c < rest; ++c) {
    double* to = &element(begin_, end_ + c);
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
double FrontLu::begin_update_rows() {
  const std::int32_t width = column_ - begin_;
  const std::int32_t border = front_->border();
  update_ = {};
  if (width == 0 || border == 0) return 0;
  double* own = front_->right() + std::size_t(begin_) * border;
  simd::trsm(border, width, triangle_.data(), width, own, border, work_.data());
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
void FrontLu::end_panel() {
  for (std::int32_t c = end_ - 1; c >= column_; --c) swap_columns(c, --candidates_);
  if (column_ == candidates_ && progressed_ && candidates_ < front_->candidates) {
    candidates_ = front_->candidates;
    progressed_ = false;
  }
  begin_ = column_;
  tried_ = end_ = std::min(column_ + panel_width, candidates_);
  stage_ = column_ == candidates_ ? Stage::update_border : Stage::panel;
}

void FrontLu::begin_update_border() {
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

bool FrontLu::advance(Update& u, Meter& meter) {
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

double FrontLu::close() {
  const std::int32_t eliminated = front_->eliminated;
  const std::int32_t candidates = front_->candidates;
  const std::int32_t order = front_->order;
  const std::int32_t border = front_->border();
  const std::int32_t* cols = front_->cols();
  const auto note = [&](std::int32_t id, double v) {
    if (magnitude(v) > largest_of_u_[id]) largest_of_u_[id] = magnitude(v);
  };
  for (std::int32_t c = 0; c < candidates; ++c) {
    const std::int32_t rows = std::min(c + 1, eliminated);
    for (std::int32_t r = 0; r < rows; ++r) note(cols[c], element(r, c));
    if (c < eliminated) factors_->diagonal[block_->begin + cols[c]] = element(c, c);
  }
  const double* right = front_->right();
  for (std::int32_t r = 0; r < eliminated; ++r) {
    for (std::int32_t b = 0; b < border; ++b) {
      note(cols[candidates + b], right[std::size_t(r) * border + b]);
    }
  }
  double& growth = factors_->quality.pivot_growth;
  for (std::int32_t c = 0; c < eliminated; ++c) {
    // All rows of U that have an entry in the column are known by now.
    const double of_a = largest_of_a_[cols[c]];
    const double of_u = largest_of_u_[cols[c]];
    if (of_a < growth * of_u) growth = of_a / of_u;
  }
  factors_->quality.delayed_pivots += candidates - eliminated;
  factors_->nnz += double(eliminated) * (2.0 * order - eliminated);
  return double(eliminated) * (order + border);
}

}  // namespace lacuna
