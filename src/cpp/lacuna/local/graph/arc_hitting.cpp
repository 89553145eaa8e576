#include "lacuna/local/graph/arc_hitting.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lacuna/local/graph/workspace.hpp"

namespace lacuna {
namespace {

using graph_detail::extend;

constexpr std::uint32_t target_vertex = 0, source_vertex = 1;
/// Lines that are asked for ahead where one is not at hand.
constexpr std::uint32_t lines_ahead = 256;
constexpr std::size_t most_entries = 2147483647;

}  // namespace

Status ArcHitting::begin(Lines& arcs, std::int64_t s, std::int64_t t) {
  for (const std::int64_t v : {s, t}) {
    if (v < 0 || v >= arcs.size()) return Status::index_out_of_range;
  }
  lines_ = &arcs;
  same_ = s == t;
  stage_ = Stage::read;
  fault_ = {};
  bracket_ = {};
  graph_.reset();
  table_.clear();
  read_ = 0;
  if (table_.reserve(2) != Status::ok || extend(begin_, 0, 2) != Status::ok) {
    return Status::out_of_memory;
  }
  table_.touch(t, {});
  table_.touch(s, {});
  // The walk goes nowhere from t.
  rows_ = 1;
  begin_[0] = begin_[1] = 0;
  return Status::ok;
}

Status ArcHitting::take(const Line& line) {
  const auto count = static_cast<std::size_t>(line.count);
  const std::size_t begin = begin_[rows_];
  if (begin + count > most_entries || table_.reserve(count) != Status::ok ||
      extend(entries_, begin, begin + count) != Status::ok ||
      extend(begin_, std::size_t{rows_} + 1, std::size_t{rows_} + 2) != Status::ok) {
    return Status::out_of_memory;
  }
  for (std::size_t k = 0; k < count; ++k) {
    const auto at = static_cast<std::int32_t>(k);
    entries_[begin + k] = {table_.touch(line.id(at), {}), line.value(at)};
  }
  // Not by std::sort, whose code is several times as large.
  const auto before = [](const Entry& a, const Entry& b) { return a.target < b.target; };
  std::make_heap(entries_.data() + begin, entries_.data() + begin + count, before);
  std::sort_heap(entries_.data() + begin, entries_.data() + begin + count, before);
  begin_[++rows_] = begin + count;
  return Status::ok;
}

GraphOutcome ArcHitting::read(double entries, Budget& budget) {
  while (rows_ < table_.size()) {
    if (budget.exhausted()) return GraphOutcome::running;
    if (read_ >= entries) return GraphOutcome::limit;
    Line line;
    if (!lines_->get(table_[rows_].id, line)) {
      for (std::uint32_t k = rows_ + 1; k < table_.size() && k - rows_ < lines_ahead; ++k) {
        lines_->get(table_[k].id, line);
      }
      return GraphOutcome::needs_lines;
    }
    const double count = line.count;
    if (take(line) != Status::ok) return fail(Status::out_of_memory);
    read_ += count;
    budget.spend(8 * count + 8);
  }
  return GraphOutcome::done;
}

Status ArcHitting::open_parts() {
  const std::size_t most = begin_[rows_];
  parts_.rows = parts_.cols = static_cast<std::int32_t>(rows_);
  if (parts_.indptr.allocate(std::size_t{rows_} + 1) != Status::ok ||
      parts_.indices.allocate(most) != Status::ok || parts_.data.allocate(most) != Status::ok) {
    return Status::out_of_memory;
  }
  at_ = 0;
  out_ = 0;
  return Status::ok;
}

/// Rows as they were read; what was not read is one with the target, and last in each row.
bool ArcHitting::shape(Budget& budget) {
  while (at_ < rows_) {
    if (budget.exhausted()) return false;
    parts_.indptr[at_] = static_cast<std::int32_t>(out_);
    const std::size_t begin = begin_[at_];
    std::size_t end = begin_[at_ + 1];
    budget.spend(4.0 * static_cast<double>(end - begin) + 4);
    double stop = 0;
    while (end > begin && entries_[end - 1].target >= rows_) stop += entries_[--end].weight;
    std::size_t from = begin;
    if (from < end && entries_[from].target == target_vertex) stop += entries_[from++].weight;
    if (stop > 0) {
      parts_.indices[out_] = static_cast<std::int32_t>(target_vertex);
      parts_.data[out_++] = stop;
    }
    for (; from < end; ++from) {
      parts_.indices[out_] = static_cast<std::int32_t>(entries_[from].target);
      parts_.data[out_++] = entries_[from].weight;
    }
    ++at_;
  }
  parts_.indptr[rows_] = static_cast<std::int32_t>(out_);
  parts_.indices.truncate(out_);
  parts_.data.truncate(out_);
  return true;
}

GraphOutcome ArcHitting::step(const HittingGoal& goal, Budget& budget) {
  if (same_) {
    bracket_ = {0, 0};
    return GraphOutcome::done;
  }
  fault_ = {};
  for (;;) {
    switch (stage_) {
      case Stage::read: {
        const GraphOutcome outcome = read(goal.max_entries, budget);
        if (outcome != GraphOutcome::done && outcome != GraphOutcome::limit) return outcome;
        // Without a line nothing is known.
        if (rows_ <= source_vertex) return outcome;
        if (open_parts() != Status::ok) return fail(Status::out_of_memory);
        stage_ = Stage::shape;
        break;
      }
      case Stage::shape:
        if (!shape(budget)) return GraphOutcome::running;
        stage_ = Stage::adopt;
        break;
      case Stage::adopt: {
        auto made = Graph::adopt(std::move(parts_));
        if (!made.ok()) return fail(made.fault());
        graph_.emplace(made.take());
        budget.spend(8 * read_);
        stage_ = Stage::prepare;
        break;
      }
      case Stage::prepare: {
        const TaskState state = graph_->prepare_in_arcs(budget);
        if (state == TaskState::failed) return fail(Status::out_of_memory);
        if (state != TaskState::done) return GraphOutcome::running;
        if (const Status status = times_.begin(*graph_, target_vertex); status != Status::ok) {
          return fail(status);
        }
        stage_ = Stage::solve;
        break;
      }
      case Stage::solve: {
        const double most = std::fmin(goal.max_steps, 2147483647);
        const GraphOutcome outcome =
            times_.step(goal.rtol, static_cast<std::int64_t>(most), budget);
        if (outcome == GraphOutcome::failed) fault_ = times_.fault();
        if (outcome == GraphOutcome::running || outcome == GraphOutcome::failed) return outcome;
        const Bracket b = times_.bracket(source_vertex);
        stage_ = Stage::read;
        // A walk that may be lost before it sees more is lost.
        if (rows_ == table_.size() || !std::isfinite(b.lo)) {
          bracket_ = b;
          return outcome;
        }
        bracket_.lo = std::fmax(bracket_.lo, b.lo);
        return GraphOutcome::limit;
      }
    }
  }
}

LaplaceWork ArcHitting::work() const {
  return {rows_ - 1.0, read_ + (graph_ ? times_.entries() : 0), static_cast<double>(table_.size()),
          static_cast<double>(graph_ ? times_.iterations() : 0), 0};
}

}  // namespace lacuna
