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

Status RefinedSolve::begin(std::span<const double> b, std::span<double> x, std::int32_t k, bool) {
  b_ = b;
  x_ = x;
  k_ = k;
  n_ = b.size() / std::max(k, 1);
  const std::size_t columns = std::min(k, supernodal_breadth);
  for (const Status status : {r_.allocate(n_ * columns), d_.allocate(n_ * columns), w_.allocate(n_),
                              counts_.allocate(k)}) {
    if (status != Status::ok) return status;
  }
  for (Refinements& count : counts_.span()) count = {};
  first_ = 0;
  return open_batch();
}

Status RefinedSolve::open_batch() {
  together_ = count_ = std::min(k_ - first_, supernodal_breadth);
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
  return solve_.begin(*factors_.structure, factors_.values.data(), rhs(0).data(),
                      solution(0).data(), together_, {nullptr, factors_.scale.data()});
}

TaskState RefinedSolve::step(Budget& budget) {
  while (stage_ != Stage::done) {
    Status status = Status::ok;
    if (stage_ == Stage::substitute) {
      if (solve_.step(budget) == TaskState::running) return TaskState::running;
      for (std::int32_t s = 0; s < count_; ++s) {
        book(active_[s], factors_.solve_flops);
        if (round_ > 0) exchange(active_[s], slot(d_, s, n_));
      }
      at_ = kept_ = 0;
      open_measure();
    } else if (stage_ == Stage::measure) {
      const std::int32_t c = iterating_ ? at_ : active_[at_];
      const auto r = slot(r_, iterating_ ? 0 : kept_, n_);
      book(c, pass_.advance(a_, solution(c), rhs(c), r, w_.span(), budget));
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

/// Whether a correction is kept; one that did not help is taken back.
bool RefinedSolve::accept(std::int32_t c, double error, std::span<double> before) {
  const bool better = error < 0.5 * error_[c];
  if (better) {
    ++counts_[first_ + c].steps;
    error_[c] = error;
  } else if (!(error < error_[c])) {
    std::copy(before.begin(), before.end(), solution(c).begin());
  } else {
    error_[c] = error;
  }
  return better;
}

/// Decides how the active column that was measured goes on.
Status RefinedSolve::judge() {
  const std::int32_t c = active_[at_];
  const double found = error(), before = error_[c];
  bool better = true;
  if (round_ == 0) {
    error_[c] = found;
  } else {
    better = accept(c, found, slot(d_, at_, n_));
  }
  if (error_[c] > settled && error_[c] < infinity) {
    const bool stagnant = round_ == 0 ? factors_.stagnates : !better || found > slow * before;
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
  return solve_.begin(*factors_.structure, factors_.values.data(), r_.data(), d_.data(), count_,
                      {nullptr, factors_.scale.data()});
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
  const bool goes_on = !corrected_ || accept(at_, error(), slot(d_, 0, n_));
  if (!goes_on || error_[at_] <= settled || ++round_ > most_rounds) return next_iterated();
  stage_ = Stage::iterate;
  return gmres_.begin(a_, factors_, slot(r_, 0, n_), slot(d_, 0, n_));
}

}  // namespace lacuna
