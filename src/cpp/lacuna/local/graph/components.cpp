#include "lacuna/local/graph/components.hpp"

#include <algorithm>

#include "lacuna/local/graph/graph.hpp"

namespace lacuna {
namespace {

constexpr std::int32_t arcs_piece = 8192;

}  // namespace

TaskState Components::step(const Graph& graph, Budget& budget) {
  if (done_) return TaskState::done;
  const std::int32_t n = graph.vertices();
  vertices_ = n;
  const auto size = static_cast<std::size_t>(n);
  if (queue_.empty()) {
    if (label_.allocate(size) != Status::ok || queue_.allocate(size) != Status::ok) {
      queue_.release();
      return TaskState::failed;
    }
    next_ = head_ = tail_ = offset_ = count_ = 0;
    pass_.restart();
  }
  // Labels of what is not reached are negative; the pass is through once the first is given.
  if (count_ == 0 && !pass_.run(size, 1, budget, [&](std::size_t begin, std::size_t end) {
        std::fill(label_.data() + begin, label_.data() + end, none);
      })) {
    return TaskState::running;
  }
  const Arcs out = graph.out();
  for (;;) {
    while (head_ < tail_) {
      if (budget.exhausted()) return TaskState::running;
      const std::int32_t v = queue_[head_];
      const std::int32_t begin = out.indptr[v] + offset_;
      const std::int32_t end = std::min(out.indptr[v + 1], begin + arcs_piece);
      for (std::int32_t p = begin; p < end; ++p) {
        const std::int32_t u = out.indices[p];
        if (label_[u] != none) continue;
        label_[u] = count_ - 1;
        queue_[tail_++] = u;
      }
      budget.spend(2.0 * (end - begin) + 4);
      offset_ += end - begin;
      if (end < out.indptr[v + 1]) continue;
      offset_ = 0;
      ++head_;
      volumes_[count_ - 1] += graph.out_weight(v);
    }
    for (std::int32_t since = 0; next_ < n && label_[next_] != none; ++next_) {
      if (++since < arcs_piece) continue;
      since = 0;
      budget.spend(arcs_piece);
      if (budget.exhausted()) return TaskState::running;
    }
    if (next_ == n) break;
    const auto count = static_cast<std::size_t>(count_);
    if (graph_detail::extend(volumes_, count, count + 1) != Status::ok) return TaskState::failed;
    volumes_[count] = 0;
    label_[next_] = count_++;
    queue_[tail_++] = next_;
  }
  queue_.release();
  if (count_ == 1) label_.release();
  done_ = true;
  return TaskState::done;
}

}  // namespace lacuna
