#include "lacuna/direct/refined_solve.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace lacuna {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
/// Componentwise backward error that needs no other step, and that stagnation may leave.
constexpr double settled = 0x1p-49;
constexpr double small = 1e-14;
/// Share of the error that a step of plain refinement may leave before GMRES takes over.
constexpr double slow = 0.25;
/// Steps at the most, of either kind.
constexpr std::int32_t most_rounds = 30;

}  // namespace

Status RefinedSolve::begin(std::span<const double> b, std::span<double> x, std::int32_t k,
                           bool transposed) {
  transposed_ = transposed && !factors_.symmetric();
  b_ = b;
  x_ = x;
  k_ = k;
  n_ = b.size() / std::max(k, 1);
  const std::size_t columns = std::min(k, breadth);
  for (const Status status : {r_.allocate(n_ * columns), d_.allocate(n_ * columns), w_.allocate(n_),
                              counts_.allocate(k)}) {
    if (status != Status::ok) return status;
  }
  for (Refinements& count : counts_.span()) count = {};
  if (!solve_) solve_ = factors_.substitution();
  if (!solve_) return Status::out_of_memory;
  first_ = 0;
  if (!transposed_) return open_batch();
  stage_ = Stage::transpose;
  return at_matrix_->begun() ? Status::ok : at_matrix_->begin(a_);
}

Status RefinedSolve::open_batch() {
  together_ = count_ = std::min(k_ - first_, breadth);
  iterating_ = false;
  round_ = 0;
  if (together_ == 0) {
    stage_ = Stage::done;
    return Status::ok;
  }
  for (std::int32_t c = 0; c < together_; ++c) {
    active_[c] = c;
    error_[c] = infinity;
    stagnant_[c] = false;
  }
  stage_ = Stage::substitute;
  return solve_->begin(b_.subspan(first_ * n_, together_ * n_),
                       x_.subspan(first_ * n_, together_ * n_), together_, transposed_);
}

TaskState RefinedSolve::step(Budget& budget) {
  while (stage_ != Stage::done) {
    Status status = Status::ok;
    if (stage_ == Stage::transpose) {
      if (at_matrix_->step(budget) == TaskState::running) return TaskState::running;
      status = open_batch();
    } else if (stage_ == Stage::substitute) {
      const TaskState state = solve_->step(budget);
      if (state != TaskState::done) return state;
      for (std::int32_t s = 0; s < count_; ++s) {
        book(active_[s], factors_.solve_flops);
        if (round_ > 0) exchange(active_[s], slot(d_, s, n_));
      }
      at_ = kept_ = 0;
      open_measure();
    } else if (stage_ == Stage::measure) {
      const std::int32_t c = iterating_ ? at_ : active_[at_];
      const auto r = slot(r_, iterating_ ? 0 : kept_, n_);
      book(c, pass_.advance(matrix(), solution(c), rhs(c), r, w_.span(), budget));
      if (pass_.complete()) status = iterating_ ? judge_iterated() : judge();
    } else {
      const TaskState state = gmres_.step(budget);
      if (state == TaskState::running) return state;
      if (state == TaskState::failed) return state;
      counts_[first_ + at_].iterations += gmres_.iterations();
      book(at_, gmres_.flops());
      exchange(at_, slot(d_, 0, n_));
      corrected_ = true;
      open_measure();
    }
    if (status != Status::ok) return TaskState::failed;
    if (stage_ != Stage::done && budget.exhausted()) return TaskState::running;
  }
  return TaskState::done;
}

void RefinedSolve::book(std::int32_t c, double flops) {
  counts_[first_ + c].flops += flops;
  flops_ += flops;
}

/// x + d to the place of x, x to that of d.
void RefinedSolve::exchange(std::int32_t c, std::span<double> d) {
  const std::span<double> x = solution(c);
  for (std::size_t i = 0; i < n_; ++i) {
    const double before = x[i];
    x[i] += d[i];
    d[i] = before;
  }
}

void RefinedSolve::open_measure() {
  pass_.begin(round_ > 0);
  stage_ = Stage::measure;
}

/// Componentwise backward error of what was measured.
double RefinedSolve::error() const {
  const double* r = r_.data() + (iterating_ ? 0 : kept_) * n_;
  double most = 0;
  for (std::size_t i = 0; i < n_; ++i) {
    const double size = std::fabs(r[i]);
    if (size == 0) continue;
    const double share = size / w_[i];
    // A NaN is more than anything.
    if (!(share <= most)) most = share <= infinity ? share : infinity;
  }
  return most;
}

double RefinedSolve::scaled_residual() const {
  const double* r = r_.data() + (iterating_ ? 0 : kept_) * n_;
  const std::span<const double> scale = factors_.equations(transposed_);
  double most = 0;
  for (std::size_t i = 0; i < n_; ++i) most = std::max(most, std::fabs(r[i]) * scale[i]);
  return most;
}

/// Whether the correction that was measured has helped; one that has not at all is taken back.
bool RefinedSolve::accept(std::int32_t c, std::span<double> before) {
  const double found = error(), residual = scaled_residual();
  const bool better = found < 0.5 * error_[c] || residual < slow * residual_[c];
  if (better) ++counts_[first_ + c].steps;
  if (better || found < error_[c]) {
    error_[c] = found;
    residual_[c] = residual;
  } else {
    std::copy(before.begin(), before.end(), solution(c).begin());
  }
  return better;
}

/// Decides how the active column that was measured goes on.
Status RefinedSolve::judge() {
  const std::int32_t c = active_[at_];
  const double error_before = error_[c], residual_before = residual_[c];
  bool fast = true;
  if (round_ == 0) {
    error_[c] = error();
    residual_[c] = scaled_residual();
  } else {
    fast = accept(c, slot(d_, at_, n_)) &&
           (error_[c] <= slow * error_before || residual_[c] <= slow * residual_before);
  }
  if (error_[c] > settled && error_[c] < infinity) {
    const bool stagnant = round_ == 0 ? factors_.stagnates : !fast;
    stagnant_[c] = stagnant && error_[c] > small;
    if (!stagnant && round_ < most_rounds) active_[kept_++] = c;
  }
  if (++at_ < count_) {
    open_measure();
    return Status::ok;
  }
  count_ = kept_;
  ++round_;
  if (count_ == 0) {
    iterating_ = true;
    at_ = -1;
    return next_iterated();
  }
  stage_ = Stage::substitute;
  return solve_->begin(r_.span().first(count_ * n_), d_.span().first(count_ * n_), count_,
                       transposed_);
}

/// The next column that stagnated, or the next batch.
Status RefinedSolve::next_iterated() {
  do {
    ++at_;
  } while (at_ < together_ && !stagnant_[at_]);
  if (at_ == together_) {
    first_ += together_;
    return open_batch();
  }
  round_ = 1;
  corrected_ = false;
  open_measure();
  return Status::ok;
}

Status RefinedSolve::judge_iterated() {
  const bool goes_on = !corrected_ || accept(at_, slot(d_, 0, n_));
  if (!goes_on || error_[at_] <= settled || ++round_ > most_rounds) return next_iterated();
  stage_ = Stage::iterate;
  return gmres_.begin(matrix(), *solve_, factors_, transposed_, slot(r_, 0, n_), slot(d_, 0, n_));
}

}  // namespace lacuna
