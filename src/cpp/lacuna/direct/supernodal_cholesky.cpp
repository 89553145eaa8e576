#include "lacuna/direct/supernodal_cholesky.hpp"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "lacuna/simd/dense.hpp"

namespace lacuna {
namespace {

/// Columns of a product, and of a block that is factored, at a time.
constexpr std::int32_t product_columns = 128;
constexpr std::int32_t factor_columns = 64;
/// Elements of a product before it is scattered: stays in the second-level cache.
constexpr std::int32_t product_size = 32768;
/// Flops of the largest piece between two looks at the budget: below 4 ms in scalar code.
constexpr double piece_flops = 1.2e7;
/// What moving an element costs, in flops.
constexpr double move_flops = 4;

/// Rows that `flops_per_row` allows in a piece, at least `least`; multiples of 4.
std::int32_t rows_within_piece(double flops_per_row, std::int32_t least, std::int32_t most) {
  const double fit = piece_flops / std::max(flops_per_row, 1.0);
  const auto rows = fit < most ? static_cast<std::int32_t>(fit) / 4 * 4 : most;
  return std::max(rows, least);
}

std::int32_t tallest_panel(const Supernodes& structure) {
  std::int32_t tallest = 0;
  for (std::int32_t s = 0; s < structure.count; ++s) {
    tallest = std::max(tallest, structure.height(s));
  }
  return tallest;
}

}  // namespace

template <class Real>
double SupernodalCholesky<Real>::bytes(const Supernodes& structure) {
  const double integers = structure.n + tallest_panel(structure) + 3.0 * structure.count;
  return sizeof(Real) *
         (structure.stored + product_size + simd::dense_work_of<Real>)+sizeof(std::int32_t) *
         integers;
}

template <class Real>
Status SupernodalCholesky<Real>::begin(const CsrView& a, const Supernodes& structure,
                                       Buffer<Real>&& values, const double* scale) {
  const std::int32_t count = structure.count;
  for (const Status status :
       {this->open(a, structure, std::move(values), scale), place_.allocate(structure.n),
        relative_.allocate(tallest_panel(structure)), head_.allocate(count), next_.allocate(count),
        next_row_.allocate(count), product_.allocate(product_size),
        packed_.allocate(simd::dense_work_of<Real>)}) {
    if (status != Status::ok) return status;
  }
  std::fill_n(head_.data(), count, -1);
  current_ = 0;
  stage_ = count > 0 ? Stage::assemble : Stage::done;
  if (count > 0) open_panel();
  return Status::ok;
}

template <class Real>
TaskState SupernodalCholesky<Real>::step(Budget& budget) {
  double unbooked = 0;
  while (stage_ != Stage::done) {
    double flops = 0;
    switch (stage_) {
      case Stage::assemble: flops = assemble_columns(); break;
      case Stage::update: flops = at_.descendant < 0 ? start_descendant() : update_piece(); break;
      case Stage::factor: flops = factor_piece(); break;
      case Stage::done: break;
    }
    unbooked += flops;
    if (unbooked < Budget::piece) continue;
    flops_ += unbooked;
    budget.spend(unbooked);
    unbooked = 0;
    if (stage_ != Stage::done && budget.exhausted()) return TaskState::running;
  }
  flops_ += unbooked;
  budget.spend(unbooked);
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

template <class Real>
double SupernodalCholesky<Real>::progress() const {
  if (stage_ == Stage::done) return 1;
  return std::min(1.0, flops_ / std::max(1.0, structure_->panel_flops + 2 * structure_->stored));
}

template <class Real>
void SupernodalCholesky<Real>::open_panel() {
  const std::int32_t* rows = structure_->rows.data() + structure_->row_begin[current_];
  const std::int32_t height = structure_->height(current_);
  for (std::int32_t i = 0; i < height; ++i) place_[rows[i]] = i;
  at_ = Cursor();
  stage_ = Stage::assemble;
}

template <class Real>
double SupernodalCholesky<Real>::assemble_columns() {
  const Supernodes& s = *structure_;
  const std::int32_t first = s.first_column[current_];
  const std::int32_t height = s.height(current_);
  const std::int32_t width = s.width(current_);
  double moved = 0;
  for (; at_.column < width && moved < Budget::piece; ++at_.column) {
    Real* column = panel(current_) + std::size_t(at_.column) * height;
    std::fill_n(column, height, Real(0));
    const std::int32_t row = s.permutation[first + at_.column];
    const std::int32_t end = a_->indptr()[row + 1];
    for (std::int32_t p = a_->indptr()[row]; p < end; ++p) {
      const std::int32_t k = s.position[a_->indices()[p]];
      if (k >= first + at_.column) column[place_[k]] = this->entry(row, p);
    }
    moved += height + 4.0 * (end - a_->indptr()[row]);
  }
  if (at_.column == width) {
    at_ = Cursor();
    stage_ = Stage::update;
  }
  return moved;
}

/// Takes the next descendant of the list: finds its rows among the columns of the panel, and the
/// places of these and all later rows.
template <class Real>
double SupernodalCholesky<Real>::start_descendant() {
  const std::int32_t d = head_[current_];
  if (d < 0) {
    at_ = Cursor();
    stage_ = Stage::factor;
    return 0;
  }
  head_[current_] = next_[d];
  const Supernodes& s = *structure_;
  const std::int32_t* rows = s.rows.data() + s.row_begin[d] + next_row_[d];
  const std::int32_t left = s.height(d) - next_row_[d];
  const std::int32_t end = s.first_column[current_ + 1];
  std::int32_t targets = 1;
  while (targets < left && rows[targets] < end) ++targets;
  for (std::int32_t i = 0; i < left; ++i) relative_[i] = place_[rows[i]];
  at_.descendant = d;
  at_.targets = targets;
  at_.column = at_.row = 0;
  if (s.width(d) > 1) return left;
  return left + subtract_one_column(d);
}

/// A descendant of one column: its outer product, without a detour.
template <class Real>
double SupernodalCholesky<Real>::subtract_one_column(std::int32_t d) {
  const std::int32_t left = structure_->height(d) - next_row_[d];
  const std::int32_t height = structure_->height(current_);
  const Real* l = panel(d) + next_row_[d];
  for (std::int32_t j = 0; j < at_.targets; ++j) {
    Real* column = panel(current_) + std::size_t(relative_[j]) * height;
    const Real factor = l[j];
    for (std::int32_t i = j; i < left; ++i) column[relative_[i]] -= l[i] * factor;
  }
  const double flops = 2.0 * at_.targets * left;
  end_descendant();
  return flops;
}

template <class Real>
double SupernodalCholesky<Real>::update_piece() {
  const std::int32_t d = at_.descendant;
  const std::int32_t left = structure_->height(d) - next_row_[d];
  const std::int32_t columns = std::min(product_columns, at_.targets - at_.column);
  const std::int32_t most = std::min(product_size / columns / 4 * 4, left - at_.row);
  const std::int32_t rows = std::min(
      rows_within_piece(2.0 * columns * structure_->width(d), columns, most), left - at_.row);
  const double flops = subtract_product(at_.column, columns, at_.row, rows);
  at_.row += rows;
  if (at_.row == left) {
    at_.column += columns;
    at_.row = at_.column;
    if (at_.column == at_.targets) end_descendant();
  }
  return flops;
}

/// Subtracts the product of some rows of the descendant with those that are target columns. Where
/// the rows lie side by side in the panel, too, it goes there at once.
template <class Real>
double SupernodalCholesky<Real>::subtract_product(std::int32_t column, std::int32_t columns,
                                                  std::int32_t row, std::int32_t rows) {
  const std::int32_t d = at_.descendant;
  const std::int32_t depth = structure_->width(d);
  const std::int32_t ld = structure_->height(d);
  const std::int32_t height = structure_->height(current_);
  const Real* source = panel(d) + next_row_[d];
  const Real* a = source + row;
  const Real* b = source + column;
  const std::int32_t* places = relative_.data() + row;
  const std::int32_t* targets = relative_.data() + column;
  Real* target = panel(current_);
  const bool diagonal = row == column;
  const double flops = 2.0 * rows * columns * depth;
  const bool side_by_side =
      places[rows - 1] - places[0] == rows - 1 && targets[columns - 1] - targets[0] == columns - 1;
  if (side_by_side) {
    Real* c = target + std::size_t(targets[0]) * height + places[0];
    if (diagonal) {
      simd::syrk(rows, columns, depth, a, ld, c, height, packed_.data());
    } else {
      simd::gemm(rows, columns, depth, a, ld, b, ld, c, height, packed_.data());
    }
    return flops;
  }
  Real* product = product_.data();
  if (diagonal) {
    simd::syrk_negative(rows, columns, depth, a, ld, product, rows, packed_.data());
  } else {
    simd::gemm_negative(rows, columns, depth, a, ld, b, ld, product, rows, packed_.data());
  }
  for (std::int32_t j = 0; j < columns; ++j, product += rows) {
    Real* c = target + std::size_t(targets[j]) * height;
    for (std::int32_t i = diagonal ? j : 0; i < rows; ++i) c[places[i]] += product[i];
  }
  return flops + move_flops * rows * columns;
}

template <class Real>
void SupernodalCholesky<Real>::end_descendant() {
  hand_on(at_.descendant, next_row_[at_.descendant] + at_.targets);
  at_.descendant = -1;
}

/// Puts d into the list of the supernode that its row number `row` is a column of.
template <class Real>
void SupernodalCholesky<Real>::hand_on(std::int32_t d, std::int32_t row) {
  if (row == structure_->height(d)) return;
  next_row_[d] = row;
  const std::int32_t s = structure_->supernode_of[structure_->rows[structure_->row_begin[d] + row]];
  next_[d] = head_[s];
  head_[s] = d;
}

/// One piece of the factorization of the panel: by blocks of columns, each first updated by those
/// before it, then factored, then solved for below.
template <class Real>
double SupernodalCholesky<Real>::factor_piece() {
  const std::int32_t height = structure_->height(current_);
  const std::int32_t width = structure_->width(current_);
  const std::int32_t before = at_.column;
  const std::int32_t columns = std::min(factor_columns, width - before);
  Real* left = panel(current_);
  Real* block = left + std::size_t(before) * height;
  const double flops_per_row = 2.0 * columns * before + double(columns) * columns;
  if (!at_.eliminated) {
    simd::syrk(columns, columns, before, left + before, height, block + before, height,
               packed_.data());
    const int bad = simd::potrf(columns, block + before, height, packed_.data());
    if (bad >= 0) {
      const std::int32_t pivot = structure_->first_column[current_] + before + bad;
      this->refuse(pivot, block[before + bad + std::size_t(bad) * height]);
      stage_ = Stage::done;
      return 0;
    }
    if constexpr (std::is_same_v<Real, float>) {
      for (std::int32_t k = 0; k < columns; ++k) {
        const double root = block[before + k + std::size_t(k) * height];
        this->smallest_pivot_ = std::min(this->smallest_pivot_, root * root);
      }
    }
    at_.eliminated = true;
    at_.row = before + columns;
    if (at_.row < height) return flops_per_row * columns;
  }
  const std::int32_t rows =
      std::min(rows_within_piece(flops_per_row, 4, height - at_.row), height - at_.row);
  Real* below = block + at_.row;
  if (rows > 0) {
    simd::gemm(rows, columns, before, left + at_.row, height, left + before, height, below, height,
               packed_.data());
    simd::trsm(rows, columns, block + before, height, below, height, packed_.data());
    if constexpr (std::is_same_v<Real, float>) simd::flush(rows, columns, below, height);
  }
  at_.row += rows;
  if (at_.row == height) {
    at_.column += columns;
    at_.eliminated = false;
    if (at_.column == width) close_panel();
  }
  return flops_per_row * rows;
}

template <class Real>
void SupernodalCholesky<Real>::close_panel() {
  next_row_[current_] = 0;
  hand_on(current_, structure_->width(current_));
  if (++current_ == structure_->count) {
    stage_ = Stage::done;
  } else {
    open_panel();
  }
}

template class SupernodalCholesky<double>;
template class SupernodalCholesky<float>;

}  // namespace lacuna
