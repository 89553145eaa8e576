#include "lacuna/direct/qr.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lacuna {

Fault QrFactorization::begin_analyze(const CsrView& a) {
  analyzing_ = true;
  return begin_measure(a);
}

Fault QrFactorization::begin_factorize(const CsrView& a) {
  end({});
  if (!next_plan_ && !plan_) return fault_ = Status::not_ready;
  const QrPlan& plan = active();
  const bool wide = a.rows() < a.cols();
  if (wide != plan.wide || a.nnz() != plan.nnz || std::max(a.rows(), a.cols()) != plan.rows ||
      std::min(a.rows(), a.cols()) != plan.cols) {
    return fault_ = Status::shape_mismatch;
  }
  analyzing_ = false;
  return begin_measure(a);
}

/// The largest entry, then the norms of the columns of B.
Fault QrFactorization::begin_measure(const CsrView& a) {
  end({});
  a_ = a;
  at_ = 0;
  largest_ = 0;
  const std::int32_t cols = std::min(a.rows(), a.cols());
  fault_ = squares_.allocate_zero(cols);
  stage_ = fault_.ok() ? Stage::measure : Stage::idle;
  return fault_;
}

void QrFactorization::measure_row(std::int32_t i) {
  const std::int32_t begin = a_->indptr()[i], end = a_->indptr()[i + 1];
  const double* data = a_->data();
  if (at_ < a_->rows()) {
    for (std::int32_t p = begin; p < end; ++p) largest_ = std::max(largest_, std::fabs(data[p]));
    return;
  }
  const bool wide = a_->rows() < a_->cols();
  for (std::int32_t p = begin; p < end; ++p) {
    const double v = data[p] * scale_;
    squares_[wide ? i : a_->indices()[p]] += v * v;
  }
}

Fault QrFactorization::end_measure() {
  double most = 0;
  for (const double square : squares_.span()) most = std::max(most, square);
  squares_.release();
  const double sides = static_cast<double>(a_->rows()) + a_->cols();
  const double epsilon = std::numeric_limits<double>::epsilon();
  tolerance_ = options_.tolerance < 0 ? 20 * sides * epsilon * (std::sqrt(most) / scale_)
                                      : options_.tolerance;
  return analyzing_ || !singles_hold() ? begin_analysis() : begin_fronts();
}

Fault QrFactorization::begin_analysis() {
  analysis_.reset(create<QrAnalysis>());
  if (!analysis_) return Status::out_of_memory;
  stage_ = Stage::analyze;
  return analysis_->begin(*a_, tolerance_);
}

bool QrFactorization::singles_hold() const {
  const QrPlan& plan = active();
  for (std::int32_t k = 0; k < plan.singles; ++k) {
    if (!(std::fabs(a_->data()[plan.single_source[plan.single_begin[k]]]) > tolerance_)) {
      return false;
    }
  }
  return true;
}

Fault QrFactorization::begin_fronts() {
  next_.reset(create<Made>());
  fronts_.reset(create<QrFronts>());
  if (!next_ || !fronts_) return Status::out_of_memory;
  const QrStorage storage = keeps_reflections() ? options_.storage : QrStorage::seminormal;
  next_->factors.scale = scale_;
  next_->factors.tolerance = tolerance_;
  stage_ = Stage::fronts;
  return fronts_->begin(active(), next_->factors, a_->data(), storage);
}

Fault QrFactorization::end_fronts() {
  const QrPlan& plan = active();
  fronts_.reset();
  if (!next_->factors.blocks) {
    auto copied =
        CsrMatrix::from_csr(a_->rows(), a_->cols(), {a_->indptr(), std::size_t(a_->rows()) + 1},
                            {a_->indices(), std::size_t(a_->nnz())}, a_->values());
    if (!copied.ok()) return copied.fault();
    next_->matrix.emplace(copied.take());
  }
  if (next_->factors.rank == plan.cols || !options_.minimum_norm) return finish();
  basis_.reset(create<QrNullBasis>());
  if (!basis_) return Status::out_of_memory;
  stage_ = Stage::null_basis;
  return basis_->begin(plan, next_->factors);
}

Fault QrFactorization::begin_adopt(const CsrView& a, std::unique_ptr<QrPlan> plan,
                                   QrFactors&& factors) {
  end({});
  a_ = a;
  next_plan_ = std::move(plan);
  next_.reset(create<Made>());
  if (!next_) return fault_ = Status::out_of_memory;
  next_->factors = std::move(factors);
  fault_ = end_fronts();
  return fault_;
}

Fault QrFactorization::begin_null_space() {
  if (basis_->count() == 0) return finish();
  auto basis = basis_->take();
  if (!basis.ok()) return basis.fault();
  basis_.reset();
  next_->basis.emplace(basis.take());
  QrOptions options;
  options.minimum_norm = false;
  next_->null_space.reset(create<QrFactorization>(options));
  if (!next_->null_space) return Status::out_of_memory;
  stage_ = Stage::null_space;
  return next_->null_space->begin_analyze(next_->basis->view());
}

