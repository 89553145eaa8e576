#include "lacuna/solver/factor_entries.hpp"

#include <utility>

#include "lacuna/solver/inverse_columns.hpp"

namespace lacuna {
namespace {

bool by_ldlt_or_lu(const Factor& factor) {
  return factor.method() == Method::ldlt || factor.method() == Method::lu;
}

/// Why the factors cannot give entries; `ok` where they can.
Status refused(const Factor& factor) {
  if (const Status status = usable(factor); status != Status::ok) return status;
  if (factor.exact() == nullptr) return Status::invalid_argument;
  if (by_ldlt_or_lu(factor)) return Status::ok;
  if (factor.cholesky() == nullptr) return Status::invalid_argument;
  return factor.cholesky()->values().empty() ? Status::not_ready : Status::ok;
}

}  // namespace

Result<std::unique_ptr<FactorTask>> FactorReach::create(std::shared_ptr<Factor> factor,
                                                        const SparseEntries& b,
                                                        std::span<const std::int32_t> rows,
                                                        std::span<double> out) {
  if (const Status status = refused(*factor); status != Status::ok) return status;
  if (rows.size() != out.size()) return Status::shape_mismatch;
  std::unique_ptr<FactorReach> task(lacuna::create<FactorReach>(std::move(factor)));
  if (!task) return Status::out_of_memory;
  if (const Fault fault = task->begin(b, rows, out); !fault.ok()) return fault;
  return std::unique_ptr<FactorTask>(std::move(task));
}

Fault FactorReach::begin(const SparseEntries& b, std::span<const std::int32_t> rows,
                         std::span<double> out) {
  rows_ = rows;
  out_ = out;
  if (factor_->method() == Method::lu) {
    auto reach = factor_->take_lu_reach();
    if (!reach.ok()) return reach.fault();
    lu_ = reach.take();
    return lu_->begin(b, rows, out);
  }
  auto reach = factor_->take_reach();
  if (!reach.ok()) return reach.fault();
  reach_ = reach.take();
  return reach_->begin_rhs(b);
}

FactorReach::~FactorReach() {
  if (reach_) factor_->give_reach(std::move(reach_));
  if (lu_) factor_->give_reach(std::move(lu_));
}

TaskState FactorReach::step(Budget& budget) {
  if (lu_ && !done_ && fault_.ok()) {
    if (lu_->step(budget) == TaskState::running) return TaskState::running;
    found_[0] = lu_->entries();
    found_[1] = lu_->supernodes();
    done_ = true;
  }
  while (!done_ && fault_.ok()) {
    if (reach_->step(budget) == TaskState::running) return TaskState::running;
    found_[0] += reach_->entries();
    found_[1] += reach_->supernodes();
    done_ = at_rows_;
    if (done_) break;
    at_rows_ = true;
    fault_ = reach_->begin_entries(rows_, out_);
  }
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

Result<std::unique_ptr<FactorTask>> FactorInverse::create(std::shared_ptr<Factor> factor,
                                                          std::span<const std::int32_t> rows,
                                                          std::span<const std::int32_t> cols,
                                                          std::span<double> out) {
  if (const Status status = refused(*factor); status != Status::ok) return status;
  if (factor->method() == Method::lu) {
    return InverseColumns::create(std::move(factor), rows, cols, out);
  }
  std::unique_ptr<FactorInverse> task(lacuna::create<FactorInverse>(std::move(factor)));
  if (!task) return Status::out_of_memory;
  if (const Fault fault = task->begin(rows, cols, out); !fault.ok()) return fault;
  return std::unique_ptr<FactorTask>(std::move(task));
}

Fault FactorInverse::begin(std::span<const std::int32_t> rows, std::span<const std::int32_t> cols,
                           std::span<double> out) {
  if (factor_->method() == Method::ldlt) {
    const auto linked = factor_->linked_ldlt();
    if (!linked.ok()) return linked.fault();
    const LdltFactors<double>& f = *linked.value();
    return entries_.begin(f.structure, f.values.data(), rows, cols, out,
                          {f.pivots.data(), f.scale.data()});
  }
  const Cholesky& cholesky = *factor_->cholesky();
  return entries_.begin(cholesky.structure(), cholesky.values().data(), rows, cols, out);
}

TaskState FactorInverse::step(Budget& budget) {
  const TaskState state = entries_.step(budget);
  found_[0] = static_cast<double>(entries_.from_sparse_inverse());
  found_[1] = static_cast<double>(entries_.solves());
  return state;
}

}  // namespace lacuna
