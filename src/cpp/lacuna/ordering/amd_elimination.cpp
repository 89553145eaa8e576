// What the elimination of one pivot does to the quotient graph.
#include <algorithm>
#include <limits>

#include "lacuna/ordering/amd.hpp"

namespace lacuna {

double Amd::eliminate(std::int32_t pivot) {
  work_ = 0;
  remove(pivot);
  pivot_order_[pivots_++] = pivot;
  pivot_weight_ = weight_[pivot];
  left_ -= pivot_weight_;
  stage_left_ -= pivot_weight_;
  weight_[pivot] = -pivot_weight_;
  collect(pivot);
  measure_overlaps(pivot);
  update_degrees(pivot);
  largest_element_ = std::max(largest_element_, element_size_);
  advance_tag(largest_element_);
  merge_equal(pivot);
  close(pivot);
  return 4 * work_ + 8;
}

/// Gathers variables that are not in the new element yet and takes them out of their lists.
void Amd::collect_from(std::int32_t p, std::int32_t end) {
  work_ += end - p;
  std::int32_t out = free_;
  for (; p < end; ++p) {
    const std::int32_t i = pool_[p];
    const std::int32_t w = weight_[i];
    if (w <= 0) continue;
    element_size_ += w;
    weight_[i] = -w;
    pool_[out++] = i;
    if (listed(i)) remove(i);
  }
  free_ = out;
}

/// L_pivot: the pivot's variables and those of its elements, which it absorbs.
void Amd::collect(std::int32_t pivot) {
  element_size_ = 0;
  const std::int32_t begin = begin_[pivot];
  const std::int32_t split = begin + elements_[pivot];
  const std::int32_t end = begin + length_[pivot];
  const std::int32_t old_free = free_;
  if (split == begin) {
    // Without elements the new list fits over the old one.
    free_ = begin;
    collect_from(begin, end);
    length_[pivot] = free_ - begin;
    free_ = old_free;
  } else {
    for (std::int32_t p = begin; p < split; ++p) {
      const std::int32_t e = pool_[p];
      collect_from(begin_[e], begin_[e] + length_[e]);
      elements_[e] = dead;
      mark_[e] = 0;
    }
    collect_from(split, end);
    begin_[pivot] = old_free;
    length_[pivot] = free_ - old_free;
  }
  elements_[pivot] = element;
}

/// mark_[e] ← tag_ + |Lₑ \ L_pivot| for every element e next to a variable of the new one.
void Amd::measure_overlaps(std::int32_t pivot) {
  const std::int32_t begin = begin_[pivot];
  const std::int32_t end = begin + length_[pivot];
  for (std::int32_t p = begin; p < end; ++p) {
    const std::int32_t i = pool_[p];
    const std::int32_t w = -weight_[i];
    const std::int32_t first = begin_[i];
    const std::int32_t last = first + elements_[i];
    work_ += elements_[i];
    for (std::int32_t q = first; q < last; ++q) {
      const std::int32_t e = pool_[q];
      const std::int32_t m = mark_[e];
      if (m >= tag_) {
        mark_[e] = m - w;
      } else if (m != 0) {
        mark_[e] = degree_[e] + tag_ - w;
      }
    }
  }
}

void Amd::update_degrees(std::int32_t pivot) {
  const std::int32_t begin = begin_[pivot];
  const std::int32_t end = begin + length_[pivot];
  for (std::int32_t p = begin; p < end; ++p) update_degree(pivot, pool_[p]);
}

/// Drops from the list of i what the new element covers and puts the element first; sums the
/// degree outside L_pivot; eliminates i at once where nothing is left there.
void Amd::update_degree(std::int32_t pivot, std::int32_t i) {
  const std::int32_t begin = begin_[i];
  const std::int32_t split = begin + elements_[i];
  const std::int32_t end = begin + length_[i];
  work_ += end - begin;
  std::int32_t out = begin;
  std::int32_t degree = 0;
  std::uint32_t hash = static_cast<std::uint32_t>(pivot);
  for (std::int32_t p = begin; p < split; ++p) {
    const std::int32_t e = pool_[p];
    const std::int32_t m = mark_[e];
    if (m == 0) continue;
    if (m == tag_) {
      // Lₑ ⊆ L_pivot: aggressive absorption.
      mark_[e] = 0;
      elements_[e] = dead;
      continue;
    }
    degree += m - tag_;
    hash += static_cast<std::uint32_t>(e);
    pool_[out++] = e;
  }
  const std::int32_t variables = out;
  for (std::int32_t p = split; p < end; ++p) {
    const std::int32_t j = pool_[p];
    const std::int32_t w = weight_[j];
    if (w <= 0) continue;
    degree += w;
    hash += static_cast<std::uint32_t>(j);
    pool_[out++] = j;
  }
  if (out == begin && listed(i)) {
    const std::int32_t w = -weight_[i];
    owner_[i] = pivot;
    elements_[i] = dead;
    weight_[i] = 0;
    element_size_ -= w;
    pivot_weight_ += w;
    left_ -= w;
    stage_left_ -= w;
    return;
  }
  degree_[i] = std::min(degree_[i], degree);
  // The place of whatever tied i to the pivot is free.
  pool_[out] = pool_[variables];
  pool_[variables] = pool_[begin];
  pool_[begin] = pivot;
  elements_[i] = variables - begin + 1;
  length_[i] = out - begin + 1;
  const std::uint32_t bucket = hash & bucket_mask_;
  next_[i] = buckets_[bucket];
  buckets_[bucket] = i;
  previous_[i] = static_cast<std::int32_t>(bucket);
}

/// Merges variables of the new element whose lists are equal; hashes tell which to compare.
void Amd::merge_equal(std::int32_t pivot) {
  const std::int32_t begin = begin_[pivot];
  const std::int32_t end = begin + length_[pivot];
  for (std::int32_t p = begin; p < end; ++p) {
    const std::int32_t i = pool_[p];
    if (weight_[i] == 0) continue;
    std::int32_t& bucket = buckets_[previous_[i]];
    const std::int32_t first = bucket;
    bucket = none;
    if (first != none && next_[first] != none) merge_bucket(first);
  }
}

void Amd::merge_bucket(std::int32_t first) {
  for (std::int32_t i = first; i != none && next_[i] != none; i = next_[i]) {
    const std::int32_t from = begin_[i] + 1;
    const std::int32_t to = begin_[i] + length_[i];
    work_ += length_[i];
    for (std::int32_t p = from; p < to; ++p) mark_[pool_[p]] = tag_;
    std::int32_t before = i;
    for (std::int32_t j = next_[i]; j != none; j = next_[j]) {
      if (equal_lists(i, j)) {
        owner_[j] = i;
        elements_[j] = dead;
        weight_[i] += weight_[j];
        weight_[j] = 0;
        next_[before] = next_[j];
      } else {
        before = j;
      }
    }
    advance_tag(1);
  }
}

/// Whether j's list holds what `merge_bucket` marked, the list of i. Both begin with the pivot.
bool Amd::equal_lists(std::int32_t i, std::int32_t j) const {
  if (length_[i] != length_[j] || elements_[i] != elements_[j]) return false;
  if (!stage_.empty() && stage_[i] != stage_[j]) return false;
  const std::int32_t to = begin_[j] + length_[j];
  for (std::int32_t p = begin_[j] + 1; p < to; ++p) {
    if (mark_[pool_[p]] != tag_) return false;
  }
  return true;
}

/// Bounds the degrees of what is left of the new element, lists it anew and closes the element.
void Amd::close(std::int32_t pivot) {
  const std::int32_t begin = begin_[pivot];
  const std::int32_t end = begin + length_[pivot];
  std::int32_t out = begin;
  for (std::int32_t p = begin; p < end; ++p) {
    const std::int32_t i = pool_[p];
    const std::int32_t w = -weight_[i];
    if (w == 0) continue;
    weight_[i] = w;
    degree_[i] = std::min(degree_[i] + element_size_ - w, left_ - w);
    if (listed(i)) insert(i);
    pool_[out++] = i;
  }
  if (end == free_) free_ = out;
  length_[pivot] = out - begin;
  degree_[pivot] = element_size_;
  weight_[pivot] = pivot_weight_;
  mark_[pivot] = 1;
}

/// Marks of earlier pivots have to stay below the tag.
void Amd::advance_tag(std::int32_t by) {
  constexpr std::int32_t limit = std::numeric_limits<std::int32_t>::max() / 2;
  if (tag_ <= limit - by) {
    tag_ += by;
    return;
  }
  for (std::int32_t v = 0; v < n_; ++v) mark_[v] = mark_[v] != 0;
  tag_ = 2;
}

}  // namespace lacuna
