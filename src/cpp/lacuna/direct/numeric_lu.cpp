#include "lacuna/direct/numeric_lu.hpp"

#include <algorithm>

#include "lacuna/base/power_of_two.hpp"

namespace lacuna {
namespace {

double magnitude(double v) { return v < 0 ? -v : v; }

void measure_diagonal(LuSparseNumbers& f) {
  double least = 0, most = 0;
  for (std::size_t k = 0; k < f.diagonal.size(); ++k) {
    const double v = magnitude(f.diagonal[k]);
    if (k == 0 || v < least) least = v;
    if (v > most) most = v;
  }
  f.quality.diagonal_ratio = most > 0 ? least / most : 1;
}

}  // namespace

/// Space for the factors, with pivots of an earlier run or with new ones.
template <class Real>
Status NumericLu<Real>::begin(const LuPlan& plan, const CsrView& a, const Settings& settings) {
  cancel();
  plan_ = &plan;
  indptr_ = a.indptr();
  values_ = settings.values != nullptr ? settings.values : a.data();
  settings_ = settings;
  const auto n = static_cast<std::size_t>(plan.n);
  factors_.reset(create<LuFactors<Real>>());
  const bool allocated = factors_ && factors_->row_scale.allocate(n) == Status::ok &&
                         factors_->diagonal.allocate(n) == Status::ok &&
                         factors_->outer.allocate(plan.outer_row.size()) == Status::ok &&
                         allocate_columns();
  if (!allocated) {
    cancel();
    return Status::out_of_memory;
  }
  front_block_ = plan.fronts.get();
  at_ = 0;
  stage_ = Stage::scale;
  return Status::ok;
}

/// What blocks by columns need.
template <class Real>
bool NumericLu<Real>::allocate_columns() {
  const LuPlan& plan = *plan_;
  LuFactors<Real>& f = *factors_;
  const auto n = static_cast<std::size_t>(plan.n);
  bool allocated = true;
  if (reuses()) {
    f.pattern = settings_.pattern;
    f.column_bytes = settings_.column_bytes;
    allocated = f.lower.allocate(f.pattern->lower.used) == Status::ok &&
                f.upper.allocate(f.pattern->upper.used) == Status::ok;
  } else if (plan.largest_columns > 0) {
    pattern_.reset(create<ColumnPattern>());
    if (!pattern_) return false;
    f.pattern = pattern_.get();
    ColumnPattern& p = *pattern_;
    allocated = p.lower.begin.allocate(n + 1) == Status::ok &&
                p.upper.begin.allocate(n + 1) == Status::ok &&
                p.pivot_row.allocate(n) == Status::ok && p.pivot_of.allocate(n) == Status::ok &&
                p.lower.reserve(2 * plan.inner_row.size()) == Status::ok &&
                p.upper.reserve(2 * plan.inner_row.size()) == Status::ok;
    if (allocated) p.lower.begin[0] = p.upper.begin[0] = 0;
  }
  // With the pivots in use, a pivot is as good as new if it passes the test for the diagonal.
  return allocated && (plan.largest_columns == 0 ||
                       columns_.begin(plan, f, settings_.tolerance.diagonal) == Status::ok);
}

template <class Real>
void NumericLu<Real>::cancel() {
  stage_ = Stage::done;
  fault_ = {};
  factors_.reset();
  pattern_.reset();
}

/// Whether there is room for column k, or may be: lists grow by half, the old ones beside the new.
template <class Real>
bool NumericLu<Real>::fits_budget(std::int32_t k) {
  const LuPlan& plan = *plan_;
  const ColumnPattern& p = *pattern_;
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
  double& most = factors_->column_bytes;
  most = refused_bytes_ = std::max(most, bytes + sizeof(double) * old);
  return most <= settings_.max_bytes;
}

template <class Real>
double NumericLu<Real>::scale_row(std::int32_t k) {
  const std::int32_t i = plan_->row_of[k];
  const std::int32_t begin = indptr_[i], end = indptr_[i + 1];
  double largest = 0;
  for (std::int32_t p = begin; p < end; ++p) {
    largest = std::max(largest, magnitude(values_[p]));
  }
  factors_->row_scale[k] = largest > 0 ? reciprocal_power(largest) : 1;
  return 2.0 * (end - begin) + 1;
}

template <class Real>
double NumericLu<Real>::copy_outer(std::int32_t k) {
  const LuPlan& plan = *plan_;
  const std::int32_t begin = plan.outer_begin[k], end = plan.outer_begin[k + 1];
  for (std::int32_t p = begin; p < end; ++p) {
    factors_->outer[p] = values_[plan.outer_source[p]] * factors_->row_scale[plan.outer_row[p]];
  }
  return 2.0 * (end - begin) + 1;
}

template <class Real>
TaskState NumericLu<Real>::step(Meter& meter) {
  while (stage_ != Stage::done) {
    double work = 1;
    if (stage_ == Stage::fronts) {
      const TaskState state = fronts_.step(meter);
      if (state == TaskState::running) return state;
      if (state == TaskState::failed) fault_ = pivot_fault(fronts_.status(), fronts_.failure());
      if (state == TaskState::done) {
        front_block_ = front_block_->next.get();
        ++block_;
        stage_ = Stage::blocks;
      }
    } else {
      fault_ = advance(work);
    }
    if (!fault_.ok()) {
      stage_ = Stage::done;
      return TaskState::failed;
    }
    if (meter.spend(work) && stage_ != Stage::done) return TaskState::running;
  }
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

template <class Real>
Fault NumericLu<Real>::advance(double& work) {
  const LuPlan& plan = *plan_;
  const auto end_column = [&] {
    if (++at_ < plan.block_begin[block_ + 1]) return;
    if (!reuses()) work += columns_.close_block();
    ++block_;
    stage_ = Stage::blocks;
  };
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
        block_ = at_ = 0;
      }
      break;
    case Stage::blocks:
      if (block_ < plan.blocks()) return begin_block();
      finish();
      stage_ = Stage::done;
      break;
    case Stage::columns: {
      if (!fits_budget(at_)) return Status::over_budget;
      const Status status = columns_.factor_column(at_, values_, work);
      if (status != Status::ok) return pivot_fault(status, columns_.failure());
      end_column();
      break;
    }
    case Stage::refactor:
      if (columns_.refactor_column(at_, values_, work) != Status::ok) {
        return Status::zero_pivot;
      }
      end_column();
      break;
    case Stage::fronts:
    case Stage::done: break;
  }
  return {};
}

