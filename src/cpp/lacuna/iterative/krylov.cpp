#include "lacuna/iterative/krylov.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lacuna/simd/kernels.hpp"
#include "lacuna/sparse/operations.hpp"

namespace lacuna {
namespace {

/// Factor by which a recurrence can lower a residual at all in double precision. Below that its
/// scalars are noise, which could even look like an indefinite matrix.
constexpr double attainable = 0x1p-54;

}  // namespace

void Krylov::start(const CsrView& a, Preconditioner& m, std::span<const double> b,
                   std::span<double> x, const KrylovLimits& limits) {
  a_.emplace(a);
  m_ = &m;
  b_ = b;
  x_ = x;
  limits_ = limits;
  phase_ = Phase::check;
  reason_ = Reason::max_iterations;
  iterations_ = 0;
  row_ = 0;
  residual_.begin(false);
  first_norm_ = -1;
  checked_norm_ = -1;
  least_norm_ = std::numeric_limits<double>::infinity();
  vanished_ = false;
  flops_ = 0;
}

bool Krylov::product(std::span<const double> x, std::span<double> y, Budget& budget) {
  const std::int32_t end = rows_within(*a_, row_, Budget::piece);
  simd::spmv_rows(row_, end, a_->indptr(), a_->indices(), a_->data(), x.data(), y.data());
  spend(budget, 2.0 * (a_->indptr()[end] - a_->indptr()[row_]));
  row_ = end < a_->rows() ? end : 0;
  return row_ == 0;
}

void Krylov::check(Budget& budget) {
  // As the certificate does it: what passes here passes there.
  flops_ += residual_.advance(*a_, x_, b_, r_.span(), w_.span(), budget);
  if (!residual_.complete()) return;
  residual_.begin(false);
  const double norm = simd::norm2(r_.span());
  spend(budget, 2.0 * static_cast<double>(r_.size()));
  if (first_norm_ < 0) first_norm_ = norm;
  note(norm);
  if (!std::isfinite(norm)) {
    phase_ = finish(Reason::not_finite);
  } else if (norm <= limits_.target) {
    phase_ = finish(Reason::converged_rtol);
  } else if (out_of_iterations()) {
    phase_ = finish(Reason::max_iterations);
  } else if (checked_norm_ >= 0 && norm > 0.5 * checked_norm_) {
    phase_ = finish(vanished_ ? Reason::breakdown : Reason::stagnated);
  } else {
    vanished_ = false;
    checked_norm_ = norm;
    goal_ = std::max(limits_.target, norm * attainable);
    restart(norm);
    phase_ = Phase::iterate;
  }
}

TaskState Krylov::step(Budget& budget) {
  while (phase_ != Phase::finished) {
    if (phase_ == Phase::check) {
      check(budget);
    } else {
      phase_ = advance(budget);
    }
    if (phase_ != Phase::finished && budget.exhausted()) return TaskState::running;
  }
  return TaskState::done;
}

double Krylov::progress() const {
  if (phase_ == Phase::finished) return 1;
  if (!(least_norm_ < first_norm_)) return 0;
  // Digits gained of the digits asked for; with no positive target, of double precision.
  const double goal = limits_.target > 0 ? limits_.target : first_norm_ * 1e-16;
  return std::min(std::log(first_norm_ / least_norm_) / std::log(first_norm_ / goal), 0.999);
}

}  // namespace lacuna
