#include "lacuna/local/row_tracked.hpp"

#include <algorithm>
#include <utility>

#include "lacuna/local/graph/workspace.hpp"

namespace lacuna {

using graph_detail::extend;

bool HeldLines::get(std::int64_t v, Line& line) {
  std::uint32_t k = table_.find(v);
  if (k == VertexTable<Held>::none) {
    Line source;
    if (!source_->get(v, source)) return false;
    const std::size_t end = used_ + static_cast<std::size_t>(source.count);
    if (table_.reserve(1) != Status::ok || extend(ids_, used_, end) != Status::ok ||
        extend(values_, used_, end) != Status::ok) {
      failed_ = true;
      return false;
    }
    k = table_.touch(v, {});
    table_[k].begin = used_;
    table_[k].diagonal = source.diagonal;
    table_[k].count = source.count;
    for (std::int32_t p = 0; p < source.count; ++p, ++used_) {
      ids_[used_] = source.id(p);
      values_[used_] = source.value(p);
    }
  }
  const Held& held = table_[k];
  line = Line{};
  line.ids64 = ids_.data() + held.begin;
  line.values = values_.data() + held.begin;
  line.diagonal = held.diagonal;
  line.count = held.count;
  return true;
}

void HeldLines::clear() {
  table_.clear();
  used_ = 0;
}

namespace {

QueryProblem problem_of(RowSystem& system, LocalRhs& rhs) {
  QueryProblem problem;
  problem.conditions = &system.conditions();
  problem.rhs = &rhs;
  problem.size = system.size();
  problem.weighted_contraction = problem.conditions->row_contraction;
  return problem;
}

}  // namespace

RowTracked::RowTracked(std::shared_ptr<RowSystem> system, const QueryProblem& problem,
                       const QuerySettings& settings)
    : system_(std::move(system)),
      held_(system_->rows()),
      fresh_(system_->rows()),
      query_([&] {
        QueryProblem own = problem;
        own.rows = &held_;
        return own;
      }(), settings) {}

Result<std::unique_ptr<RowTracked>> RowTracked::create(std::shared_ptr<RowSystem> system,
                                                       LocalRhs& rhs,
                                                       const QuerySettings& settings) {
  if (!system->conditions().rows.known()) return Status::invalid_argument;
  const QueryProblem problem = problem_of(*system, rhs);
  std::unique_ptr<RowTracked> made(
      lacuna::create<RowTracked>(std::move(system), problem, settings));
  if (!made) return Status::out_of_memory;
  return made;
}

Fault RowTracked::update(const Change& change, bool apply) {
  if (!idle_) return Status::busy;
  std::size_t total = 0;
  for (std::size_t k = 0; k < change.rows.size(); ++k) {
    if (change.rows[k] < 0 || change.rows[k] >= system_->size()) {
      return Fault(Status::index_out_of_range, change.rows[k]);
    }
    total += static_cast<std::size_t>(std::max(change.counts[k], 0));
  }
  if (total != change.ids.size() || total != change.values.size()) return Status::shape_mismatch;
  if (rhs_ids_.copy_from(change.rhs_ids) != Status::ok ||
      rhs_values_.copy_from(change.rhs_values) != Status::ok ||
      rows_.copy_from(change.rows) != Status::ok || counts_.copy_from(change.counts) != Status::ok ||
      ids_.copy_from(change.ids) != Status::ok || values_.copy_from(change.values) != Status::ok) {
    return Status::out_of_memory;
  }
  fresh_.clear();
  bool changed = false;
  for (std::size_t k = 0; k < rows_.size(); ++k) {
    if (counts_[k] >= 0) continue;
    system_->rows().forget(rows_[k]);
    changed = true;
  }
  // What a row holds lies in many columns.
  if (RowCache* columns = system_->cache(Wanted::columns); changed && columns) columns->clear();
  apply_ = apply;
  fault_ = {};
  idle_ = false;
  stage_ = Stage::read;
  return {};
}

bool RowTracked::read_rows() {
  bool complete = true;
  for (std::size_t k = 0; k < rows_.size(); ++k) {
    Line line;
    const bool anew = counts_[k] < 0;
    if (anew && !held_.has(rows_[k])) continue;
    complete = (anew ? fresh_ : held_).get(rows_[k], line) && complete;
  }
  return complete;
}

Fault RowTracked::admit() {
  // Rows that were given, then those that were read.
  Buffer<std::int64_t> rows, ids;
  Buffer<std::int32_t> counts;
  Buffer<double> values;
  std::size_t total = ids_.size();
  for (std::size_t k = 0; k < rows_.size(); ++k) {
    Line line;
    if (counts_[k] < 0 && held_.has(rows_[k]) && fresh_.get(rows_[k], line)) {
      total += static_cast<std::size_t>(line.count) + 1;
    }
  }
  if (rows.allocate(rows_.size()) != Status::ok || counts.allocate(rows_.size()) != Status::ok ||
      ids.allocate(total) != Status::ok || values.allocate(total) != Status::ok) {
    return Status::out_of_memory;
  }
  std::size_t count = 0, from = 0, to = 0;
  for (std::size_t k = 0; k < rows_.size(); ++k) {
    const std::size_t begin = to;
    if (counts_[k] >= 0) {
      for (std::int32_t p = 0; p < counts_[k]; ++p, ++from, ++to) {
        ids[to] = ids_[from];
        values[to] = values_[from];
      }
    } else {
      Line line;
      if (!held_.has(rows_[k]) || !fresh_.get(rows_[k], line)) continue;
      ids[to] = rows_[k];
      values[to++] = line.diagonal;
      for (std::int32_t p = 0; p < line.count; ++p) {
        if (line.id(p) == rows_[k]) continue;
        ids[to] = line.id(p);
        values[to++] = line.value(p);
      }
    }
    rows[count] = rows_[k];
    counts[count++] = static_cast<std::int32_t>(to - begin);
  }
  const std::span<const std::int64_t> all = std::as_const(ids).span();
  return query_.update({std::as_const(rhs_ids_).span(), std::as_const(rhs_values_).span(),
                        std::as_const(rows).span().first(count),
                        std::as_const(counts).span().first(count), all.first(to),
                        std::as_const(values).span().first(to)});
}

TaskState RowTracked::wait() {
  waiting_ = true;
  const bool failed = held_.take_failure() || fresh_.take_failure() || system_->rows().failed();
  return failed ? fail(Status::out_of_memory) : TaskState::needs_rows;
}

TaskState RowTracked::step(Budget& budget) {
  if (!fault_.ok()) return TaskState::failed;
  if (stage_ == Stage::read) {
    if (!read_rows()) return wait();
    stage_ = Stage::admit;
  }
  if (stage_ == Stage::admit) {
    stage_ = Stage::work;
    if (!apply_) {
      idle_ = true;
      return TaskState::done;
    }
    if (const Fault fault = admit(); !fault.ok()) return fail(fault);
  }
  const TaskState state = query_.step(budget);
  if (state == TaskState::needs_rows && query_.wanted(Wanted::values).empty()) return wait();
  if (state == TaskState::done || state == TaskState::failed) idle_ = true;
  return state;
}

void RowTracked::stop(Reason reason) {
  give_up();
  if (stage_ == Stage::work) query_.stop(reason);
  stage_ = Stage::work;
  idle_ = true;
}

std::span<const std::int64_t> RowTracked::wanted(Wanted kind) const {
  if (kind == Wanted::rows) return system_->rows().batch();
  return kind == Wanted::values ? query_.wanted(kind) : std::span<const std::int64_t>{};
}

Fault RowTracked::supply_lines(Wanted kind, std::span<const std::int32_t> counts,
                               std::span<const std::int64_t> ids, std::span<const double> values) {
  if (kind != Wanted::rows) return Status::invalid_argument;
  const Fault fault = system_->rows().supply(counts, ids, values);
  if (fault.ok()) waiting_ = false;
  return fault;
}

}  // namespace lacuna