template <class Real>
Fault NumericLu<Real>::begin_block() {
  const LuPlan& plan = *plan_;
  LuFactors<Real>& f = *factors_;
  const std::int32_t begin = plan.block_begin[block_];
  const std::int32_t end = plan.block_begin[block_ + 1];
  at_ = begin;
  if (plan.kind[block_] == BlockKind::columns) {
    if (!reuses()) columns_.open_block(begin, end);
    stage_ = reuses() ? Stage::refactor : Stage::columns;
    return {};
  }
  if (f.pattern != nullptr && !reuses()) {
    // Columns of other blocks have no lists.
    for (std::int32_t k = begin; k < end; ++k) {
      f.pattern->lower.begin[k + 1] = f.pattern->lower.used;
      f.pattern->upper.begin[k + 1] = f.pattern->upper.used;
    }
  }
  if (plan.kind[block_] == BlockKind::fronts) return begin_fronts();
  // A block of one is its own pivot.
  const double v = values_[plan.inner_source[plan.inner_begin[begin]]] * f.row_scale[begin];
  if (v == 0) return pivot_fault(Status::singular_matrix, {begin, 0});
  f.diagonal[begin] = v;
  ++block_;
  return {};
}

template <class Real>
Fault NumericLu<Real>::begin_fronts() {
  FrontFactors<Real>* const added = factors_->add_fronts();
  if (added == nullptr) return Status::out_of_memory;
  stage_ = Stage::fronts;
  return fronts_.begin(*front_block_, *factors_, *added, values_, settings_.tolerance);
}

template <class Real>
Fault NumericLu<Real>::pivot_fault(Status status, PivotFailure failure) {
  if (status == Status::out_of_memory) return status;
  failed_pivot_ = failure.value;
  return {status, plan_->col_of[failure.position]};
}

template <class Real>
void NumericLu<Real>::finish() {
  const LuPlan& plan = *plan_;
  LuFactors<Real>& f = *factors_;
  measure_diagonal(f);
  f.nnz += static_cast<double>(plan.outer_row.size());
  if (f.pattern != nullptr) {
    f.nnz += static_cast<double>(f.pattern->lower.used + f.pattern->upper.used);
  }
  for (std::int32_t b = 0; b < plan.blocks(); ++b) {
    // Diagonals: those of fronts are counted with them.
    if (plan.kind[b] != BlockKind::fronts) f.nnz += plan.block_begin[b + 1] - plan.block_begin[b];
  }
}

template <class Real>
double NumericLu<Real>::progress() const {
  if (stage_ == Stage::done) return 1;
  if (stage_ == Stage::scale || stage_ == Stage::outer) return 0;
  const double n = std::max(1, plan_->n);
  if (stage_ != Stage::fronts) return at_ / n;
  const double size = plan_->block_begin[block_ + 1] - plan_->block_begin[block_];
  return (at_ + size * fronts_.progress()) / n;
}

template class NumericLu<double>;
template class NumericLu<float>;

}  // namespace lacuna
