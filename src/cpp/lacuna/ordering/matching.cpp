#include "lacuna/ordering/matching.hpp"

#include "lacuna/base/meter.hpp"

namespace lacuna {

Status MaximumMatching::begin(const PatternView& pattern) {
  const auto lines = static_cast<std::size_t>(pattern.lines);
  const auto width = static_cast<std::size_t>(pattern.width);
  const bool allocated =
      matching_.index_of_line.allocate(lines) == Status::ok &&
      matching_.line_of_index.allocate(width) == Status::ok &&
      path_.allocate(lines) == Status::ok && next_.allocate(lines) == Status::ok &&
      lookahead_.allocate(lines) == Status::ok && visited_.allocate(lines) == Status::ok;
  if (!allocated) return Status::out_of_memory;
  for (std::size_t i = 0; i < lines; ++i) {
    matching_.index_of_line[i] = visited_[i] = -1;
    lookahead_[i] = pattern.indptr[i];
  }
  for (std::size_t j = 0; j < width; ++j) matching_.line_of_index[j] = -1;
  matching_.rank = 0;
  pattern_ = pattern;
  preferring_ = true;
  root_ = 0;
  depth_ = -1;
  return Status::ok;
}

TaskState MaximumMatching::step(Budget& budget) {
  Meter meter(budget);
  if (preferring_) {
    while (root_ < pattern_.lines) {
      const std::int32_t i = root_++;
      for (std::int32_t p = pattern_.indptr[i]; p < pattern_.indptr[i + 1]; ++p) {
        if (pattern_.indices[p] != i) continue;
        pair(i, i);
        ++matching_.rank;
        break;
      }
      if (meter.spend(1 + pattern_.length(i))) return TaskState::running;
    }
    preferring_ = false;
    root_ = 0;
  }
  while (root_ < pattern_.lines) {
    double work = 1;
    bool ended = matching_.index_of_line[root_] >= 0;
    if (!ended) {
      if (depth_ < 0) {
        depth_ = 0;
        path_[0] = root_;
        next_[0] = pattern_.indptr[root_];
        visited_[root_] = root_;
      }
      ended = search(work);
    }
    if (ended) {
      ++root_;
      depth_ = -1;
    }
    if (meter.spend(work)) return TaskState::running;
  }
  return TaskState::done;
}

bool MaximumMatching::search(double& work) {
  while (depth_ >= 0) {
    const std::int32_t line = path_[depth_];
    const std::int32_t end = pattern_.indptr[line + 1];
    // An index once matched stays matched: what the lookahead has passed is never looked at again.
    std::int32_t free = -1;
    while (lookahead_[line] < end && free < 0) {
      const std::int32_t index = pattern_.indices[lookahead_[line]++];
      if (matching_.line_of_index[index] < 0) free = index;
      ++work;
    }
    if (free >= 0) {
      for (std::int32_t d = depth_; d >= 0; --d) {
        const std::int32_t given_up = matching_.index_of_line[path_[d]];
        pair(path_[d], free);
        free = given_up;
      }
      ++matching_.rank;
      return true;
    }
    std::int32_t deeper = -1;
    while (next_[depth_] < end && deeper < 0) {
      const std::int32_t owner = matching_.line_of_index[pattern_.indices[next_[depth_]++]];
      if (visited_[owner] != root_) deeper = owner;
      ++work;
    }
    if (deeper >= 0) {
      visited_[deeper] = root_;
      path_[++depth_] = deeper;
      next_[depth_] = pattern_.indptr[deeper];
    } else {
      --depth_;
    }
    if (work >= Budget::piece) return false;
  }
  return true;
}

}  // namespace lacuna
