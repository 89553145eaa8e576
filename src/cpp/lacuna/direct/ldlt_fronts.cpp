// Fronts of multifrontal L·D·Lᵀ: how they are opened, assembled, updated and closed.
#include "lacuna/direct/ldlt_fronts.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "lacuna/simd/dense.hpp"

namespace lacuna {
namespace {

/// Columns of L·D that are computed at a time, and pivots that they are summed over.
constexpr std::int32_t update_columns = simd::dense_breadth;
constexpr std::int32_t update_depth = simd::dense_depth;
/// Border up to which a single pivot is subtracted at once.
constexpr std::int32_t one_pivot_border = 512;
/// Flops of the largest piece of an update: below 4 ms in scalar code.
constexpr double piece_flops = 1.2e7;

/// Room for `size` elements, half as much again as is needed.
template <class T>
Status reserve(Buffer<T>& buffer, std::size_t kept, double size) {
  if (size <= static_cast<double>(buffer.size())) return Status::ok;
  if (1.5 * size >= static_cast<double>(std::numeric_limits<std::ptrdiff_t>::max() / sizeof(T))) {
    return Status::out_of_memory;
  }
  return grow(buffer, kept, static_cast<std::size_t>(1.5 * size));
}

/// No template, since clang 14 for WebAssembly forgets to define the temporary's destructor there.
void release(SymmetricScaling& scaling) { scaling = {}; }

}  // namespace

/// What a supernode leaves lies there from its own turn to that of its parent.
template <class Real>
Result<double> FrontLdlt<Real>::stack_peak(const Supernodes& tree) {
  Buffer<double> of_children;
  const Status status = of_children.allocate_zero(static_cast<std::size_t>(tree.count));
  if (status != Status::ok) return status;
  double top = 0, peak = 0;
  for (std::int32_t s = 0; s < tree.count; ++s) {
    const double left = tree.height(s) - tree.width(s);
    top += left * left;
    peak = std::max(peak, top);
    top -= of_children[s];
    if (tree.parent[s] >= 0) of_children[tree.parent[s]] += left * left;
  }
  return peak;
}

template <class Real>
double FrontLdlt<Real>::bytes(const Supernodes& tree, double peak) {
  const double rows = static_cast<double>(tree.row_begin[tree.count]);
  return sizeof(Real) * (tree.stored + peak) + 6.0 * sizeof(double) * tree.n +
         sizeof(std::int32_t) * (rows + 6.0 * tree.n + 12.0 * tree.count) +
         sizeof(Real) * (double(update_columns) * update_depth + simd::dense_work_of<Real>);
}

template <class Real>
Status FrontLdlt<Real>::begin(const CsrView& a, const Supernodes& tree, Buffer<double> scale) {
  out_.reset(create<LdltFactors<Real>>());
  if (!out_) return Status::out_of_memory;
  Supernodes& structure = out_->structure;
  const auto n = static_cast<std::size_t>(tree.n);
  const auto count = static_cast<std::size_t>(tree.count);
  for (const Status status :
       {scale.size() > 0 ? Status::ok : scaling_.begin(a), pending_.allocate(count),
        left_at_.allocate(count), left_order_.allocate(count), left_rows_.allocate(count),
        place_.allocate(n), map_.allocate(n), number_.allocate(n), divided_.allocate(2 * n),
        scaled_.allocate(std::size_t(update_columns) * update_depth),
        packed_.allocate(simd::dense_work_of<Real>), out_->pivots.allocate(2 * n),
        structure.permutation.allocate(n), structure.first_column.allocate(count + 1),
        structure.row_begin.allocate(count + 1), structure.value_begin.allocate(count + 1),
        structure.rows.allocate(static_cast<std::size_t>(tree.row_begin[tree.count]))}) {
    if (status != Status::ok) return status;
  }
  const auto peak = stack_peak(tree);
  if (!peak.ok()) return peak.fault().status;
  const double most = static_cast<double>(std::numeric_limits<std::ptrdiff_t>::max() / 8);
  if (peak.value() >= most || tree.stored >= most ||
      stack_.allocate(static_cast<std::size_t>(peak.value())) != Status::ok ||
      out_->values.allocate(static_cast<std::size_t>(tree.stored)) != Status::ok) {
    return Status::out_of_memory;
  }
  structure.n = tree.n;
  structure.count = tree.count;
  structure.first_column[0] = 0;
  structure.row_begin[0] = structure.value_begin[0] = 0;
  out_->smallest = std::numeric_limits<double>::infinity();
  out_->scale = std::move(scale);
  a_ = a;
  tree_ = &tree;
  predicted_flops_ = std::max(1.0, tree.panel_flops);
  fault_ = {};
  failed_pivot_ = 0;
  stage_ = Stage::scale;
  at_ = eliminated_ = pending_count_ = 0;
  row_at_ = value_at_ = 0;
  return Status::ok;
}

template <class Real>
TaskState FrontLdlt<Real>::fail(Fault fault) {
  fault_ = fault;
  stage_ = Stage::done;
  return TaskState::failed;
}

template <class Real>
double FrontLdlt<Real>::progress() const {
  return stage_ == Stage::done ? 1 : std::min(1.0, out_->flops / predicted_flops_);
}

template <class Real>
TaskState FrontLdlt<Real>::step(Budget& budget) {
  if (!fault_.ok()) return TaskState::failed;
  if (stage_ == Stage::scale) {
    if (out_->scale.size() == 0) {
      const TaskState state = scaling_.step(budget);
      if (state == TaskState::failed) return fail(Status::out_of_memory);
      if (state == TaskState::running) return state;
      out_->scale = scaling_.take();
      release(scaling_);
    }
    stage_ = at_ < tree_->count ? Stage::open : Stage::number;
  }
  Meter meter(budget);
  while (stage_ != Stage::done) {
    double work = 1;
    Status status = Status::ok;
    switch (stage_) {
      case Stage::scale:
      case Stage::done: break;
      case Stage::open: status = open(); break;
      case Stage::entries: work = assemble_column(); break;
      case Stage::clear: work = clear_column(); break;
      case Stage::children: work = assemble_child_column(); break;
      case Stage::panel: work = factor_panel(); break;
      case Stage::panel_update:
      case Stage::block_update:
      case Stage::border_update: work = update_piece(); break;
      case Stage::end_panel: end_panel(); break;
      case Stage::end_block: end_block(); break;
      case Stage::close: status = close(); break;
      case Stage::compact: work = compact_column(); break;
      case Stage::number:
        if (row_at_ == out_->structure.row_begin[tree_->count]) {
          stage_ = Stage::done;
        } else {
          std::int32_t& row = out_->structure.rows[row_at_++];
          row = number_[row];
        }
        break;
    }
    if (status != Status::ok) return fail(status);
    if (!fault_.ok()) return fail(fault_);
    if (meter.spend(work) && stage_ != Stage::done) return TaskState::running;
  }
  return TaskState::done;
}

/// Sizes and numbers the front: own columns, then those that children passed on, then the border.
template <class Real>
Status FrontLdlt<Real>::open() {
  const std::int32_t width = tree_->width(at_);
  const std::int32_t border = tree_->height(at_) - width;
  first_child_ = pending_count_;
  std::int64_t delayed = 0;
  while (first_child_ > 0 && tree_->parent[pending_[first_child_ - 1]] == at_) {
    const std::int32_t child = pending_[--first_child_];
    delayed += left_order_[child] - (tree_->height(child) - tree_->width(child));
  }
  const std::int64_t candidates = width + delayed;
  const std::int64_t order = candidates + border;
  if (order > tree_->n) return Status::internal;
  order_ = static_cast<std::int32_t>(order);
  candidates_ = static_cast<std::int32_t>(candidates);
  block_at_ = 0;
  if (pending_count_ > 0) {
    const std::int32_t last = pending_[pending_count_ - 1];
    block_at_ = left_at_[last] + std::size_t(left_order_[last]) * left_order_[last];
  }
  for (const Status status :
       {reserve(out_->values, static_cast<std::size_t>(value_at_),
                double(value_at_) + double(order) * double(candidates)),
        reserve(stack_, block_at_, double(block_at_) + double(border) * border),
        reserve(out_->structure.rows, static_cast<std::size_t>(row_at_),
                double(row_at_) + double(order))}) {
    if (status != Status::ok) return status;
  }
  std::int32_t* id = ids();
  std::int32_t k = 0;
  for (; k < width; ++k) id[k] = tree_->first_column[at_] + k;
  for (std::int32_t c = first_child_; c < pending_count_; ++c) {
    const std::int32_t child = pending_[c];
    const std::int32_t passed = left_order_[child] - (tree_->height(child) - tree_->width(child));
    const std::int32_t* from = out_->structure.rows.data() + left_rows_[child];
    for (std::int32_t i = 0; i < passed; ++i) id[k++] = from[i];
  }
  const std::int32_t* below = tree_->rows.data() + tree_->row_begin[at_] + width;
  std::copy_n(below, border, id + k);
  for (std::int32_t i = 0; i < order_; ++i) place_[id[i]] = i;
  cursor_ = 0;
  stage_ = Stage::entries;
  return Status::ok;
}

/// Clears a column and puts in what A has of it.
template <class Real>
double FrontLdlt<Real>::assemble_column() {
  const std::int32_t j = cursor_;
  std::fill_n(&element(j, j), order_ - j, Real(0));
  double work = order_ - j;
  if (j < tree_->width(at_)) {
    const std::int32_t first = tree_->first_column[at_] + j;
    const std::int32_t row = tree_->permutation[first];
    const double scale = out_->scale[row];
    Real* column = &element(0, j);
    for (std::int32_t p = a_->indptr()[row]; p < a_->indptr()[row + 1]; ++p) {
      const std::int32_t other = a_->indices()[p];
      const std::int32_t k = tree_->position[other];
      if (k >= first)
        column[place_[k]] = static_cast<Real>(a_->data()[p] * scale * out_->scale[other]);
    }
    work += 4.0 * (a_->indptr()[row + 1] - a_->indptr()[row]);
  }
  if (++cursor_ == candidates_) {
    child_ = first_child_;
    cursor_ = 0;
    mapped_ = false;
    // Without children the border is written by its update.
    stage_ = child_ < pending_count_ && border() > 0 ? Stage::clear : Stage::children;
  }
  return work;
}

template <class Real>
double FrontLdlt<Real>::clear_column() {
  const std::int32_t size = border();
  const std::int32_t j = cursor_;
  std::fill_n(update_block() + j + std::size_t(j) * size, size - j, Real(0));
  if (++cursor_ == size) {
    cursor_ = 0;
    stage_ = Stage::children;
  }
  return size - j;
}

/// Adds one column of what a child left.
template <class Real>
double FrontLdlt<Real>::assemble_child_column() {
  if (child_ == pending_count_) {
    begin_block();
    return 1;
  }
  const std::int32_t child = pending_[child_];
  const std::int32_t size = left_order_[child];
  if (!mapped_) {
    const std::int32_t* id = out_->structure.rows.data() + left_rows_[child];
    for (std::int32_t i = 0; i < size; ++i) map_[i] = place_[id[i]];
    mapped_ = true;
    cursor_ = 0;
    return size;
  }
  const std::int32_t j = cursor_;
  const Real* from = stack_.data() + left_at_[child] + std::size_t(j) * size;
  const std::int32_t passed = size - (tree_->height(child) - tree_->width(child));
  const std::int32_t place = map_[j];
  if (j < passed) {
    for (std::int32_t i = j; i < size; ++i) {
      element(std::max(place, map_[i]), std::min(place, map_[i])) += from[i];
    }
  } else {
    // Borders ascend, here and there.
    Real* to = place < candidates_
                   ? &element(0, place)
                   : update_block() + std::size_t(place - candidates_) * border() - candidates_;
    for (std::int32_t i = j; i < size; ++i) to[map_[i]] += from[i];
  }
  if (++cursor_ == size) {
    ++child_;
    mapped_ = false;
  }
  return 2.0 * (size - j);
}

/// The rows below and right of column `begin`, up to column `end`, are updated by pivots `first` …
/// `last`.
template <class Real>
void FrontLdlt<Real>::begin_update(std::int32_t first, std::int32_t last, std::int32_t begin,
                                   std::int32_t end) {
  update_ = {};
  update_.begin = begin;
  update_.end = end;
  update_.first = first;
  update_.last = last;
  update_.column = update_.row = begin;
  update_.depth = first;
  if (begin >= candidates_) {
    update_.c = update_block();
    update_.ldc = border();
    update_.fresh = first_child_ == pending_count_;
  } else {
    update_.c = &element(begin, begin);
    update_.ldc = order_;
  }
}

template <class Real>
double FrontLdlt<Real>::update_piece() {
  Update& u = update_;
  const auto following = [&] {
    return stage_ == Stage::panel_update   ? Stage::end_panel
           : stage_ == Stage::block_update ? Stage::end_block
                                           : Stage::close;
  };
  if (u.begin == u.end || (u.first == u.last && !u.fresh)) {
    stage_ = following();
    return 1;
  }
  if (u.last - u.first == 1 && u.begin == candidates_ && border() <= one_pivot_border) {
    const double work = update_border_by_one();
    stage_ = following();
    return work;
  }
  const std::int32_t columns = std::min(update_columns, u.end - u.column);
  std::int32_t depth = std::min(update_depth, u.last - u.depth);
  // A pivot of two columns stays whole.
  if (u.depth + depth < u.last && pivot(u.depth + depth - 1)[1] != 0) --depth;
  double work = 0;
  if (u.row == u.column) {
    for (std::int32_t p = 0; p < depth; ++p) {
      const double* d = pivot(u.depth + p);
      const auto d11 = static_cast<Real>(d[0]), d21 = static_cast<Real>(d[1]);
      const Real* l = &element(u.column, u.depth + p);
      Real* w = scaled_.data() + std::size_t(p) * columns;
      if (d21 == 0) {
        for (std::int32_t j = 0; j < columns; ++j) w[j] = l[j] * d11;
        continue;
      }
      const auto d22 = static_cast<Real>(d[2]);
      const Real* next = l + order_;
      for (std::int32_t j = 0; j < columns; ++j) {
        w[j] = l[j] * d11 + next[j] * d21;
        w[j + columns] = l[j] * d21 + next[j] * d22;
      }
      ++p;
    }
    work += 2.0 * columns * depth;
  }
  const double of_row = 2.0 * columns * std::max(depth, 1);
  const double fit = std::min(piece_flops / of_row, double(order_ - u.row));
  const std::int32_t least = u.row == u.column ? columns : 4;
  const std::int32_t rows =
      std::min(std::max(static_cast<std::int32_t>(fit) / 4 * 4, least), order_ - u.row);
  const Real* l = &element(u.row, u.depth);
  Real* c = u.c + (u.row - u.begin) + (u.column - u.begin) * u.ldc;
  const bool negative = u.fresh && u.depth == u.first;
  const auto product = u.row == u.column
                           ? (negative ? simd::gemmt_negative<Real> : simd::gemmt<Real>)
                           : (negative ? simd::gemm_negative<Real> : simd::gemm<Real>);
  product(rows, columns, depth, l, order_, scaled_.data(), columns, c, u.ldc, packed_.data());
  work += of_row * rows;
  out_->flops += of_row * rows;
  u.row += rows;
  if (u.row == order_) {
    u.depth += depth;
    if (u.depth == u.last) {
      u.column += columns;
      u.depth = u.first;
    }
    u.row = u.column;
    if (u.column == u.end) stage_ = following();
  }
  return work;
}

/// The border of a front with a single pivot, without a detour.
template <class Real>
double FrontLdlt<Real>::update_border_by_one() {
  const std::int32_t size = border();
  const Real* l = &element(candidates_, update_.first);
  const auto d = static_cast<Real>(pivot(update_.first)[0]);
  Real* c = update_.c;
  for (std::int32_t j = 0; j < size; ++j, c += size) {
    const Real factor = l[j] * d;
    if (update_.fresh) {
      for (std::int32_t i = j; i < size; ++i) c[i] = 0 - l[i] * factor;
    } else {
      for (std::int32_t i = j; i < size; ++i) c[i] -= l[i] * factor;
    }
  }
  const double flops = double(size) * size;
  out_->flops += flops;
  return flops;
}

/// Books the pivots of the front, and leaves the rest on the stack.
template <class Real>
Status FrontLdlt<Real>::close() {
  Supernodes& s = out_->structure;
  const std::int32_t parent = tree_->parent[at_];
  const std::int32_t rest = order_ - column_;
  if (parent < 0 && rest > 0) {
    // A root lacks a pivot only where what is left is not a number.
    failed_pivot_ = element(column_, column_);
    fault_ = {Status::not_finite, column_of_a(column_)};
    return Status::ok;
  }
  for (std::int32_t k = 0; k < column_; ++k) {
    s.permutation[eliminated_ + k] = tree_->permutation[ids()[k]];
    number_[ids()[k]] = eliminated_ + k;
  }
  out_->delayed += candidates_ - column_;
  out_->nnz += double(column_) * order_ - 0.5 * double(column_) * (column_ - 1);
  if (column_ < candidates_) {
    if (const Status status = keep_delayed(); status != Status::ok) return status;
  }
  left_rows_[at_] = row_at_ + column_;
  left_order_[at_] = rest;
  left_at_[at_] = first_child_ < pending_count_ ? left_at_[pending_[first_child_]] : block_at_;
  pending_count_ = first_child_;
  if (rest > 0) pending_[pending_count_++] = at_;
  row_at_ += order_;
  value_at_ += std::int64_t(order_) * column_;
  eliminated_ += column_;
  s.first_column[at_ + 1] = eliminated_;
  s.row_begin[at_ + 1] = row_at_;
  s.value_begin[at_ + 1] = value_at_;
  cursor_ = 0;
  stage_ = Stage::compact;
  return Status::ok;
}

/// Puts the columns that are passed on and the border together in a square behind the border.
template <class Real>
Status FrontLdlt<Real>::keep_delayed() {
  const std::int32_t rest = order_ - column_;
  const std::int32_t passed = candidates_ - column_;
  const std::int32_t size = border();
  const std::size_t from = block_at_;
  const std::size_t to = from + std::size_t(size) * size;
  const Status status = reserve(stack_, to, double(to) + double(rest) * rest);
  if (status != Status::ok) return status;
  Real* column = stack_.data() + to;
  for (std::int32_t j = 0; j < rest; ++j, column += rest) {
    if (j < passed) {
      std::copy_n(&element(column_ + j, column_ + j), rest - j, column + j);
    } else {
      const std::int32_t b = j - passed;
      std::copy_n(stack_.data() + from + b + std::size_t(b) * size, size - b, column + j);
    }
  }
  block_at_ = to;
  return Status::ok;
}

/// Moves what is left down to where the children's lay, column by column.
template <class Real>
double FrontLdlt<Real>::compact_column() {
  const std::int32_t rest = left_order_[at_];
  const bool moves = left_at_[at_] != block_at_;
  if (!moves || cursor_ == rest) {
    ++at_;
    stage_ = at_ < tree_->count ? Stage::open : Stage::number;
    if (stage_ == Stage::number) row_at_ = 0;
    return 1;
  }
  const std::size_t offset = std::size_t(cursor_) * rest + cursor_;
  std::memmove(stack_.data() + left_at_[at_] + offset, stack_.data() + block_at_ + offset,
               std::size_t(rest - cursor_) * sizeof(Real));
  return rest - cursor_++;
}

template class FrontLdlt<double>;
template class FrontLdlt<float>;

}  // namespace lacuna
