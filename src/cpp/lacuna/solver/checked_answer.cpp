#include "lacuna/solver/checked_answer.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include "lacuna/simd/kernels.hpp"
#include "lacuna/sparse/operations.hpp"

namespace lacuna {
namespace {

/// Componentwise backward error above which a step of refinement is tried: a few times what a
/// stable elimination leaves.
constexpr double refinement_threshold = 1e-14;

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

Status CheckedAnswer::reserve(std::size_t m, std::size_t n) {
  for (const Status status : {r_.allocate(m), w_.allocate(m), d_.allocate(n)}) {
    if (status != Status::ok) return status;
  }
  return Status::ok;
}

void CheckedAnswer::open(std::span<const double> b, std::span<double> x) {
  b_ = b;
  x_ = x;
  rhs_norm_ = simd::norm2(b);
  refining_ = false;
  steps_ = 0;
}

double CheckedAnswer::advance(Budget& budget) {
  const double flops = pass_.advance(system_.a, x_, b_, r_.span(), w_.span(), budget);
  if (pass_.complete()) measure();
  return flops;
}

void CheckedAnswer::measure() {
  Measured m;
  m.residual_norm = simd::norm2(r_.span());
  m.relative = rhs_norm_ > 0 ? m.residual_norm / rhs_norm_ : (m.residual_norm > 0 ? infinity : 0);
  const double x_norm = simd::norm_inf(x_);
  const double scale = system_.norm_inf * x_norm + simd::norm_inf(b_);
  const double r_inf = simd::norm_inf(r_.span());
  if (std::isfinite(scale)) {
    m.normwise = r_inf == 0 ? 0 : r_inf / scale;
  } else {
    m.normwise = r_inf / x_norm / (system_.norm_inf + simd::norm_inf(b_) / x_norm);
  }
  for (std::size_t i = 0; i < r_.size(); ++i) {
    const double size = std::fabs(r_[i]);
    if (size == 0) continue;
    m.componentwise = std::fmax(m.componentwise, w_[i] > 0 ? size / w_[i] : infinity);
  }
  m.finite = std::isfinite(x_norm) && std::isfinite(m.residual_norm);
  if (!m.finite) {
    m.residual_norm = m.relative = m.normwise = m.componentwise = infinity;
  }
  m.accepted = m.finite && m.residual_norm <= std::fmax(system_.rtol * rhs_norm_, system_.atol);
  if (!system_.a.square() && m.finite) {
    // At a least-squares solution the residual is orthogonal to the columns of A. Of a small
    // residual much is rounding, which no method can make orthogonal.
    multiply_transposed(system_.a, r_.span(), d_.span());
    const double gradient = simd::norm2(d_.span());
    const double a_norm = system_.norm_frobenius;
    const double size = a_norm * m.residual_norm;
    m.normal = size > 0 ? gradient / size : 0;
    const double rounding = system_.a.rows() > system_.a.cols()
                                ? backward_stable * (a_norm * simd::norm2(x_) + rhs_norm_)
                                : 0;
    m.accepted = m.accepted || gradient <= system_.rtol * size + a_norm * rounding;
  }
  measured_ = m;
}

bool CheckedAnswer::worth_refining(int most) const {
  if (!system_.a.square() || !measured_.finite || steps_ >= most) return false;
  return !measured_.accepted || measured_.componentwise > refinement_threshold;
}

void CheckedAnswer::begin_refinement() {
  unrefined_ = measured_;
  refining_ = true;
}

/// The correction is exchanged for the answer before it.
void CheckedAnswer::add_correction() {
  for (std::size_t i = 0; i < d_.size(); ++i) {
    const double before = x_[i];
    x_[i] += d_[i];
    d_[i] = before;
  }
}

bool CheckedAnswer::keep_correction() {
  refining_ = false;
  const bool better =
      measured_.finite &&
      (measured_.componentwise < 0.5 * unrefined_.componentwise ||
       (!unrefined_.accepted && measured_.residual_norm < 0.5 * unrefined_.residual_norm));
  const bool lost = unrefined_.accepted && !measured_.accepted;
  if (better && !lost) {
    ++steps_;
    return true;
  }
  std::memcpy(x_.data(), d_.data(), d_.bytes());
  measured_ = unrefined_;
  return false;
}

}  // namespace lacuna
