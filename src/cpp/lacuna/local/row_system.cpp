#include "lacuna/local/row_system.hpp"

#include <cmath>

namespace lacuna {
namespace {

std::span<const std::int64_t> wanted_of(RowSystem& system, Wanted kind) {
  RowCache* cache = system.cache(kind);
  return cache != nullptr ? cache->batch() : std::span<const std::int64_t>{};
}

Fault supply_of(RowSystem& system, Wanted kind, std::span<const std::int32_t> counts,
                std::span<const std::int64_t> ids, std::span<const double> values) {
  RowCache* cache = system.cache(kind);
  if (cache == nullptr) return Status::invalid_argument;
  return cache->supply(counts, ids, values);
}

bool out_of_memory(RowSystem& system) {
  return system.rows().failed() || (system.columns() != nullptr && system.columns()->failed());
}

}  // namespace

Result<std::shared_ptr<RowSystem>> RowSystem::create(std::int64_t size, const Declared& declared,
                                                     std::size_t cache_limit, bool columns) {
  auto rows = RowCache::create(size, declared, cache_limit);
  if (!rows.ok()) return rows.fault();
  std::shared_ptr<RowSystem> system(lacuna::create<RowSystem>(rows.take(), declared));
  if (!system) return Status::out_of_memory;
  if (columns && !declared.symmetric) {
    auto made = RowCache::create(size, declared.transposed(), cache_limit);
    if (!made.ok()) return made.fault();
    system->columns_.emplace(made.take());
  }
  return system;
}

Result<std::unique_ptr<RowQuery>> RowQuery::create(std::shared_ptr<RowSystem> system, LocalRhs& rhs,
                                                   std::span<const std::int64_t> ids,
                                                   std::span<const double> weights,
                                                   const QuerySettings& settings) {
  if (ids.size() != weights.size() || settings.way == Way::full) return Status::not_ready;
  for (std::size_t k = 0; k < ids.size(); ++k) {
    const auto position = static_cast<std::int64_t>(k);
    if (ids[k] < 0 || ids[k] >= system->size()) return Fault(Status::index_out_of_range, position);
    if (!std::isfinite(weights[k])) return Fault(Status::not_finite, position);
  }
  std::unique_ptr<RowQuery> query(lacuna::create<RowQuery>(std::move(system), rhs));
  if (!query) return Status::out_of_memory;
  QueryProblem problem;
  problem.rows = &query->system_->rows();
  problem.columns = query->system_->columns();
  problem.conditions = &query->system_->conditions();
  problem.rhs = &rhs;
  problem.size = query->system_->size();
  problem.weighted_contraction = problem.conditions->row_contraction;
  query->query_.begin(problem, settings);
  for (std::size_t k = 0; k < ids.size(); ++k) {
    if (weights[k] == 0) continue;
    if (query->query_.add_target(ids[k], weights[k]) != Status::ok) return Status::out_of_memory;
  }
  return query;
}

TaskState RowQuery::step(Budget& budget) {
  if (!fault_.ok()) return TaskState::failed;
  switch (query_.step(budget)) {
    case LocalQuery::Outcome::running: return TaskState::running;
    case LocalQuery::Outcome::done: return TaskState::done;
    case LocalQuery::Outcome::needs_lines:
    case LocalQuery::Outcome::needs_rhs:
      waiting_ = true;
      if (!out_of_memory(*system_)) return TaskState::needs_rows;
      fault_ = Status::out_of_memory;
      return TaskState::failed;
    // Without a way to solve in full a query never asks for one.
    case LocalQuery::Outcome::wants_full: fault_ = Status::internal; return TaskState::failed;
    case LocalQuery::Outcome::failed: break;
  }
  return TaskState::failed;
}

std::span<const std::int64_t> RowQuery::wanted(Wanted kind) const {
  return kind == Wanted::values ? rhs_.wanted() : wanted_of(*system_, kind);
}

Fault RowQuery::supply_lines(Wanted kind, std::span<const std::int32_t> counts,
                             std::span<const std::int64_t> ids, std::span<const double> values) {
  const Fault fault = supply_of(*system_, kind, counts, ids, values);
  if (!fault.ok()) return fault;
  waiting_ = false;
  query_.supplied();
  return fault;
}

Fault RowQuery::supply_values(std::span<const double> values) {
  const Fault fault = rhs_.supply(values);
  if (!fault.ok()) return fault;
  waiting_ = false;
  query_.supplied();
  return fault;
}

Result<std::unique_ptr<RowLine>> RowLine::create(std::shared_ptr<RowSystem> system, bool column,
                                                 std::int64_t vertex,
                                                 const QuerySettings& settings) {
  if (vertex < 0 || vertex >= system->size()) return Fault(Status::index_out_of_range, 0);
  if (column && system->columns() == nullptr) return Status::not_ready;
  std::unique_ptr<RowLine> line(lacuna::create<RowLine>(std::move(system)));
  if (!line) return Status::out_of_memory;
  RowSystem& s = *line->system_;
  const Conditions& c = s.conditions();
  const Status status =
      column ? line->line_.begin(*s.columns(), c.columns, c.rows, c.column_contraction, vertex,
                                 settings)
             : line->line_.begin(s.rows(), c.rows, c.columns, c.row_contraction, vertex, settings);
  if (status != Status::ok) return status;
  return line;
}

TaskState RowLine::step(Budget& budget) {
  if (!fault_.ok()) return TaskState::failed;
  switch (line_.step(budget)) {
    case InverseLine::Outcome::running: return TaskState::running;
    case InverseLine::Outcome::failed: return TaskState::failed;
    case InverseLine::Outcome::needs_lines:
      waiting_ = true;
      if (!out_of_memory(*system_)) return TaskState::needs_rows;
      fault_ = Status::out_of_memory;
      return TaskState::failed;
    case InverseLine::Outcome::done: break;
  }
  fault_ = line_.collect();
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

void RowLine::stop(Reason reason) {
  line_.stop(reason);
  fault_ = line_.collect();
}

std::span<const std::int64_t> RowLine::wanted(Wanted kind) const {
  return kind == Wanted::values ? std::span<const std::int64_t>{} : wanted_of(*system_, kind);
}

Fault RowLine::supply_lines(Wanted kind, std::span<const std::int32_t> counts,
                            std::span<const std::int64_t> ids, std::span<const double> values) {
  const Fault fault = supply_of(*system_, kind, counts, ids, values);
  if (!fault.ok()) return fault;
  waiting_ = false;
  line_.supplied();
  return fault;
}

}  // namespace lacuna
