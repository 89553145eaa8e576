#include "lacuna/direct/simplicial_cholesky.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace lacuna {

double SimplicialCholesky::bytes(const Supernodes& structure) {
  return sizeof(double) * (structure.stored + structure.n) +
         sizeof(std::int32_t) * 3.0 * structure.n;
}

Status SimplicialCholesky::begin(const CsrView& a, const Supernodes& structure,
                                 Buffer<double>&& values, const double* scale) {
  const auto n = static_cast<std::size_t>(structure.n);
  for (const Status status : {open(a, structure, std::move(values), scale), x_.allocate_zero(n),
                              head_.allocate(n), next_.allocate(n), next_row_.allocate(n)}) {
    if (status != Status::ok) return status;
  }
  std::fill_n(head_.data(), n, -1);
  column_ = 0;
  assembled_ = false;
  return Status::ok;
}

TaskState SimplicialCholesky::step(Budget& budget) {
  while (column_ < structure_->n && fault_.ok()) {
    const double work = advance();
    flops_ += work;
    budget.spend(work);
    if (budget.exhausted() && column_ < structure_->n && fault_.ok()) return TaskState::running;
  }
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

double SimplicialCholesky::progress() const {
  if (column_ == structure_->n) return 1;
  return std::min(1.0, flops_ / (structure_->flops + 6 * structure_->stored));
}

/// A piece of the work: columns, or some of what is subtracted from one.
double SimplicialCholesky::advance() {
  double work = 0;
  while (column_ < structure_->n && work < Budget::piece) {
    const std::int32_t j = column_;
    if (!assembled_) {
      work += assemble(j);
      assembled_ = true;
    }
    work += subtract(j, Budget::piece - work);
    if (head_[j] >= 0) break;
    work += close(j);
    if (!fault_.ok()) break;
    assembled_ = false;
    ++column_;
  }
  return work;
}

double SimplicialCholesky::assemble(std::int32_t j) {
  const std::int32_t row = structure_->permutation[j];
  const std::int32_t begin = a_->indptr()[row], end = a_->indptr()[row + 1];
  for (std::int32_t p = begin; p < end; ++p) {
    const std::int32_t k = structure_->position[a_->indices()[p]];
    if (k >= j) x_[k] = entry(row, p);
  }
  return 4.0 * (end - begin);
}

/// Takes columns off the list of column j while the work is less than `most`.
double SimplicialCholesky::subtract(std::int32_t j, double most) {
  double work = 0;
  while (head_[j] >= 0 && work < most) {
    const std::int32_t d = head_[j];
    head_[j] = next_[d];
    const std::int64_t begin = structure_->row_begin[d];
    const std::int32_t* rows = structure_->rows.data() + begin;
    const double* l = values_.data() + begin;
    const std::int32_t first = next_row_[d];
    const std::int32_t height = structure_->height(d);
    const double factor = l[first];
    double* x = x_.data();
    for (std::int32_t i = first; i < height; ++i) x[rows[i]] -= l[i] * factor;
    hand_on(d, first + 1);
    work += 2.0 * (height - first) + 4;
  }
  return work;
}

/// The root of the pivot, and the column divided by it.
double SimplicialCholesky::close(std::int32_t j) {
  const std::int64_t begin = structure_->row_begin[j];
  const std::int32_t height = structure_->height(j);
  const std::int32_t* rows = structure_->rows.data() + begin;
  double* l = values_.data() + begin;
  const double pivot = x_[j];
  x_[j] = 0;
  if (!(pivot > 0) || !std::isfinite(pivot)) {
    refuse(j, pivot);
    return 0;
  }
  const double root = std::sqrt(pivot);
  l[0] = root;
  for (std::int32_t i = 1; i < height; ++i) {
    l[i] = x_[rows[i]] / root;
    x_[rows[i]] = 0;
  }
  hand_on(j, 1);
  return 4.0 * height + 8;
}

/// Puts d into the list of the column that its row number `row` is.
void SimplicialCholesky::hand_on(std::int32_t d, std::int32_t row) {
  if (row == structure_->height(d)) return;
  next_row_[d] = row;
  const std::int32_t k = structure_->rows[structure_->row_begin[d] + row];
  next_[d] = head_[k];
  head_[k] = d;
}

}  // namespace lacuna
