// Where an analysis spends its time once the order is known: the places of columns and rows.
#include <algorithm>

#include "lacuna/direct/symbolic.hpp"

namespace lacuna {
namespace {

/// Work that a loop does between two looks at the budget.
constexpr std::int32_t run = 4096;

/// Where a run over `limit` from `at` ends.
std::int32_t run_end(std::int32_t at, std::int32_t limit) {
  return limit - at < run / 4 ? limit : at + run / 4;
}

}  // namespace

double Symbolic::place_columns() {
  const std::int32_t end = run_end(at_, out_.n);
  for (std::int32_t k = at_; k < end; ++k) {
    out_.supernode_of[k] = k;
    out_.first_column[k + 1] = k + 1;
    out_.row_begin[k + 1] = out_.value_begin[k + 1] = out_.row_begin[k] + counts_[k];
  }
  const double work = 4.0 * (end - at_);
  at_ = end;
  return work;
}

double Symbolic::number_columns() {
  const std::int32_t end = run_end(at_, out_.n);
  for (std::int32_t old = at_; old < end; ++old) {
    const std::int32_t s = groups_.group_of[old];
    const std::int32_t k = next_[s]++;
    const std::int32_t v = tree_.permutation[old];
    out_.permutation[k] = v;
    out_.position[v] = k;
    out_.supernode_of[k] = s;
  }
  const double work = 6.0 * (end - at_);
  at_ = end;
  return work;
}

/// A supernode's own columns head its rows.
double Symbolic::place_panels() {
  double work = 0;
  for (; at_ < out_.count && work < run; ++at_) {
    const std::int32_t end = out_.first_column[at_ + 1];
    std::int64_t p = out_.row_begin[at_];
    for (std::int32_t j = out_.first_column[at_]; j < end; ++j) out_.rows[p++] = j;
    row_end_[at_] = p;
    seen_[at_] = -1;
    work += 4 + out_.width(at_);
  }
  return work;
}

/// Enters some rows into every supernode of their row subtrees but their own.
double Symbolic::place_rows() {
  const std::int32_t* supernode_of = out_.supernode_of.data();
  const std::int32_t* position = out_.position.data();
  const std::int32_t* parent = out_.parent.data();
  std::int32_t* seen = seen_.data();
  std::int64_t* row_end = row_end_.data();
  std::int32_t* rows = out_.rows.data();
  double work = 0;
  std::int32_t i = at_;
  for (; i < out_.n && work < run; ++i) {
    const std::int32_t own = supernode_of[i];
    const std::int32_t v = out_.permutation[i];
    const std::int32_t end = graph_.begin[v + 1];
    std::int32_t entered = 1 + end - graph_.begin[v];
    for (std::int32_t p = graph_.begin[v]; p < end; ++p) {
      const std::int32_t j = position[graph_.neighbors[p]];
      if (j >= i) continue;
      for (std::int32_t s = supernode_of[j]; s != own && seen[s] != i; s = parent[s]) {
        seen[s] = i;
        rows[row_end[s]++] = i;
        ++entered;
      }
    }
    work += 4.0 * entered;
  }
  at_ = i;
  return work;
}

}  // namespace lacuna
