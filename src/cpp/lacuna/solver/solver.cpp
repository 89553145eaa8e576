#include "lacuna/solver/solver.hpp"

#include <algorithm>
#include <limits>

#include "lacuna/simd/kernels.hpp"
#include "lacuna/solver/local_system.hpp"

namespace lacuna {
namespace {

std::unique_ptr<Factorization> make_factorization(Method method) {
  switch (method) {
    case Method::cholesky: return make_cholesky();
    case Method::ldlt: return make_ldlt();
    case Method::lu: return make_lu();
    case Method::qr: return make_qr();
    default: return nullptr;
  }
}

std::unique_ptr<Preconditioner> make_preconditioner(PreconditionerKind kind, Method method,
                                                    const SolverOptions& options) {
  switch (kind) {
    case PreconditionerKind::none: return make_identity_preconditioner();
    case PreconditionerKind::jacobi: return make_jacobi(method == Method::cg);
    case PreconditionerKind::ic: return make_incomplete_cholesky();
    case PreconditionerKind::ilut: return make_ilut(options.drop_tolerance, options.fill_factor);
    default: return nullptr;
  }
}

}  // namespace

// Here, where `LocalSystem` is complete.
Solver::Solver(CsrMatrix&& a) : a_(std::move(a)) {}
Solver::~Solver() = default;

Result<std::shared_ptr<Solver>> Solver::create(CsrMatrix&& a, const SolverOptions& options) {
  const auto kind = static_cast<std::int32_t>(options.preconditioner);
  const bool options_fit = options.drop_tolerance >= 0 && options.fill_factor >= 1 && kind >= 0 &&
                           kind <= static_cast<std::int32_t>(PreconditionerKind::ilut);
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
  auto norm = norm_one(a);
  if (!norm.ok()) return norm.fault();
  structure_ = structure;
  norm_inf_ = norm_inf(a);
  norm_inf_transposed_ = norm.value();
  norm_frobenius_ = norm_frobenius(a);
  at_.reset();
  preconditioner_transposed_.reset();
  return {};
}

// A function of its own: in two places, this assignment makes g++ 12 fail.
void Solver::forget_setup() { setup_ = SetupReport{}; }

Fault Solver::prepare() {
  if (tasks_ > 0) return Status::busy;
  return prepare_within_task();
}

Fault Solver::prepare_within_task() {
  prepared_ = true;
  exhausted_ = false;
  forget_setup();
  return climb(0);
}

Result<LocalSystem*> Solver::local(bool columns) {
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

Fault Solver::climb(int first) {
  Fault fault = Status::internal;
  for (int k = first; k < plan_.count; ++k) {
    fault = set_up(plan_.rungs[k]);
    if (fault.status == Status::not_ready) {
      defer(k);
      fault = set_up(plan_.rungs[k]);
    }
    const Rung rung = plan_.rungs[k];
    if (fault.ok()) {
      current_ = k;
      ready_ = true;
      setup_.attempts.add(rung.method, rung.preconditioner, Attempt::factored, 0);
      fill_setup();
      return fault;
    }
    setup_.attempts.add(rung.method, rung.preconditioner, Attempt::failed, int(fault.status));
  }
  return fault;
}

Fault Solver::set_up(const Rung& rung) {
  return is_iterative(rung.method) ? set_up_preconditioner(rung)
                                   : set_up_factorization(rung.method);
}

Fault Solver::set_up_preconditioner(const Rung& rung) {
  auto fresh = make_preconditioner(rung.preconditioner, rung.method, options_);
  if (!fresh) return Status::out_of_memory;
  if (const Fault fault = fresh->compute(a_.view()); !fault.ok()) return fault;
  retire();
  preconditioner_ = std::move(fresh);
  return {};
}

Fault Solver::set_up_factorization(Method method) {
  auto fresh = make_factorization(method);
  if (!fresh) return Status::out_of_memory;
  const bool may_defer =
      options_.method == Method::automatic && method == Method::cholesky && !deferred_;
  Fault fault = fresh->analyze(a_.view());
  if (fault.ok()) {
    if (may_defer && heavy(fresh->info())) {
      deferred_flops_ = fresh->info().flops;
      return Status::not_ready;
    }
    fault = fresh->factorize(a_.view());
  }
  if (may_defer && fault.status == Status::out_of_memory) return Status::not_ready;
  if (!fault.ok()) return fault;
  retire();
  factorization_ = std::move(fresh);
  return {};
}

bool Solver::heavy(const FactorInfo& info) const {
  const double triangle = 0.5 * (double(a_.view().nnz()) + a_.view().rows());
  return info.flops > deferral_flops && info.nnz > deferral_fill * triangle;
}

std::int64_t Solver::affordable_iterations() const {
  const bool instead_of_factoring = deferred_flops_ > 0 && method() == Method::cg;
  if (!instead_of_factoring) return std::numeric_limits<std::int64_t>::max();
  const double flops = 2.0 * a_.view().nnz() + preconditioner_->flops() + 12.0 * rows();
  return std::max<std::int64_t>(100, static_cast<std::int64_t>(deferred_flops_ / flops));
}

void Solver::retire() {
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

void Solver::defer(int k) {
  deferred_ = true;
  setup_.attempts.add(plan_.rungs[k].method, plan_.rungs[k].preconditioner, Attempt::deferred, 0);
  if (plan_.count == Plan::capacity) --plan_.count;
  for (int i = plan_.count; i > k; --i) plan_.rungs[i] = plan_.rungs[i - 1];
  plan_.rungs[k] = {Method::cg, PreconditionerKind::ic};
  ++plan_.count;
}

bool Solver::advance(Reason reason) {
  // A method that the caller fixed is not exchanged behind his back.
  if (options_.method != Method::automatic || exhausted_) return false;
  const Rung left = rung();
  const int next = current_ + 1;
  setup_.attempts.add(left.method, left.preconditioner, Attempt::answered, int(reason));
  exhausted_ = next >= plan_.count || !climb(next).ok();
  return !exhausted_;
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
                        fault.ok() ? Attempt::factored : Attempt::failed, int(fault.status));
    if (!fault.ok()) return k + 1 < plan_.count ? climb(k + 1) : fault;
    current_ = k;
    fill_setup();
    return fault;
  }
  return climb(0);
}

Status Solver::ensure_transposed() {
  if (structure_.exactly_symmetric || at_) return Status::ok;
  auto transposed = transpose(a_.view());
  if (!transposed.ok()) return transposed.fault().status;
  at_.emplace(transposed.take());
  return Status::ok;
}

Result<Preconditioner*> Solver::preconditioner(bool transposed) {
  if (!transposed || structure_.exactly_symmetric) return preconditioner_.get();
  if (!preconditioner_transposed_) {
    auto fresh = make_preconditioner(rung().preconditioner, rung().method, options_);
    if (!fresh) return Status::out_of_memory;
    if (const Fault fault = fresh->compute(matrix(true)); !fault.ok()) return fault;
    preconditioner_transposed_ = std::move(fresh);
  }
  return preconditioner_transposed_.get();
}

void Solver::fill_setup() {
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
  }
  if (preconditioner_) setup_.preconditioner_nnz = preconditioner_->nnz();
}

}  // namespace lacuna
