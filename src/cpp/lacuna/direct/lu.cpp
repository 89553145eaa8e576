#include "lacuna/direct/lu.hpp"

#include <utility>

namespace lacuna {
Fault LuFactorization::begin_analyze(const CsrView& a) {
  cancel();
  fault_ = analysis_.begin(a, options_.kernel, ordering_);
  if (!fault_.ok()) return fault_;
  deficiency_ = {};
  view_ = a;
  stage_ = Stage::analyze;
  return {};
}

Fault LuFactorization::begin_factorize(const CsrView& a) {
  cancel();
  if (!next_plan_ && !plan_) return fault_ = Status::not_ready;
  if (a.rows() != active().n || a.cols() != active().n || a.nnz() != active().nnz) {
    return fault_ = Status::shape_mismatch;
  }
  view_ = a;
  tolerance_ = options_.tolerance;
  next_route_ = LuRoute::fresh;
  return begin_numbers(!next_plan_ && pattern_);
}

void LuFactorization::cancel() {
  stage_ = Stage::idle;
  fault_ = {};
  numeric_.cancel();
  grown_factors_.reset();
  grown_pattern_.reset();
}

TaskState LuFactorization::fail(Fault fault) {
  // A second try that fails leaves the first one.
  if (grown_factors_ && stage_ != Stage::idle) {
    if (numeric_.factors()) grown_factors_->flops = numeric_.factors()->flops;
    numeric_.cancel();
    fault = keep(std::move(grown_factors_), std::move(grown_pattern_), grown_route_);
    if (fault.ok()) {
      stage_ = Stage::idle;
      return TaskState::done;
    }
  }
  cancel();
  fault_ = fault;
  return TaskState::failed;
}

/// With the pivots in use or with new ones.
Fault LuFactorization::begin_numbers(bool reuse) {
  NumericLu<double>::Settings settings;
  settings.tolerance = tolerance_;
  settings.max_bytes = options_.max_bytes;
  if (reuse) {
    settings.pattern = pattern_.get();
    settings.column_bytes = factors_->column_bytes;
  }
  reuses_ = reuse;
  fault_ = numeric_.begin(active(), *view_, settings);
  if (fault_.ok()) stage_ = Stage::numbers;
  return fault_;
}

/// Flops of a try that is given up count as well.
Fault LuFactorization::begin_anew(LuRoute route, double spent) {
  next_route_ = route;
  const Fault fault = begin_numbers(false);
  if (fault.ok()) numeric_.factors()->flops = spent;
  return fault;
}

TaskState LuFactorization::step(Budget& budget) {
  if (!fault_.ok()) return TaskState::failed;
  if (stage_ == Stage::analyze) {
    const TaskState state = analysis_.step(budget);
    if (state == TaskState::failed) {
      deficiency_ = analysis_.take_deficiency();
      return fail(analysis_.fault());
    }
    if (state != TaskState::done) return state;
    next_plan_ = analysis_.take();
    predicted_flops_ = next_plan_->predicted_flops;
    predicted_nnz_ = next_plan_->predicted_nnz;
    stage_ = Stage::idle;
    return TaskState::done;
  }
  Meter meter(budget);
  while (stage_ != Stage::idle) {
    const TaskState state = numeric_.step(meter);
    if (state == TaskState::running) return state;
    Fault fault;
    if (state == TaskState::done) {
      fault = finish();
    } else if (numeric_.fault().status == Status::zero_pivot) {
      fault = begin_anew(LuRoute::fallback, numeric_.factors()->flops);
    } else {
      fault = numeric_.fault();
    }
    if (!fault.ok()) return fail(fault);
  }
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

Fault LuFactorization::finish() {
  auto factors = numeric_.take();
  auto pattern = numeric_.take_pattern();
  if (reuses_) next_route_ = LuRoute::reused;
  if (grown_factors_) {
    if (!(factors->quality.pivot_growth > grown_factors_->quality.pivot_growth)) {
      grown_factors_->flops = factors->flops;
      factors = std::move(grown_factors_);
      pattern = std::move(grown_pattern_);
      next_route_ = grown_route_;
    }
  } else if (factors->quality.pivot_growth < growth_limit) {
    if (reuses_) return begin_anew(LuRoute::fallback, factors->flops);
    if (tolerance_.diagonal < strict.diagonal) {
      grown_factors_ = std::move(factors);
      grown_pattern_ = std::move(pattern);
      grown_route_ = next_route_;
      tolerance_ = strict;
      return begin_anew(LuRoute::strict, grown_factors_->flops);
    }
  }
  const Fault fault = keep(std::move(factors), std::move(pattern), next_route_);
  grown_factors_.reset();
  grown_pattern_.reset();
  if (fault.ok()) stage_ = Stage::idle;
  return fault;
}

Fault LuFactorization::keep(std::unique_ptr<LuFactors<double>>&& factors,
                            std::unique_ptr<ColumnPattern>&& pattern, LuRoute route) {
  // Room for a solve.
  const Status status = solver_.begin(active(), *factors, nullptr, nullptr, 0, false);
  if (status != Status::ok) {
    return status;
  }
  if (next_plan_) {
    // The earlier factors go before the plan that they are read by.
    factors_.reset();
    pattern_.reset();
    plan_ = std::move(next_plan_);
  }
  const bool reused = factors->pattern != nullptr && factors->pattern == pattern_.get();
  factors_ = std::move(factors);
  if (!reused) pattern_ = std::move(pattern);
  route_ = route;
  return {};
}

double LuFactorization::progress() const {
  if (stage_ == Stage::idle) return 1;
  if (stage_ == Stage::analyze) return analysis_.progress();
  return numeric_.progress();
}

std::unique_ptr<Factorization> make_lu() {
  return std::unique_ptr<Factorization>(create<LuFactorization>());
}

}  // namespace lacuna
