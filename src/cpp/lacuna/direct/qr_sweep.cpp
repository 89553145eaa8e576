// Substitution with R.
#include "lacuna/direct/qr_solve.hpp"
#include "lacuna/simd/dense.hpp"

namespace lacuna {

Status QrSweep::reserve(const QrPlan& plan) {
  std::int32_t most = 0;
  for (std::int32_t s = 0; s < plan.tree.count; ++s) {
    const std::int32_t below = plan.tree.height(s) - plan.tree.width(s);
    if (below > most) most = below;
  }
  return below_.size() == std::size_t(most) ? Status::ok : below_.allocate(most);
}

void QrSweep::begin(const QrPlan& plan, const QrFactors& factors, bool transposed) {
  plan_ = &plan;
  factors_ = &factors;
  transposed_ = transposed;
  at_ = 0;
}

bool QrSweep::step(double* z, Meter& meter) {
  const std::int32_t count = plan_->tree.count;
  const std::int32_t steps = count + plan_->singles;
  while (at_ < steps) {
    const std::int32_t k = transposed_ ? at_ : steps - 1 - at_;
    ++at_;
    double work;
    if (k < plan_->singles) {
      work = single(k, z);
    } else {
      const std::int32_t s = k - plan_->singles;
      work = transposed_ ? forward(s, z + plan_->singles) : backward(s, z + plan_->singles);
    }
    if (meter.spend(work)) return false;
  }
  return true;
}

double QrSweep::single(std::int32_t k, double* z) const {
  const std::int32_t* col = plan_->single_col.data();
  const double* value = factors_->singles.data();
  const std::int32_t begin = plan_->single_begin[k], end = plan_->single_begin[k + 1];
  if (transposed_) {
    z[k] /= value[begin];
    for (std::int32_t p = begin + 1; p < end; ++p) z[col[p]] -= value[p] * z[k];
  } else {
    double sum = z[k];
    for (std::int32_t p = begin + 1; p < end; ++p) sum -= value[p] * z[col[p]];
    z[k] = sum / value[begin];
  }
  return 2.0 * (end - begin) + 4;
}

double QrSweep::forward(std::int32_t s, double* z) {
  const Supernodes& tree = plan_->tree;
  const std::int32_t width = tree.width(s), height = tree.height(s);
  const std::int32_t* rows = tree.rows.data() + tree.row_begin[s] + width;
  const double* panel = factors_->panels.data() + tree.value_begin[s];
  double* own = z + tree.first_column[s];
  for (std::int32_t j = 0; j < width; ++j) {
    const double* column = panel + std::size_t(j) * height;
    own[j] /= column[j];
    for (std::int32_t i = j + 1; i < width; ++i) own[i] -= column[i] * own[j];
  }
  const std::int32_t below = height - width;
  if (below > 0) {
    simd::gemv_negative(below, width, panel + width, height, own, below_.data());
    for (std::int32_t i = 0; i < below; ++i) z[rows[i]] += below_[i];
  }
  return 2.0 * width * height;
}

double QrSweep::backward(std::int32_t s, double* z) {
  const Supernodes& tree = plan_->tree;
  const std::int32_t width = tree.width(s), height = tree.height(s);
  const std::int32_t* rows = tree.rows.data() + tree.row_begin[s] + width;
  const double* panel = factors_->panels.data() + tree.value_begin[s];
  double* own = z + tree.first_column[s];
  const std::int32_t* equation = factors_->equation.data() + plan_->singles + tree.first_column[s];
  const std::int32_t below = height - width;
  for (std::int32_t i = 0; i < below; ++i) below_[i] = z[rows[i]];
  // A dependent column has nothing below its 1: it keeps its value.
  simd::gemv_transposed(below, width, panel + width, height, below_.data(), own);
  for (std::int32_t j = width - 1; j >= 0; --j) {
    if (equation[j] < 0) continue;
    const double* column = panel + std::size_t(j) * height;
    double sum = own[j];
    for (std::int32_t i = j + 1; i < width; ++i) sum -= column[i] * own[i];
    own[j] = sum / column[j];
  }
  return 2.0 * width * height;
}

}  // namespace lacuna
