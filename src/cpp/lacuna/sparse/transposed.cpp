#include "lacuna/sparse/transposed.hpp"

#include <algorithm>

#include "lacuna/sparse/operations.hpp"

namespace lacuna {

void Transposed::reset() {
  matrix_.reset();
  next_ = Buffer<std::int32_t>();
  phase_ = Phase::done;
}

Status Transposed::begin(const CsrView& a) {
  reset();
  auto allocated = CsrParts::allocate(a.cols(), a.rows(), a.nnz());
  if (!allocated.ok()) return allocated.fault().status;
  if (next_.allocate_zero(static_cast<std::size_t>(a.cols()) + 1) != Status::ok) {
    return Status::out_of_memory;
  }
  CsrParts parts = allocated.take();
  parts.indptr[0] = 0;
  parts.indptr[a.cols()] = a.nnz();
  matrix_.emplace(CsrMatrix(std::move(parts)));
  source_.emplace(a);
  phase_ = Phase::count;
  at_ = 0;
  return Status::ok;
}

TaskState Transposed::step(Budget& budget) {
  // An entry is counted as what its two places in memory take, which are far from each other.
  constexpr double entry = 8;
  while (phase_ != Phase::done) {
    const double most = std::max(1.0, std::min(budget.work_left(), Budget::piece) / entry);
    std::int32_t last = phase_ == Phase::count ? source_->nnz() : source_->cols();
    if (phase_ == Phase::place) last = source_->rows();
    std::int32_t end = at_ + std::min(last - at_, static_cast<std::int32_t>(most));
    double entries = end - at_;
    switch (phase_) {
      case Phase::count: count(at_, end); break;
      case Phase::sum: sum(at_, end); break;
      case Phase::place:
        end = rows_within(*source_, at_, 2 * most);
        entries = source_->indptr()[end] - source_->indptr()[at_] + (end - at_);
        place(at_, end);
        break;
      case Phase::done: break;
    }
    budget.spend(entry * entries);
    at_ = end;
    if (at_ == last) {
      phase_ = static_cast<Phase>(static_cast<int>(phase_) + 1);
      at_ = 0;
      if (phase_ == Phase::done) next_ = Buffer<std::int32_t>();
    }
    if (phase_ != Phase::done && budget.exhausted()) return TaskState::running;
  }
  return TaskState::done;
}

void Transposed::count(std::int32_t begin, std::int32_t end) {
  const std::int32_t* indices = source_->indices();
  for (std::int32_t p = begin; p < end; ++p) ++next_[indices[p] + 1];
}

void Transposed::sum(std::int32_t begin, std::int32_t end) {
  for (std::int32_t j = begin; j < end; ++j) {
    next_[j + 1] += next_[j];
    matrix_->parts_.indptr[j + 1] = next_[j + 1];
  }
}

void Transposed::place(std::int32_t begin, std::int32_t end) {
  const CsrView& a = *source_;
  std::int32_t* next = next_.data();
  std::int32_t* indices = matrix_->parts_.indices.data();
  double* data = matrix_->parts_.data.data();
  for (std::int32_t i = begin; i < end; ++i) {
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      const std::int32_t target = next[a.indices()[p]]++;
      indices[target] = i;
      data[target] = a.data()[p];
    }
  }
}

}  // namespace lacuna
