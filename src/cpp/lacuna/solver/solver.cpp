#include "lacuna/solver/solver.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lacuna/simd/kernels.hpp"
#include "lacuna/solver/local_system.hpp"
#include "lacuna/solver/make_method.hpp"

namespace lacuna {

// Here, where `LocalSystem` is complete.
Solver::Solver(CsrMatrix&& a) : a_(std::move(a)) {}
Solver::~Solver() = default;

Result<std::shared_ptr<Solver>> Solver::create(CsrMatrix&& a, const SolverOptions& options) {
  const auto kind = static_cast<std::int32_t>(options.preconditioner);
  const auto order = static_cast<std::int32_t>(options.ordering);
  const bool options_fit = options.drop_tolerance >= 0 && options.fill_factor >= 1 && kind >= 0 &&
                           kind <= static_cast<std::int32_t>(PreconditionerKind::ilut) &&
                           order >= 0 && order <= static_cast<std::int32_t>(OrderingKind::rcm) &&
                           options.ordering != OrderingKind::given;
  if (!options_fit) return Status::invalid_argument;
  auto structure = measure_structure(a.view());
  if (!structure.ok()) return structure.fault();
  auto plan = make_plan(a.view(), structure.value(), options);
  if (!plan.ok()) return plan.fault();
  std::shared_ptr<Solver> solver(lacuna::create<Solver>(std::move(a)));
  if (!solver) return Status::out_of_memory;
  solver->options_ = options;
  solver->plan_ = plan.take();
  if (const Fault fault = solver->adopt(structure.value()); !fault.ok()) return fault;
  solver->fill_setup();
  return solver;
}

Fault Solver::measure() {
  auto structure = measure_structure(a_.view());
  if (!structure.ok()) return structure.fault();
  return adopt(structure.value());
}

Fault Solver::adopt(const Structure& structure) {
  const CsrView a = a_.view();
  const double norm = norm_inf(a);
  double transposed = norm;
  // Of a symmetric matrix they are the same sums in the same order.
  if (!structure.exactly_symmetric) {
    auto sums = norm_one(a);
    if (!sums.ok()) return sums.fault();
    transposed = sums.value();
  }
  structure_ = structure;
  norm_inf_ = norm;
  norm_inf_transposed_ = transposed;
  norm_frobenius_ = norm_frobenius(a);
  at_.reset();
  preconditioner_transposed_.reset();
  fresh_transposed_.reset();
  return {};
}

// A function of its own: in two places, this assignment makes g++ 12 fail.
void Solver::forget_setup() { setup_ = SetupReport{}; }

Fault Solver::prepare() {
  const bool climbing = climb_.stage != ClimbStage::idle && !climb_.beyond;
  if (tasks_ > 0 && !climbing) return Status::busy;
  if (!climbing) {
    prepared_ = true;
    exhausted_ = false;
    climb_.before = setup_;
    forget_setup();
    start_climb(0);
  }
  return climb_to_end();
}

Result<LocalSystem*> Solver::begin_local(bool columns) {
  const bool missing = columns && local_ && local_->columns() == nullptr;
  if (!local_ || missing) {
    if (missing && tasks_ > 0) return Status::busy;
    auto made = LocalSystem::create(*this, columns);
    if (!made.ok()) return made.fault();
    local_ = made.take();
    ++local_number_;
  }
  return local_.get();
}

Result<LocalSystem*> Solver::local(bool columns) {
  auto system = begin_local(columns);
  Budget unlimited;
  if (system.ok() && system.value()->prepare(*this, unlimited) != TaskState::done) {
    return Status::out_of_memory;
  }
  return system;
}

std::int64_t Solver::affordable_iterations() const {
  double most = std::numeric_limits<double>::infinity();
  if (deferred_flops_ > 0 && method() == Method::cg) most = deferred_flops_;
  if (preferred(current_)) most = options_.max_flops;
  const double products = method() == Method::cg ? 1 : 2;
  const double flops =
      products * (2.0 * a_.view().nnz() + preconditioner_->flops() + 12.0 * rows());
  return static_cast<std::int64_t>(std::fmin(std::fmax(100, most / flops), 9e15));
}

void Solver::retire() {
  fresh_transposed_.reset();
  for (auto* old : {&preconditioner_, &preconditioner_transposed_}) {
    if (*old && tasks_ > 1) retired_[retired_count_++] = std::move(*old);
    old->reset();
  }
  if (factorization_ && tasks_ > 1) {
    retired_factorizations_[retired_factorization_count_++] = std::move(factorization_);
  }
  factorization_.reset();
}

void Solver::task_ended() {
  if (--tasks_ > 0) return;
  while (retired_count_ > 0) retired_[--retired_count_].reset();
  while (retired_factorization_count_ > 0) {
    retired_factorizations_[--retired_factorization_count_].reset();
  }
}

Fault Solver::refactor() {
  if (!factorization_) return Status::not_ready;
  return factorization_->factorize(a_.view());
}

Fault Solver::update(std::span<const double> values) {
  if (tasks_ > 0) return Status::busy;
  if (values.size() != a_.view().values().size()) return Status::shape_mismatch;
  if (const std::int64_t bad = simd::first_not_finite(values); bad >= 0) {
    return {Status::not_finite, bad};
  }
  Buffer<double> exchanged;
  if (exchanged.copy_from(values) != Status::ok) return Status::out_of_memory;

  const Plan old_plan = plan_;
  const Structure old_structure = structure_;
  const SetupReport old_setup = setup_;
  const bool old_deferred = deferred_;
  const double old_deferred_flops = deferred_flops_;
  const bool old_exhausted = exhausted_;
  const bool old_ready = ready_;
  const int old_current = current_;
  bool factors_touched = false;
  a_.swap_values(exchanged);
  const Fault fault = replan(factors_touched);
  // It borrows the values, and the transpose, which measuring drops.
  local_.reset();
  ++local_number_;
  if (fault.ok()) {
    ++version_;
    return fault;
  }

  a_.swap_values(exchanged);
  plan_ = old_plan;
  setup_ = old_setup;
  deferred_ = old_deferred;
  deferred_flops_ = old_deferred_flops;
  exhausted_ = old_exhausted;
  current_ = old_current;
  ready_ = measure().ok() && old_ready && (!factors_touched || refactor().ok());
  structure_ = old_structure;
  return fault;
}

Fault Solver::replan(bool& factors_touched) {
  if (const Fault fault = measure(); !fault.ok()) return fault;
  auto fresh = make_plan(a_.view(), structure_, options_);
  if (!fresh.ok()) return fresh.fault();
  const Rung used = rung();
  plan_ = fresh.take();
  forget_setup();
  deferred_ = exhausted_ = false;
  deferred_flops_ = 0;
  if (!prepared_) {
    fill_setup();
    return {};
  }
  // The rung in use keeps its place: what the pattern analysis or an earlier answer decided
  // holds for new values too, as long as the method still fits.
  for (int k = 0; factorization_ && k < plan_.count; ++k) {
    if (plan_.rungs[k].method != used.method) continue;
    factors_touched = true;
    const Fault fault = refactor();
    setup_.attempts.add(used.method, used.preconditioner,
                        fault.ok() ? Attempt::factored : Attempt::failed, int(fault.status),
                        factorization_->info().flops);
    if (!fault.ok()) {
      if (k + 1 == plan_.count) return fault;
      start_climb(k + 1);
      return climb_to_end();
    }
    current_ = k;
    fill_setup();
    return fault;
  }
  start_climb(0);
  return climb_to_end();
}

Status Solver::begin_transposed() {
  return structure_.exactly_symmetric || at_.begun() ? Status::ok : at_.begin(a_.view());
}

TaskState Solver::precondition_transposed(Budget& budget, Fault& fault) {
  if (structure_.exactly_symmetric || preconditioner_transposed_) return TaskState::done;
  fault = {};
  if (!fresh_transposed_) {
    fresh_transposed_ = make_preconditioner(rung(), options_);
    fault = fresh_transposed_ ? fresh_transposed_->begin(matrix(true)) : Status::out_of_memory;
  }
  if (fault.ok()) {
    const TaskState state = fresh_transposed_->step(budget);
    if (state == TaskState::running) return state;
    fault = state == TaskState::failed ? fresh_transposed_->fault() : Fault();
    if (fault.ok()) preconditioner_transposed_ = std::move(fresh_transposed_);
  }
  fresh_transposed_.reset();
  return fault.ok() ? TaskState::done : TaskState::failed;
}

void Solver::fill_setup() {
  if (!is_iterative(method())) {
    // Before the set-up, of what will be tried.
    const auto planned = factorization_ ? nullptr : make_factorization(method());
    const Factorization* used = factorization_ ? factorization_.get() : planned.get();
    cuts_factorization_ = used && used->has_substitution();
  }
  setup_.method = int(method());
  setup_.preconditioner = int(preconditioner_kind());
  setup_.sliceable = sliceable();
  setup_.symmetric = structure_.symmetric;
  setup_.positive_diagonal = structure_.square && structure_.positive_diagonal();
  setup_.strictly_row_dominant = structure_.strictly_row_dominant;
  setup_.factor_nnz = setup_.factor_flops = setup_.rank = setup_.preconditioner_nnz = -1;
  if (factorization_) {
    const FactorInfo info = factorization_->info();
    setup_.factor_nnz = info.nnz;
    setup_.factor_flops = info.flops;
    setup_.rank = static_cast<double>(info.rank);
    setup_.seminormal = info.seminormal;
  }
  if (preconditioner_) setup_.preconditioner_nnz = preconditioner_->nnz();
}

}  // namespace lacuna
