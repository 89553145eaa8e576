#include "lacuna/direct/lu.hpp"

#include <algorithm>
#include <cstring>

namespace lacuna {
namespace {

double magnitude(double v) { return v < 0 ? -v : v; }

/// Power of two that brings `v` > 0 into [1, 2), as far as the range of doubles allows.
double reciprocal_power(double v) {
  std::uint64_t bits;
  std::memcpy(&bits, &v, sizeof bits);
  const auto exponent = static_cast<std::int64_t>(bits >> 52 & 0x7ff);
  bits = static_cast<std::uint64_t>(std::clamp<std::int64_t>(2046 - exponent, 1, 2045)) << 52;
  double power;
  std::memcpy(&power, &bits, sizeof power);
  return power;
}

}  // namespace

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
  next_factors_.reset();
  next_pattern_.reset();
  grown_factors_.reset();
  grown_pattern_.reset();
}

TaskState LuFactorization::fail(Fault fault) {
  // A second try that fails leaves the first one.
  if (grown_factors_ && stage_ != Stage::idle) {
    if (next_factors_) grown_factors_->flops = next_factors_->flops;
    next_factors_.reset();
    next_pattern_.reset();
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

/// Space for the factors, with the pivots in use or with new ones.
Fault LuFactorization::begin_numbers(bool reuse) {
  const LuPlan& plan = active();
  const auto n = static_cast<std::size_t>(plan.n);
  next_pattern_.reset();
  next_factors_.reset(create<LuFactors>());
  if (!next_factors_) return fault_ = Status::out_of_memory;
  LuFactors& f = *next_factors_;
  bool allocated = f.row_scale.allocate(n) == Status::ok && f.diagonal.allocate(n) == Status::ok &&
                   f.outer.allocate(plan.outer_row.size()) == Status::ok;
  if (allocated && reuse) {
    f.pattern = pattern_.get();
    f.column_bytes = factors_->column_bytes;
    allocated = f.lower.allocate(pattern_->lower.used) == Status::ok &&
                f.upper.allocate(pattern_->upper.used) == Status::ok;
  } else if (allocated && plan.largest_columns > 0) {
    next_pattern_.reset(create<ColumnPattern>());
    if (!next_pattern_) return fault_ = Status::out_of_memory;
    f.pattern = next_pattern_.get();
    ColumnPattern& p = *next_pattern_;
    allocated = p.lower.begin.allocate(n + 1) == Status::ok &&
                p.upper.begin.allocate(n + 1) == Status::ok &&
                p.pivot_row.allocate(n) == Status::ok && p.pivot_of.allocate(n) == Status::ok &&
                p.lower.reserve(2 * plan.inner_row.size()) == Status::ok &&
                p.upper.reserve(2 * plan.inner_row.size()) == Status::ok;
    if (allocated) p.lower.begin[0] = p.upper.begin[0] = 0;
  }
  if (allocated && plan.largest_columns > 0) {
    // With the pivots in use, a pivot is as good as new if it passes the test for the diagonal.
    allocated = columns_.begin(plan, f, tolerance_.diagonal) == Status::ok;
  }
  if (!allocated) {
    next_factors_.reset();
    next_pattern_.reset();
    return fault_ = Status::out_of_memory;
  }
  front_block_ = plan.fronts.get();
  at_ = 0;
  stage_ = Stage::scale;
  return {};
}

/// Flops of a try that is given up count as well.
Fault LuFactorization::begin_anew(LuRoute route) {
  next_route_ = route;
  const double spent = (next_factors_ ? next_factors_ : grown_factors_)->flops;
  const Fault fault = begin_numbers(false);
  if (fault.ok()) next_factors_->flops = spent;
  return fault;
}

/// Whether there is room for column k, or may be: lists grow by half, the old ones beside the new.
bool LuFactorization::fits_budget(std::int32_t k) {
  const LuPlan& plan = active();
  const ColumnPattern& p = *next_pattern_;
  constexpr double entry = sizeof(double) + sizeof(std::int32_t);
  const std::size_t more[] = {static_cast<std::size_t>(plan.block_begin[block_ + 1] - k),
                              static_cast<std::size_t>(k - plan.block_begin[block_])};
  double bytes = plan.predicted_bytes + plan.bytes(), old = 0;
  for (const bool upper : {false, true}) {
    const ColumnLists& lists = upper ? p.upper : p.lower;
    auto size = static_cast<double>(lists.row.size());
    const double needed = static_cast<double>(lists.used + more[upper]);
    if (needed > size) {
      old = std::max(old, size);
      size = 1.5 * needed;
    }
    bytes += entry * size;
  }
  double& most = next_factors_->column_bytes;
  most = refused_bytes_ = std::max(most, bytes + sizeof(double) * old);
  return most <= options_.max_bytes;
}

double LuFactorization::scale_row(std::int32_t k) {
  const std::int32_t i = active().row_of[k];
  const std::int32_t begin = view_->indptr()[i], end = view_->indptr()[i + 1];
  double largest = 0;
  for (std::int32_t p = begin; p < end; ++p) {
    largest = std::max(largest, magnitude(view_->data()[p]));
  }
  next_factors_->row_scale[k] = largest > 0 ? reciprocal_power(largest) : 1;
  return 2.0 * (end - begin) + 1;
}

double LuFactorization::copy_outer(std::int32_t k) {
  const LuPlan& plan = active();
  const std::int32_t begin = plan.outer_begin[k], end = plan.outer_begin[k + 1];
  for (std::int32_t p = begin; p < end; ++p) {
    next_factors_->outer[p] =
        view_->data()[plan.outer_source[p]] * next_factors_->row_scale[plan.outer_row[p]];
  }
  return 2.0 * (end - begin) + 1;
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
    const LuPlan& plan = active();
    double work = 1;
    Fault fault;
    switch (stage_) {
      case Stage::scale:
        if (at_ < plan.n) {
          work = scale_row(at_++);
        } else {
          stage_ = Stage::outer;
          at_ = 0;
        }
        break;
      case Stage::outer:
        if (at_ < plan.n) {
          work = copy_outer(at_++);
        } else {
          stage_ = Stage::blocks;
          block_ = 0;
          at_ = 0;
        }
        break;
      case Stage::blocks: fault = block_ < plan.blocks() ? begin_block() : finish(); break;
      case Stage::columns: {
        if (!fits_budget(at_)) return fail(Status::over_budget);
        const Status status = columns_.factor_column(at_, view_->data(), work);
        if (status != Status::ok) return fail(pivot_fault(status, columns_.failure()));
        if (++at_ == plan.block_begin[block_ + 1]) {
          work += columns_.close_block();
          ++block_;
          stage_ = Stage::blocks;
        }
        break;
      }
      case Stage::refactor:
        if (columns_.refactor_column(at_, view_->data(), work) != Status::ok) {
          fault = begin_anew(LuRoute::fallback);
        } else {
          if (++at_ == plan.block_begin[block_ + 1]) {
            ++block_;
            stage_ = Stage::blocks;
          }
        }
        break;
      case Stage::fronts: {
        const TaskState state = fronts_.step(meter);
        if (state == TaskState::failed)
          return fail(pivot_fault(fronts_.status(), fronts_.failure()));
        if (state != TaskState::done) return state;
        front_block_ = front_block_->next.get();
        ++block_;
        stage_ = Stage::blocks;
        break;
      }
      default: break;
    }
    if (!fault.ok()) return fail(fault);
    if (meter.spend(work) && stage_ != Stage::idle) return TaskState::running;
  }
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

Fault LuFactorization::begin_block() {
  const LuPlan& plan = active();
  LuFactors& f = *next_factors_;
  const std::int32_t begin = plan.block_begin[block_];
  const std::int32_t end = plan.block_begin[block_ + 1];
  const bool reuse = f.pattern != nullptr && f.pattern == pattern_.get();
  at_ = begin;
  if (plan.kind[block_] == BlockKind::columns) {
    if (!reuse) columns_.open_block(begin, end);
    stage_ = reuse ? Stage::refactor : Stage::columns;
    return {};
  }
  if (f.pattern != nullptr && !reuse) {
    // Columns of other blocks have no lists.
    for (std::int32_t k = begin; k < end; ++k) {
      f.pattern->lower.begin[k + 1] = f.pattern->lower.used;
      f.pattern->upper.begin[k + 1] = f.pattern->upper.used;
    }
  }
  if (plan.kind[block_] == BlockKind::fronts) return begin_fronts();
  // A block of one is its own pivot.
  const double v = view_->data()[plan.inner_source[plan.inner_begin[begin]]] * f.row_scale[begin];
  if (v == 0) return pivot_fault(Status::singular_matrix, {begin, 0});
  f.diagonal[begin] = v;
  ++block_;
  return {};
}

Fault LuFactorization::begin_fronts() {
  FrontFactors* const added = next_factors_->add_fronts();
  if (added == nullptr) return Status::out_of_memory;
  stage_ = Stage::fronts;
  return fronts_.begin(*front_block_, *next_factors_, *added, view_->data(), tolerance_);
}

Fault LuFactorization::pivot_fault(Status status, PivotFailure failure) {
  if (status == Status::out_of_memory) return status;
  failed_pivot_ = failure.value;
  return {status, active().col_of[failure.position]};
}

void LuFactorization::measure_diagonal(LuFactors& f) const {
  double least = 0, most = 0;
  for (std::size_t k = 0; k < f.diagonal.size(); ++k) {
    const double v = magnitude(f.diagonal[k]);
    if (k == 0 || v < least) least = v;
    if (v > most) most = v;
  }
  f.quality.diagonal_ratio = most > 0 ? least / most : 1;
}

Fault LuFactorization::finish() {
  const LuPlan& plan = active();
  LuFactors& f = *next_factors_;
  measure_diagonal(f);
  f.nnz += static_cast<double>(plan.outer_row.size());
  if (f.pattern != nullptr) {
    f.nnz += static_cast<double>(f.pattern->lower.used + f.pattern->upper.used);
  }
  for (std::int32_t b = 0; b < plan.blocks(); ++b) {
    // Diagonals: those of fronts are counted with them.
    if (plan.kind[b] != BlockKind::fronts) f.nnz += plan.block_begin[b + 1] - plan.block_begin[b];
  }
  const bool reuse = f.pattern != nullptr && f.pattern == pattern_.get();
  if (reuse) next_route_ = LuRoute::reused;
  if (grown_factors_) {
    if (!(f.quality.pivot_growth > grown_factors_->quality.pivot_growth)) {
      grown_factors_->flops = f.flops;
      next_factors_ = std::move(grown_factors_);
      next_pattern_ = std::move(grown_pattern_);
      next_route_ = grown_route_;
    }
  } else if (f.quality.pivot_growth < growth_limit) {
    if (reuse) return begin_anew(LuRoute::fallback);
    if (tolerance_.diagonal < strict.diagonal) {
      grown_factors_ = std::move(next_factors_);
      grown_pattern_ = std::move(next_pattern_);
      grown_route_ = next_route_;
      tolerance_ = strict;
      return begin_anew(LuRoute::strict);
    }
  }
  const Fault fault = keep(std::move(next_factors_), std::move(next_pattern_), next_route_);
  grown_factors_.reset();
  grown_pattern_.reset();
  if (fault.ok()) stage_ = Stage::idle;
  return fault;
}

Fault LuFactorization::keep(std::unique_ptr<LuFactors>&& factors,
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
  const LuPlan& plan = active();
  const double n = std::max(1, plan.n);
  if (stage_ == Stage::scale || stage_ == Stage::outer) return 0;
  if (stage_ == Stage::fronts) {
    const double size = plan.block_begin[block_ + 1] - plan.block_begin[block_];
    return (at_ + size * fronts_.progress()) / n;
  }
  return at_ / n;
}

std::unique_ptr<Factorization> make_lu() {
  return std::unique_ptr<Factorization>(create<LuFactorization>());
}

}  // namespace lacuna
