#include "lacuna/direct/inner_gmres.hpp"

#include <algorithm>
#include <cmath>

#include "lacuna/simd/kernels.hpp"

namespace lacuna {
namespace {

/// Rows of a product in one piece.
constexpr std::int32_t product_rows = 1024;

}  // namespace

Status InnerGmres::begin(const CsrView& a, Substitution& solve, const SingleFactors& factors,
                         bool transposed, std::span<const double> r, std::span<double> d) {
  n_ = r.size();
  if (product_.size() != n_) {
    for (const Status status :
         {basis_.allocate((most + 1) * n_), scaled_.allocate(n_), product_.allocate(n_)}) {
      if (status != Status::ok) return status;
    }
  }
  a_ = a;
  solve_ = &solve;
  solve_flops_ = factors.solve_flops;
  transposed_ = transposed;
  scale_ = factors.unknowns(transposed);
  d_ = d;
  column_ = vectors_ = 0;
  flops_ = 0;
  return precondition(r);
}

/// The next vector of the basis, or the first, from T⁻¹·A⁻¹·r.
Status InnerGmres::precondition(std::span<const double> r) {
  stage_ = Stage::precondition;
  flops_ += solve_flops_;
  return solve_->begin(r, vector(vectors_), 1, transposed_);
}

TaskState InnerGmres::step(Budget& budget) {
  while (stage_ != Stage::done) {
    if (stage_ == Stage::precondition) {
      const TaskState state = solve_->step(budget);
      if (state != TaskState::done) return state;
      const std::span<double> w = vector(vectors_);
      for (std::size_t i = 0; i < n_; ++i) w[i] /= scale_[i];
      if (vectors_ > 0) {
        against_ = 0;
        stage_ = Stage::orthogonalize;
        continue;
      }
      start_ = g_[0] = simd::norm2(vector(0));
      vectors_ = 1;
      if (start_ > 0 && std::isfinite(start_)) {
        simd::scale(1 / start_, vector(0));
        open_product();
      } else {
        stage_ = Stage::combine;
      }
    } else if (stage_ == Stage::combine) {
      combine();
    } else {
      Meter meter(budget);
      const bool product = stage_ == Stage::multiply;
      if (product ? multiply(meter) : orthogonalize(meter)) return TaskState::running;
      if (product && precondition(product_.span()) != Status::ok) return TaskState::failed;
    }
  }
  return TaskState::done;
}

void InnerGmres::open_product() {
  simd::multiply(scale_, vector(vectors_ - 1), scaled_.span());
  row_ = 0;
  stage_ = Stage::multiply;
}

bool InnerGmres::multiply(Meter& meter) {
  const auto n = static_cast<std::int32_t>(n_);
  while (row_ < n) {
    const std::int32_t end = std::min(n, row_ + product_rows);
    simd::spmv_rows(row_, end, a_->indptr(), a_->indices(), a_->data(), scaled_.data(),
                    product_.data());
    const double work = 2.0 * (a_->indptr()[end] - a_->indptr()[row_]);
    flops_ += work;
    row_ = end;
    if (meter.spend(work + 3.0 * product_rows)) return true;
  }
  return false;
}

/// Modified Gram–Schmidt, one vector of the basis at a time.
bool InnerGmres::orthogonalize(Meter& meter) {
  const std::span<double> w = vector(vectors_);
  while (against_ < vectors_) {
    const double h = simd::dot(vector(against_), w);
    simd::axpy(-h, vector(against_), w);
    h_[column_][against_++] = h;
    flops_ += 4.0 * n_;
    if (meter.spend(4.0 * n_)) return true;
  }
  const double last = simd::norm2(w);
  rotate(last);
  ++column_;
  const bool near = !(std::fabs(g_[column_]) > tolerance * start_);
  if (near || column_ == most || !(last > 0)) {
    stage_ = Stage::combine;
  } else {
    simd::scale(1 / last, w);
    ++vectors_;
    open_product();
  }
  return false;
}

/// The column that is new goes through the rotations before it, and gets one of its own.
void InnerGmres::rotate(double last) {
  double* h = h_[column_];
  h[column_ + 1] = last;
  for (std::int32_t k = 0; k < column_; ++k) {
    const double upper = cosine_[k] * h[k] + sine_[k] * h[k + 1];
    h[k + 1] = cosine_[k] * h[k + 1] - sine_[k] * h[k];
    h[k] = upper;
  }
  const double length = std::sqrt(h[column_] * h[column_] + last * last);
  cosine_[column_] = length > 0 ? h[column_] / length : 1;
  sine_[column_] = length > 0 ? last / length : 0;
  h[column_] = length;
  g_[column_ + 1] = -sine_[column_] * g_[column_];
  g_[column_] *= cosine_[column_];
}

/// d ← T·V·y with the y of least preconditioned residual.
void InnerGmres::combine() {
  std::fill(d_.begin(), d_.end(), 0.0);
  for (std::int32_t k = column_ - 1; k >= 0; --k) {
    double y = g_[k];
    for (std::int32_t j = k + 1; j < column_; ++j) y -= h_[j][k] * g_[j];
    g_[k] = h_[k][k] > 0 ? y / h_[k][k] : 0;
    simd::axpy(g_[k], vector(k), d_);
  }
  for (std::size_t i = 0; i < n_; ++i) d_[i] *= scale_[i];
  flops_ += 2.0 * n_ * column_;
  stage_ = Stage::done;
}

}  // namespace lacuna
