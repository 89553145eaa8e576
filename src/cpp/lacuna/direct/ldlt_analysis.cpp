#include "lacuna/direct/ldlt_analysis.hpp"

#include <algorithm>
#include <limits>

#include "lacuna/base/meter.hpp"

namespace lacuna {
namespace {

constexpr std::int32_t unseen = -2;

}  // namespace

Fault LdltAnalysis::begin(const CsrView& a, const Ordering& ordering) {
  fault_ = {};
  if (!a.square()) return Status::not_square;
  const auto n = static_cast<std::size_t>(a.rows());
  if (strength_.allocate(n) != Status::ok || mate_.allocate(n) != Status::ok) {
    return Status::out_of_memory;
  }
  std::fill_n(mate_.data(), n, unseen);
  a_ = a;
  ordering_ = ordering;
  stage_ = Stage::look;
  at_ = 0;
  rank_ = -1;
  pairs_ = 0;
  absent_ = weak_ = false;
  return {};
}

TaskState LdltAnalysis::fail(Fault fault) {
  fault_ = fault;
  return TaskState::failed;
}

void LdltAnalysis::look_at_row(std::int32_t i) {
  double diagonal = 0, largest = 0;
  bool present = false;
  for (std::int32_t p = a_->indptr()[i]; p < a_->indptr()[i + 1]; ++p) {
    const double v = a_->data()[p] < 0 ? -a_->data()[p] : a_->data()[p];
    largest = std::max(largest, v);
    if (a_->indices()[p] != i) continue;
    diagonal = v;
    present = true;
  }
  absent_ = absent_ || !present;
  strength_[i] = largest > 0 ? diagonal / largest : 0;
  weak_ = weak_ || strength_[i] < weak_diagonal;
}

TaskState LdltAnalysis::step(Budget& budget) {
  if (!fault_.ok()) return TaskState::failed;
  const std::int32_t n = a_->rows();
  if (stage_ == Stage::look) {
    Meter meter(budget);
    while (at_ < n) {
      const std::int32_t i = at_++;
      look_at_row(i);
      if (meter.spend(2.0 * (a_->indptr()[i + 1] - a_->indptr()[i]) + 4)) return TaskState::running;
    }
    Fault fault;
    if (absent_) {
      stage_ = Stage::match;
      fault = matcher_.begin(PatternView(*a_));
    } else if (weak_) {
      stage_ = Stage::weigh;
      fault = weigher_.begin(*a_, false);
    } else {
      fault = begin_symbolic(*a_);
    }
    if (!fault.ok()) return fail(fault);
  }
  if (stage_ == Stage::match) {
    if (const TaskState state = matcher_.step(budget); state != TaskState::done) return state;
    const Matching matching = matcher_.take();
    if (!matching.perfect()) {
      rank_ = matching.rank;
      return fail({Status::singular_matrix, matching.first_free_line()});
    }
    matcher_ = {};
    if (const Status status = weigher_.begin(*a_, false); status != Status::ok) return fail(status);
    stage_ = Stage::weigh;
  }
  if (stage_ == Stage::weigh) {
    if (const TaskState state = weigher_.step(budget); state != TaskState::done) return state;
    pair_up(weigher_.take());
    weigher_ = {};
    at_ = 0;
    nnz_ = 0;
    stage_ = Stage::count;
    if (pairs_ == 0) {
      if (const Fault fault = begin_symbolic(*a_); !fault.ok()) return fail(fault);
    }
  }
  if (stage_ == Stage::count || stage_ == Stage::fill) {
    Meter meter(budget);
    while (stage_ != Stage::symbolic) {
      if (at_ == n) {
        const Fault fault = stage_ == Stage::count ? begin_pattern() : end_pattern();
        if (!fault.ok()) return fail(fault);
        continue;
      }
      const std::int32_t size = merge_row(at_++);
      if (meter.spend(4.0 * size + 4)) return TaskState::running;
    }
  }
  const TaskState state = symbolic_.step(budget);
  if (state == TaskState::failed) return fail(symbolic_.fault());
  if (state == TaskState::done) {
    pattern_.reset();
    strength_.release();
    mate_.release();
  }
  return state;
}

/// Pairs along every cycle, from the row after its strongest diagonal entry on: in a cycle of odd
/// length, that row is left over.
void LdltAnalysis::pair_up(const Matching& matching) {
  for (std::int32_t i = 0; i < a_->rows(); ++i) {
    if (mate_[i] != unseen) continue;
    std::int32_t strongest = i, k = i;
    for (; k >= 0 && mate_[k] == unseen; k = matching.index_of_line[k]) {
      mate_[k] = -1;
      if (strength_[k] > strength_[strongest]) strongest = k;
    }
    // Rows that have no partner are ends of paths, not of cycles.
    if (k == i) pair_cycle(matching, matching.index_of_line[strongest]);
  }
}

void LdltAnalysis::pair_cycle(const Matching& matching, std::int32_t start) {
  std::int32_t i = start;
  do {
    const std::int32_t j = matching.index_of_line[i];
    if (j == start) return;
    if (std::min(strength_[i], strength_[j]) < weak_diagonal) {
      mate_[i] = j;
      mate_[j] = i;
      ++pairs_;
    }
    i = matching.index_of_line[j];
  } while (i != start);
}

/// Counts, or enters into the pattern, the columns of a row and of its mate. Returns how many.
std::int32_t LdltAnalysis::merge_row(std::int32_t i) {
  const std::int32_t j = mate_[i] < 0 ? i : mate_[i];
  const std::int32_t* index = a_->indices();
  std::int32_t p = a_->indptr()[i], q = a_->indptr()[j];
  const std::int32_t p_end = a_->indptr()[i + 1], q_end = a_->indptr()[j + 1];
  const std::int64_t before = nnz_;
  while (p < p_end || q < q_end) {
    const bool left = q == q_end || (p < p_end && index[p] <= index[q]);
    const std::int32_t next = left ? index[p] : index[q];
    if (p < p_end && index[p] == next) ++p;
    if (q < q_end && index[q] == next) ++q;
    if (stage_ == Stage::fill) {
      parts_.indices[nnz_] = next;
      parts_.data[nnz_] = 0;
    }
    ++nnz_;
  }
  if (stage_ == Stage::fill) parts_.indptr[i + 1] = static_cast<std::int32_t>(nnz_);
  return static_cast<std::int32_t>(nnz_ - before);
}

Fault LdltAnalysis::begin_pattern() {
  auto made = CsrParts::allocate(a_->rows(), a_->rows(), nnz_);
  if (!made.ok()) return made.fault();
  parts_ = made.take();
  parts_.indptr[0] = 0;
  at_ = 0;
  nnz_ = 0;
  stage_ = Stage::fill;
  return {};
}

Fault LdltAnalysis::end_pattern() {
  auto made = CsrMatrix::adopt(std::move(parts_));
  if (!made.ok()) return made.fault();
  pattern_.emplace(made.take());
  return begin_symbolic(pattern_->view());
}

Fault LdltAnalysis::begin_symbolic(const CsrView& pattern) {
  stage_ = Stage::symbolic;
  return symbolic_.begin(pattern, ordering_);
}

}  // namespace lacuna
