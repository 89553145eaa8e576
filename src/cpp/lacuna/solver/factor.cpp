#include "lacuna/solver/factor.hpp"

#include <algorithm>
#include <cmath>

#include "lacuna/direct/lu.hpp"
#include "lacuna/direct/mixed_cholesky.hpp"
#include "lacuna/direct/mixed_ldlt.hpp"
#include "lacuna/direct/mixed_lu.hpp"
#include "lacuna/direct/qr.hpp"
#include "lacuna/simd/kernels.hpp"
#include "lacuna/sparse/operations.hpp"

namespace lacuna {
namespace {

/// Work of the numeric phase between two looks at the limit of its flops.
constexpr double limit_piece = 1e7;

/// Share of a set-up that the analysis is taken to be.
constexpr double analysis_share = 0.2;

}  // namespace

Result<std::shared_ptr<Factor>> Factor::create(CsrMatrix&& a, const FactorOptions& options,
                                               std::span<const std::int32_t> permutation) {
  const auto ordering = static_cast<std::int32_t>(options.ordering);
  const bool known = !is_iterative(options.method) &&
                     static_cast<std::int32_t>(options.method) >= 0 && ordering >= 0 &&
                     options.ordering <= OrderingKind::rcm &&
                     static_cast<std::uint32_t>(options.precision) <= 2;
  if (!known) return Status::invalid_argument;
  Buffer<std::int32_t> order;
  if (options.ordering == OrderingKind::given) {
    const auto n = static_cast<std::size_t>(a.view().cols());
    if (permutation.size() != n) return Status::shape_mismatch;
    Buffer<unsigned char> used;
    if (used.allocate_zero(n) != Status::ok || order.copy_from(permutation) != Status::ok) {
      return Status::out_of_memory;
    }
    for (std::size_t k = 0; k < n; ++k) {
      const auto v = static_cast<std::uint32_t>(order[k]);
      if (v >= n || used[v]) return Fault{Status::invalid_argument, std::int64_t(k)};
      used[v] = 1;
    }
  }
  std::shared_ptr<Factor> factor(lacuna::create<Factor>(std::move(a), options));
  if (!factor) return Status::out_of_memory;
  factor->permutation_ = std::move(order);
  return factor;
}

Fault Factor::begin(Goal goal, std::span<const double> values) {
  if (working() || solves_ > 0) return Status::busy;
  if (goal == Goal::update) {
    if (!ready_) return Status::not_ready;
    if (values.size() != a_.view().values().size()) return Status::shape_mismatch;
    if (const std::int64_t bad = simd::first_not_finite(values); bad >= 0) {
      return {Status::not_finite, bad};
    }
    if (earlier_values_.copy_from(values) != Status::ok) return Status::out_of_memory;
    a_.swap_values(earlier_values_);
    earlier_measures_ = measures_;
  }
  failure_ = FactorFailure();
  if (ready_) info_ = factorization_->info();
  reach_.reset();
  lu_reach_.reset();
  goal_ = goal;
  shown_ = 0;
  stage_ = Stage::measure;
  return {};
}

TaskState Factor::step(Budget& budget) {
  while (working()) {
    Fault fault;
    switch (stage_) {
      case Stage::measure:
        budget.spend(10.0 * a_.view().nnz());
        fault = measure();
        break;
      case Stage::open: fault = open(); break;
      case Stage::analyze: {
        const TaskState state = factorization_->step(budget);
        if (state == TaskState::failed) fault = factorization_->fault();
        if (state == TaskState::done) fault = end_analysis();
        break;
      }
      case Stage::numbers: fault = advance_numbers(budget); break;
      case Stage::match:
        if (matcher_.step(budget) == TaskState::done) note_deficiency();
        break;
      case Stage::modify: fault = advance_change(budget); break;
      case Stage::import: fault = advance_import(budget); break;
      case Stage::idle: break;
    }
    if (!fault.ok()) recover(fault);
    shown_ = progress();
    if (working() && budget.exhausted()) return TaskState::running;
  }
  return failure_.fault.ok() ? TaskState::done : TaskState::failed;
}

double Factor::progress() const {
  const double whole = goal_ == Goal::analyze ? 1 : goal_ == Goal::update ? 0 : analysis_share;
  double share = 1;
  if (stage_ == Stage::analyze) share = whole * factorization_->progress();
  if (stage_ == Stage::numbers) share = whole + (1 - whole) * factorization_->progress();
  if (stage_ == Stage::modify) share = modifier_->progress();
  const bool unknown = stage_ == Stage::measure || stage_ == Stage::open || stage_ == Stage::import;
  if (unknown) share = 0;
  return std::max(shown_, share);
}

Result<Factor::Measures> Factor::measure_values(const CsrView& a) {
  auto structure = measure_structure(a);
  if (!structure.ok()) return structure.fault();
  auto norm = lacuna::norm_one(a);
  if (!norm.ok()) return norm.fault();
  return Measures{structure.value(), norm_inf(a), norm.value(), norm_frobenius(a)};
}

Fault Factor::measure() {
  const bool updates = goal_ == Goal::update;
  if (updates || !analyzed_) {
    auto measured = measure_values(a_.view());
    if (!measured.ok()) return measured.fault();
    measures_ = measured.value();
    at_.reset();
  }
  if (updates) {
    // The method in use has to fit the new values, too.
    SolverOptions wanted;
    wanted.method = method();
    auto fits = make_plan(a_.view(), measures_.structure, wanted);
    return fits.ok() ? begin_numbers() : fits.fault();
  }
  if (analyzed_) return begin_numbers();
  if (const Fault fault = plan(); !fault.ok()) return fault;
  stage_ = Stage::open;
  return {};
}

/// The direct methods of the ladder; QR only where a square one cannot be meant.
Fault Factor::plan() {
  SolverOptions wanted;
  wanted.method = options_.method;
  auto ladder = make_plan(a_.view(), measures_.structure, wanted);
  if (!ladder.ok()) return ladder.fault();
  plan_ = Plan();
  current_ = 0;
  for (int k = 0; k < ladder.value().count; ++k) {
    const Method method = ladder.value().rungs[k].method;
    const bool fallback = method == Method::qr && ladder.value().count > 1;
    if (!is_iterative(method) && !fallback) plan_.add(method);
  }
  return {};
}

Fault Factor::open() {
  // QR has an order of its own.
  if (method() == Method::qr && options_.ordering != OrderingKind::automatic) {
    return Status::invalid_argument;
  }
  factorization_ = make_direct();
  if (!factorization_) return Status::out_of_memory;
  Ordering ordering;
  ordering.kind = options_.ordering;
  ordering.permutation = permutation_.span();
  factorization_->order_by(ordering);
  stage_ = Stage::analyze;
  return factorization_->begin_analyze(a_.view());
}

/// By the method in use and its options; null where memory is short.
std::unique_ptr<Factorization> Factor::make_direct() {
  const bool mixed = options_.precision != Precision::full;
  MixedSettings settings{options_.precision == Precision::automatic, options_.max_bytes, &at_};
  LuOptions lu;
  lu.max_bytes = options_.max_bytes;
  QrOptions qr;
  qr.max_bytes = options_.max_bytes;
  Factorization* made = nullptr;
  switch (method()) {
    case Method::cholesky:
      if (!mixed) return make_cholesky();
      made = lacuna::create<MixedCholesky>(settings);
      break;
    case Method::ldlt:
      if (!mixed) return make_ldlt();
      made = lacuna::create<MixedLdlt>(settings);
      break;
    case Method::lu:
      made = mixed ? static_cast<Factorization*>(lacuna::create<MixedLu>(settings, lu))
                   : lacuna::create<LuFactorization>(lu);
      break;
    default: made = lacuna::create<QrFactorization>(qr);
  }
  return std::unique_ptr<Factorization>(made);
}

Fault Factor::end_analysis() {
  ++analyses_;
  analyzed_ = true;
  info_ = factorization_->info();
  if (info_.flops > options_.max_flops || info_.peak_bytes > options_.max_bytes) {
    return Status::over_budget;
  }
  if (goal_ != Goal::analyze) return begin_numbers();
  end({});
  return {};
}

Fault Factor::begin_numbers() {
  stage_ = Stage::numbers;
  spent_ = 0;
  return factorization_->begin_factorize(a_.view());
}

Fault Factor::advance_numbers(Budget& budget) {
  const bool limited = options_.max_flops < std::numeric_limits<double>::infinity();
  TaskState state = TaskState::running;
  if (limited && info_.flops < 0) {
    Budget piece(limit_piece);
    state = factorization_->step(piece);
    const double work = limit_piece - piece.work_left();
    spent_ += work;
    budget.spend(work);
    if (spent_ > options_.max_flops) return Status::over_budget;
  } else {
    state = factorization_->step(budget);
  }
  if (state == TaskState::failed) {
    const Fault fault = factorization_->fault();
    // The bytes that were too many.
    if (fault.status == Status::over_budget) info_.peak_bytes = factorization_->info().peak_bytes;
    return fault;
  }
  if (state != TaskState::done) return {};
  ++factorizations_;
  changes_ = 0;
  info_ = factorization_->info();
  ready_ = true;
  end({});
  return {};
}

double Factor::entry(std::int64_t row, std::int64_t col) const {
  const CsrView a = a_.view();
  const std::int32_t* end = a.indices() + a.indptr()[row + 1];
  const std::int32_t* at = std::lower_bound(a.indices() + a.indptr()[row], end, col);
  return at != end && *at == col ? a.data()[at - a.indices()] : 0;
}

void Factor::note_failure(Fault fault) {
  failure_.fault = fault;
  if (fault.status == Status::not_symmetric) {
    failure_.value = entry(fault.position, fault.partner);
    failure_.mirror = entry(fault.partner, fault.position);
  } else if (stage_ == Stage::numbers) {
    failure_.value = factorization_->failed_pivot();
  } else if (fault.status == Status::indefinite_matrix && fault.position >= 0) {
    failure_.value = entry(fault.position, fault.position);
  }
}

void Factor::recover(Fault fault) {
  if (stage_ == Stage::modify || stage_ == Stage::import) return end(fault);
  const bool pivot = fault.status == Status::indefinite_matrix ||
                     fault.status == Status::zero_pivot || fault.status == Status::singular_matrix;
  if (pivot && goal_ != Goal::update && stage_ == Stage::numbers && current_ + 1 < plan_.count) {
    ++current_;
    stage_ = Stage::open;
    return;
  }
  note_failure(fault);
  const bool structural = fault.status == Status::singular_matrix && a_.view().square();
  if (structural && matcher_.begin(PatternView(a_.view())) == Status::ok) {
    stage_ = Stage::match;
  } else {
    end(fault);
  }
}

void Factor::note_deficiency() {
  const Matching matching = matcher_.take();
  matcher_ = {};
  if (!matching.perfect()) {
    StructuralDeficiency found;
    const auto missing = static_cast<std::size_t>(rows() - matching.rank);
    if (found.rows.allocate(missing) == Status::ok && found.cols.allocate(missing) == Status::ok) {
      std::size_t row = 0, col = 0;
      for (std::int32_t k = 0; k < rows(); ++k) {
        if (matching.index_of_line[k] < 0) found.rows[row++] = k;
        if (matching.line_of_index[k] < 0) found.cols[col++] = k;
      }
      found.rank = matching.rank;
      failure_.deficiency = std::move(found);
    }
  }
  end(failure_.fault);
}

void Factor::end(Fault fault) {
  failure_.fault = fault;
  stage_ = Stage::idle;
  importer_.reset();
  if (fault.ok()) {
    if (goal_ == Goal::update) earlier_values_.release();
    return;
  }
  if (goal_ == Goal::change) {
    modifier_.reset();
    next_matrix_.reset();
    return;
  }
  if (factorization_) factorization_->cancel();
  if (goal_ == Goal::update) {
    a_.swap_values(earlier_values_);
    earlier_values_.release();
    measures_ = earlier_measures_;
    at_.reset();
  } else if (!ready_) {
    factorization_.reset();
    analyzed_ = false;
  }
}

void Factor::cancel() {
  if (!working()) return;
  if (stage_ == Stage::modify) return cancel_change();
  end(Status::not_ready);
  failure_ = FactorFailure();
}

FactorReport Factor::report() const {
  FactorReport report;
  report.method = plan_.count > 0 ? int(method()) : int(options_.method);
  report.ordering = int(info_.ordering);
  report.factor_nnz = info_.nnz;
  report.flops = info_.flops;
  report.solve_flops = info_.solve_flops > 0 ? info_.solve_flops : -1;
  report.peak_bytes = info_.peak_bytes;
  report.supernodes = static_cast<double>(info_.supernodes);
  report.rank = static_cast<double>(info_.rank);
  report.pivot_growth = info_.pivot_growth;
  report.analyses = analyses_;
  report.factorizations = factorizations_;
  report.rungs = current_;
  report.changes = changes_;
  report.nnz = a_.view().nnz();
  report.positive = static_cast<double>(info_.positive);
  report.negative = static_cast<double>(info_.negative);
  report.zero = static_cast<double>(info_.zero);
  report.two_by_two = static_cast<double>(info_.two_by_two);
  report.delayed = static_cast<double>(info_.delayed);
  report.perturbed = static_cast<double>(info_.perturbed);
  if (const MixedFactorization* const used = mixed()) {
    report.single = ready_ && used->single();
    report.fallback = int(used->fallback());
    report.condition = used->condition();
  } else if (options_.precision == Precision::mixed) {
    report.fallback = int(Fallback::method);
  }
  if (ready_ && cholesky() != nullptr) {
    report.positive = rows();
    report.negative = report.zero = 0;
  }
  return report;
}

Factorization* Factor::exact() const {
  MixedFactorization* const used = mixed();
  return used != nullptr ? used->exact() : factorization_.get();
}

Cholesky* Factor::cholesky() const {
  return plan_.count > 0 && method() == Method::cholesky ? static_cast<Cholesky*>(exact())
                                                         : nullptr;
}

MixedFactorization* Factor::mixed() const {
  const bool has =
      factorization_ && options_.precision != Precision::full && method() != Method::qr;
  return has ? static_cast<MixedFactorization*>(factorization_.get()) : nullptr;
}

bool Factor::single() const {
  const MixedFactorization* const used = mixed();
  return used != nullptr && used->single();
}

Status Factor::begin_transposed() {
  return measures_.structure.exactly_symmetric || at_.begun() ? Status::ok : at_.begin(a_.view());
}

CheckedSystem Factor::system(bool transposed, double rtol, double atol) const {
  const bool other = transposed && !measures_.structure.exactly_symmetric;
  return {other ? at_.view() : a_.view(), transposed ? measures_.norm_one : measures_.norm_inf,
          measures_.norm_frobenius, rtol, atol};
}

}  // namespace lacuna