TaskState QrFactorization::step(Budget& budget) {
  while (stage_ != Stage::idle) {
    Fault fault;
    switch (stage_) {
      case Stage::measure: {
        Meter meter(budget);
        const std::int32_t rows = a_->rows();
        while (at_ < 2 * rows) {
          if (at_ == rows) {
            int exponent = 0;
            std::frexp(largest_, &exponent);
            scale_ = std::ldexp(1.0, std::clamp(-exponent, -1000, 1000));
          }
          const std::int32_t i = at_ < rows ? at_ : at_ - rows;
          measure_row(i);
          ++at_;
          if (meter.spend(2.0 * (a_->indptr()[i + 1] - a_->indptr()[i]) + 1)) {
            return TaskState::running;
          }
        }
        fault = end_measure();
        break;
      }
      case Stage::analyze: {
        const TaskState state = analysis_->step(budget);
        if (state == TaskState::running) return state;
        fault = analysis_->fault();
        if (!fault.ok()) break;
        next_plan_ = analysis_->take();
        analysis_.reset();
        if (analyzing_) return end({});
        fault = begin_fronts();
        break;
      }
      case Stage::fronts: {
        Meter meter(budget);
        const TaskState state = fronts_->step(meter);
        if (state == TaskState::running) return state;
        fault = state == TaskState::done ? end_fronts() : Fault(fronts_->status());
        break;
      }
      case Stage::null_basis: {
        Meter meter(budget);
        const TaskState state = basis_->step(meter);
        if (state == TaskState::running) return state;
        fault = state == TaskState::done ? begin_null_space() : Fault(Status::out_of_memory);
        break;
      }
      case Stage::null_space: {
        QrFactorization& inner = *next_->null_space;
        const TaskState state = inner.step(budget);
        if (state == TaskState::running) return state;
        fault = inner.fault();
        if (!fault.ok()) break;
        if (inner.made_) {
          fault = finish();
        } else {
          fault = inner.begin_factorize(next_->basis->view());
        }
        break;
      }
      default: break;
    }
    if (!fault.ok()) return end(fault);
  }
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

Fault QrFactorization::finish() {
  // The earlier factors go before the plan that they are read by.
  made_.reset();
  if (next_plan_) plan_ = std::move(next_plan_);
  made_ = std::move(next_);
  end({});
  return {};
}

TaskState QrFactorization::end(Fault fault) {
  fault_ = fault;
  stage_ = Stage::idle;
  next_.reset();
  analysis_.reset();
  fronts_.reset();
  basis_.reset();
  return fault.ok() ? TaskState::done : TaskState::failed;
}

double QrFactorization::progress() const {
  switch (stage_) {
    case Stage::idle: return 1;
    case Stage::measure: return 0;
    case Stage::analyze: return analyzing_ ? analysis_->progress() : 0;
    case Stage::fronts: return fronts_->progress();
    default: return 1;
  }
}

QrAnswer QrFactorization::answer() const {
  QrAnswer answer;
  answer.plan = plan_.get();
  answer.factors = &made_->factors;
  answer.null_space = made_->null_space.get();
  if (made_->basis) answer.basis = &*made_->basis;
  if (made_->matrix) answer.matrix = &*made_->matrix;
  return answer;
}

std::unique_ptr<Substitution> QrFactorization::substitution() {
  if (!made_) return nullptr;
  return std::unique_ptr<Substitution>(create<QrSolve>(answer()));
}

Status QrFactorization::solve(std::span<const double> b, std::span<double> x, bool transposed) {
  if (!made_) return Status::not_ready;
  QrSolve solve(answer());
  if (const Status status = solve.begin(b, x, 1, transposed); status != Status::ok) return status;
  Budget unlimited;
  while (solve.step(unlimited) == TaskState::running) {
  }
  return Status::ok;
}

double QrFactorization::peak_bytes(bool reflections) const {
  const QrPlan& plan = active();
  // Without them, the matrix is copied when the fronts are done.
  const double copy = 12.0 * plan.nnz + 4.0 * plan.rows;
  return plan.bytes() + QrFronts::bytes(plan, reflections) +
         (reflections ? plan.front_bytes : std::max(plan.front_bytes_without, copy));
}

bool QrFactorization::keeps_reflections() const {
  if (options_.storage != QrStorage::automatic) return options_.storage == QrStorage::reflections;
  return 8 * active().nnz_v <= options_.most_bytes && peak_bytes(true) <= options_.max_bytes;
}

FactorInfo QrFactorization::info() const {
  FactorInfo info;
  info.ordering = OrderingKind::column_amd;
  if (next_plan_ || plan_) info.peak_bytes = peak_bytes(keeps_reflections());
  if (made_) {
    const QrFactors& factors = made_->factors;
    info.nnz = factors.nnz_r + factors.nnz_v;
    info.flops = factors.flops;
    info.rank = factors.rank;
    info.seminormal = seminormal();
    info.solve_flops = 2 * factors.nnz_r + 4 * factors.nnz_v;
    if (seminormal()) {
      info.solve_flops = (QrSolve::corrections + 1) * (4 * factors.nnz_r + 4.0 * plan_->nnz);
    }
    if (made_->null_space) {
      const FactorInfo inner = made_->null_space->info();
      info.flops += inner.flops;
      info.solve_flops += 2 * (inner.solve_flops + 2.0 * made_->basis->view().nnz());
    }
  } else if (next_plan_) {
    info.nnz = next_plan_->nnz_r + next_plan_->nnz_v;
    info.flops = next_plan_->flops;
  }
  return info;
}

std::unique_ptr<Factorization> make_qr() {
  return std::unique_ptr<Factorization>(create<QrFactorization>());
}

}  // namespace lacuna
