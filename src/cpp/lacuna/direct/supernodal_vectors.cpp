// Substitution with panels: what is done to the right-hand sides besides, built for size.
#include "lacuna/direct/supernodal_solve.hpp"

namespace lacuna {

template <class Real>
bool SupernodalSolve<Real>::permute(Meter& meter) {
  const std::int32_t n = structure_->n;
  const double* b = b_ + std::size_t(solved_) * n;
  while (supernode_ < n) {
    const std::int32_t from = structure_->permutation[supernode_];
    double* y = y_.data() + std::size_t(supernode_) * together_;
    const double scale = middle_.scale ? middle_.scale[from] : 1;
    for (std::int32_t r = 0; r < together_; ++r) y[r] = b[from + std::size_t(r) * n] * scale;
    ++supernode_;
    if (meter.spend(2.0 * together_)) return true;
  }
  supernode_ = 0;
  stage_ = Stage::forward;
  return false;
}

/// Y ← D⁻¹·Y, the inverses of pivots of two columns as LAPACK's sytrs forms them.
template <class Real>
bool SupernodalSolve<Real>::divide(Meter& meter) {
  while (middle_.pivots && supernode_ < structure_->n) {
    const double* d = middle_.pivots + 2 * std::size_t(supernode_);
    double* y = y_.data() + std::size_t(supernode_) * together_;
    if (d[1] == 0) {
      for (std::int32_t r = 0; r < together_; ++r) y[r] /= d[0];
      ++supernode_;
    } else {
      const double d11 = d[0] / d[1], d22 = d[2] / d[1];
      const double determinant = d11 * d22 - 1;
      for (std::int32_t r = 0; r < together_; ++r) {
        const double y1 = y[r] / d[1], y2 = y[r + together_] / d[1];
        y[r] = (d22 * y1 - y2) / determinant;
        y[r + together_] = (d11 * y2 - y1) / determinant;
      }
      supernode_ += 2;
    }
    if (meter.spend(8.0 * together_)) return true;
  }
  open_backward();
  return false;
}

template <class Real>
bool SupernodalSolve<Real>::put_back(Meter& meter) {
  const std::int32_t n = structure_->n;
  double* x = x_ + std::size_t(solved_) * n;
  while (supernode_ < n) {
    const std::int32_t to = structure_->permutation[supernode_];
    const double* y = y_.data() + std::size_t(supernode_) * together_;
    const double scale = middle_.scale ? middle_.scale[to] : 1;
    for (std::int32_t r = 0; r < together_; ++r) x[to + std::size_t(r) * n] = y[r] * scale;
    ++supernode_;
    if (meter.spend(2.0 * together_)) return true;
  }
  solved_ += together_;
  open_columns();
  return false;
}

template class SupernodalSolve<double>;
template class SupernodalSolve<float>;

}  // namespace lacuna
