// Substitution with R.
#include <algorithm>

#include "lacuna/direct/qr_solve.hpp"
#include "lacuna/simd/dense.hpp"

namespace lacuna {

Status QrSweep::reserve(const QrPlan& plan, std::int32_t lanes) {
  std::int32_t most = 0, widest = 0;
  for (std::int32_t s = 0; s < plan.tree.count; ++s) {
    most = std::max(most, plan.tree.height(s) - plan.tree.width(s));
    widest = std::max(widest, plan.tree.width(s));
  }
  const auto width = static_cast<std::size_t>(lanes);
  const bool packs = widest > 64 || std::int64_t(widest) * lanes >= simd::dense_small;
  const auto fit = [](Buffer<double>& buffer, std::size_t size) {
    return buffer.size() >= size ? Status::ok : buffer.allocate(size);
  };
  for (const Status status : {fit(below_, most * width), fit(work_, packs ? simd::dense_work : 0),
                              fit(side_by_side_, lanes > 1 ? plan.cols * width : 0)}) {
    if (status != Status::ok) return status;
  }
  return Status::ok;
}

void QrSweep::begin(const QrPlan& plan, const QrFactors& factors, bool transposed,
                    std::int32_t lanes) {
  plan_ = &plan;
  factors_ = &factors;
  transposed_ = transposed;
  lanes_ = lanes;
  at_ = 0;
}

bool QrSweep::step(double* z, Meter& meter) {
  const std::int32_t count = plan_->tree.count;
  const std::int32_t steps = count + plan_->singles;
  double* x = z;
  if (lanes_ > 1) {
    if (at_ == 0) turn(z, false);
    x = side_by_side_.data();
  }
  double* const in_tree = x + std::size_t(plan_->singles) * lanes_;
  while (at_ < steps) {
    const std::int32_t k = transposed_ ? at_ : steps - 1 - at_;
    ++at_;
    const std::int32_t s = k - plan_->singles;
    const double work = s < 0         ? single(k, x)
                        : transposed_ ? forward(s, in_tree)
                                      : backward(s, in_tree);
    if (meter.spend(work)) return false;
  }
  if (lanes_ > 1) turn(z, true);
  return true;
}

/// Vectors one after another from or to those side by side.
void QrSweep::turn(double* z, bool back) {
  const std::int32_t n = plan_->cols;
  double* side = side_by_side_.data();
  for (std::int32_t k = 0; k < n; ++k) {
    for (std::int32_t r = 0; r < lanes_; ++r, ++side) {
      double& v = z[k + std::size_t(r) * n];
      (back ? v : *side) = back ? *side : v;
    }
  }
}

double QrSweep::single(std::int32_t k, double* z) const {
  const std::int32_t* col = plan_->single_col.data();
  const double* value = factors_->singles.data();
  const std::int32_t begin = plan_->single_begin[k], end = plan_->single_begin[k + 1];
  double* own = z + std::size_t(k) * lanes_;
  for (std::int32_t r = 0; r < lanes_; ++r) {
    if (transposed_) own[r] /= value[begin];
    double sum = own[r];
    for (std::int32_t p = begin + 1; p < end; ++p) {
      double& other = z[std::size_t(col[p]) * lanes_ + r];
      if (transposed_) {
        other -= value[p] * sum;
      } else {
        sum -= value[p] * other;
      }
    }
    if (!transposed_) own[r] = sum / value[begin];
  }
  return (2.0 * (end - begin) + 4) * lanes_;
}

double QrSweep::forward(std::int32_t s, double* z) {
  const Supernodes& tree = plan_->tree;
  const std::int32_t width = tree.width(s), height = tree.height(s), lanes = lanes_;
  const std::int32_t* rows = tree.rows.data() + tree.row_begin[s] + width;
  const double* panel = factors_->panels.data() + tree.value_begin[s];
  double* own = z + std::size_t(tree.first_column[s]) * lanes;
  simd::trsm(lanes, width, panel, height, own, lanes, work_.data());
  const std::int32_t below = height - width;
  const double* product = below_.data();
  if (lanes == 1) {
    simd::gemv_negative(below, width, panel + width, height, own, below_.data());
  } else {
    simd::gemm_negative(lanes, below, width, own, lanes, panel + width, height, below_.data(),
                        lanes, work_.data());
  }
  for (std::int32_t i = 0; i < below; ++i) {
    double* to = z + std::size_t(rows[i]) * lanes;
    for (std::int32_t r = 0; r < lanes; ++r) to[r] += *product++;
  }
  return 2.0 * width * height * lanes;
}

/// A dependent column has nothing below its 1: it keeps its value.
double QrSweep::backward(std::int32_t s, double* z) {
  const Supernodes& tree = plan_->tree;
  const std::int32_t width = tree.width(s), height = tree.height(s), lanes = lanes_;
  const std::int32_t* rows = tree.rows.data() + tree.row_begin[s] + width;
  const double* panel = factors_->panels.data() + tree.value_begin[s];
  double* own = z + std::size_t(tree.first_column[s]) * lanes;
  const std::int32_t below = height - width;
  double* gathered = below_.data();
  for (std::int32_t i = 0; i < below; ++i) {
    const double* from = z + std::size_t(rows[i]) * lanes;
    for (std::int32_t r = 0; r < lanes; ++r) *gathered++ = from[r];
  }
  if (lanes == 1) {
    simd::gemv_transposed(below, width, panel + width, height, below_.data(), own);
  } else {
    simd::gemm_plain(lanes, width, below, below_.data(), lanes, panel + width, height, own, lanes);
  }
  simd::trsm_plain(lanes, width, panel, height, own, lanes);
  return 2.0 * width * height * lanes;
}

}  // namespace lacuna
