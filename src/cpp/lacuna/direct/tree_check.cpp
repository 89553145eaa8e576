#include "lacuna/direct/tree_check.hpp"

#include <algorithm>
#include <limits>

#include "lacuna/direct/column_reach.hpp"

namespace lacuna {

Status TreeCheck::begin(Supernodes& tree) {
  const auto n = static_cast<std::size_t>(tree.n);
  const auto count = static_cast<std::size_t>(tree.count);
  for (const Status status : {tree.supernode_of.allocate(n), tree.parent.allocate(count),
                              tree.value_begin.allocate(count + 1), first_.allocate(count),
                              size_.allocate(count), mark_.allocate(n)}) {
    if (status != Status::ok) return status;
  }
  std::fill_n(mark_.data(), n, -1);
  tree_ = &tree;
  at_ = tree.count - 1;
  fault_ = tree.row_begin[0] == 0 ? Fault() : Fault(Status::damaged_bytes, 0, row_begin);
  return Status::ok;
}

/// Supernodes from the last to the first, so that parents are known.
bool TreeCheck::advance(Meter& meter) {
  while (fault_.ok()) {
    if (at_ < 0) {
      fault_ = close();
      at_ = 0;
      return !fault_.ok();
    }
    const std::int32_t s = at_--;
    fault_ = check(s);
    if (fault_.ok() && meter.spend(8.0 * tree_->height(s))) return true;
  }
  return true;
}

Fault TreeCheck::check(std::int32_t s) {
  Supernodes& t = *tree_;
  const bool last = s + 1 == t.count;
  const std::int32_t first = t.first_column[s];
  const std::int32_t end = t.first_column[s + 1];
  if (first < 0 || first >= end || end > t.n || (last && end != t.n) || (s == 0 && first != 0)) {
    return {Status::damaged_bytes, s, first_column};
  }
  const std::int64_t begin = t.row_begin[s];
  const std::int64_t rows_end = t.row_begin[s + 1];
  const auto size = static_cast<std::int64_t>(t.rows.size());
  if (begin < 0 || rows_end > size || rows_end - begin < end - first || rows_end - begin > t.n ||
      (last && rows_end != size)) {
    return {Status::damaged_bytes, s, row_begin};
  }
  const std::int32_t* row = t.rows.data() + begin;
  for (std::int64_t i = 0; i < rows_end - begin; ++i) {
    const bool own = i < end - first;
    if (own ? row[i] != first + i : row[i] <= row[i - 1] || row[i] >= t.n) {
      return {Status::damaged_bytes, begin + i, rows};
    }
  }
  for (std::int32_t j = first; j < end; ++j) t.supernode_of[j] = s;
  t.parent[s] = rows_end - begin > end - first ? t.supernode_of[row[end - first]] : -1;
  return nested(s) ? Fault() : Fault(Status::damaged_bytes, begin, rows);
}

/// The rows below a supernode have to be rows of its parent: every update relies on it.
bool TreeCheck::nested(std::int32_t s) const {
  const Supernodes& t = *tree_;
  const std::int32_t parent = t.parent[s];
  if (parent < 0) return true;
  const std::int32_t* row = t.rows.data() + t.row_begin[s];
  const std::int32_t* above = t.rows.data() + t.row_begin[parent];
  const std::int32_t height = t.height(parent);
  std::int32_t at = 0;
  for (std::int32_t i = t.width(s); i < t.height(s); ++i) {
    at = find_row(above, height, at, row[i]);
    if (at == height || above[at] != row[i]) return false;
  }
  return true;
}

/// Offsets and figures; every subtree has to be a run of supernodes.
Fault TreeCheck::close() {
  Supernodes& t = *tree_;
  for (std::int32_t s = 0; s < t.count; ++s) {
    first_[s] = s;
    size_[s] = 1;
  }
  std::int64_t value = 0;
  packed_ = 0;
  t.panel_flops = 0;
  for (std::int32_t s = 0; s < t.count; ++s) {
    if (s - first_[s] + 1 != size_[s]) return {Status::damaged_bytes, t.row_begin[s], rows};
    const std::int32_t parent = t.parent[s];
    if (parent >= 0) {
      first_[parent] = std::min(first_[parent], first_[s]);
      size_[parent] += size_[s];
    }
    const std::int64_t width = t.width(s);
    const std::int64_t height = t.height(s);
    t.value_begin[s] = value;
    if (value > std::numeric_limits<std::int64_t>::max() - width * height) {
      return Status::out_of_memory;
    }
    value += width * height;
    packed_ += width * height - width * (width - 1) / 2;
    const auto w = static_cast<double>(width);
    const auto h = static_cast<double>(height);
    t.panel_flops += w * h * h - h * w * (w - 1) + (w - 1) * w * (2 * w - 1) / 6;
  }
  t.value_begin[t.count] = value;
  t.stored = static_cast<double>(value);
  return {};
}

bool TreeCheck::covers(const CsrView& a, Meter& meter) {
  const Supernodes& t = *tree_;
  while (at_ < t.count && fault_.ok()) {
    const std::int32_t s = at_++;
    const std::int32_t first = t.first_column[s];
    for (std::int64_t p = t.row_begin[s]; p < t.row_begin[s + 1]; ++p) mark_[t.rows[p]] = s;
    double work = t.height(s);
    for (std::int32_t j = first; j < t.first_column[s + 1]; ++j) {
      const std::int32_t i = t.permutation[j];
      for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
        const std::int32_t k = t.position[a.indices()[p]];
        if (k >= first && mark_[k] != s) fault_ = {Status::damaged_bytes, t.row_begin[s], rows};
      }
      work += 4.0 * (a.indptr()[i + 1] - a.indptr()[i]);
    }
    if (meter.spend(work)) return true;
  }
  return !fault_.ok();
}

}  // namespace lacuna
