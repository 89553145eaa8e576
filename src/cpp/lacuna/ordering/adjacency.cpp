#include "lacuna/ordering/adjacency.hpp"

#include <algorithm>
#include <limits>

#include "lacuna/base/meter.hpp"

namespace lacuna {

Status AdjacencyBuilder::begin(const CsrView& a) {
  if (!a.square()) return Status::not_square;
  const auto n = static_cast<std::size_t>(a.rows());
  if (starts_.allocate(n + 2) != Status::ok || graph_.begin.allocate(n + 1) != Status::ok ||
      mirrored_.allocate(a.nnz()) != Status::ok) {
    return Status::out_of_memory;
  }
  view_ = a;
  std::copy_n(a.indptr(), n, starts_.data());
  graph_.n = a.rows();
  stage_ = Stage::copy;
  at_ = 0;
  total_ = 0;
  status_ = Status::ok;
  return Status::ok;
}

TaskState AdjacencyBuilder::fail(Status status) {
  status_ = status;
  return TaskState::failed;
}

/// Union of row i of A and of Aᵀ without i; counted only, where `out` is null.
std::int32_t AdjacencyBuilder::merge_row(std::int32_t i, std::int32_t* out) const {
  const std::int32_t* indices = view_->indices();
  std::int32_t p = view_->indptr()[i];
  const std::int32_t p_end = view_->indptr()[i + 1];
  std::int32_t q = starts_[i];
  const std::int32_t q_end = starts_[i + 1];
  constexpr std::int32_t none = std::numeric_limits<std::int32_t>::max();
  std::int32_t count = 0;
  while (p < p_end || q < q_end) {
    const std::int32_t u = p < p_end ? indices[p] : none;
    const std::int32_t v = q < q_end ? mirrored_[q] : none;
    const std::int32_t least = u < v ? u : v;
    p += u == least;
    q += v == least;
    if (least == i) continue;
    if (out != nullptr) out[count] = least;
    ++count;
  }
  return count;
}

/// Copies row i without its diagonal; false where an entry has no mirror image. A row meets those
/// left of its diagonal in ascending order while the rows above are copied.
bool AdjacencyBuilder::copy_row(std::int32_t i) {
  const std::int32_t* indptr = view_->indptr();
  const std::int32_t* indices = view_->indices();
  std::int32_t* cursor = starts_.data();
  std::int32_t* out = mirrored_.data() + total_;
  const std::int32_t end = indptr[i + 1];
  std::int32_t p = indptr[i];
  graph_.begin[i] = static_cast<std::int32_t>(total_);
  for (const std::int32_t left = cursor[i]; p < left; ++p) *out++ = indices[p];
  if (p < end && indices[p] < i) return false;
  if (p < end && indices[p] == i) ++p;
  for (; p < end; ++p) {
    const std::int32_t j = indices[p];
    const std::int32_t q = cursor[j]++;
    if (q >= indptr[j + 1] || indices[q] != i) return false;
    *out++ = j;
  }
  total_ = out - mirrored_.data();
  return true;
}

TaskState AdjacencyBuilder::step(Budget& budget) {
  if (status_ != Status::ok) return TaskState::failed;
  const std::int32_t n = graph_.n;
  const std::int32_t* indptr = view_->indptr();
  const std::int32_t* indices = view_->indices();
  Meter meter(budget);
  if (stage_ == Stage::copy) {
    while (at_ < n && copy_row(at_)) {
      ++at_;
      if (meter.spend(2.0 * (indptr[at_] - indptr[at_ - 1]) + 1)) return TaskState::running;
    }
    if (at_ == n) {
      graph_.begin[n] = static_cast<std::int32_t>(total_);
      mirrored_.truncate(static_cast<std::size_t>(total_));
      graph_.neighbors = std::move(mirrored_);
      starts_.release();
      stage_ = Stage::done;
      return TaskState::done;
    }
    std::fill_n(starts_.data(), std::size_t(n) + 2, 0);
    stage_ = Stage::count;
    at_ = 0;
    total_ = 0;
  }
  if (stage_ == Stage::count) {
    // Column j is counted two places on, so that after the prefix sums and the scattering, which
    // moves each cursor to the end of its row, the rows start where they should.
    while (at_ < n) {
      const std::int32_t i = at_++;
      for (std::int32_t p = indptr[i]; p < indptr[i + 1]; ++p) ++starts_[indices[p] + 2];
      if (meter.spend(2.0 * (indptr[i + 1] - indptr[i]) + 1)) return TaskState::running;
    }
    for (std::int32_t j = 0; j < n; ++j) starts_[j + 2] += starts_[j + 1];
    stage_ = Stage::scatter;
    at_ = 0;
  }
  if (stage_ == Stage::scatter) {
    while (at_ < n) {
      const std::int32_t i = at_++;
      for (std::int32_t p = indptr[i]; p < indptr[i + 1]; ++p) {
        mirrored_[starts_[indices[p] + 1]++] = i;
      }
      if (meter.spend(2.0 * (indptr[i + 1] - indptr[i]) + 1)) return TaskState::running;
    }
    stage_ = Stage::measure;
    at_ = 0;
  }
  if (stage_ == Stage::measure) {
    while (at_ < n) {
      const std::int32_t i = at_++;
      graph_.begin[i] = static_cast<std::int32_t>(total_);
      total_ += merge_row(i, nullptr);
      if (total_ > std::numeric_limits<std::int32_t>::max()) return fail(Status::invalid_size);
      if (meter.spend(2.0 * (indptr[i + 1] - indptr[i]) + 1)) return TaskState::running;
    }
    graph_.begin[n] = static_cast<std::int32_t>(total_);
    if (graph_.neighbors.allocate(static_cast<std::size_t>(total_)) != Status::ok) {
      return fail(Status::out_of_memory);
    }
    stage_ = Stage::merge;
    at_ = 0;
  }
  if (stage_ == Stage::merge) {
    while (at_ < n) {
      const std::int32_t i = at_++;
      const std::int32_t count = merge_row(i, graph_.neighbors.data() + graph_.begin[i]);
      if (meter.spend(2.0 * count + 1)) return TaskState::running;
    }
    starts_.release();
    mirrored_.release();
    stage_ = Stage::done;
  }
  return TaskState::done;
}

}  // namespace lacuna
