#include <cmath>

#include "lacuna/iterative/krylov.hpp"
#include "lacuna/simd/kernels.hpp"

namespace lacuna {
namespace {

class BiCgStab final : public Krylov {
 public:
  Status reserve(std::size_t n) override {
    for (Buffer<double>* v : {&r_, &w_, &shadow_, &p_, &v_, &y_, &s_, &z_, &t_}) {
      if (v->size() == n) continue;
      if (const Status status = v->allocate(n); status != Status::ok) return status;
    }
    return Status::ok;
  }

 protected:
  void restart(double norm) override {
    std::memcpy(shadow_.data(), r_.data(), r_.bytes());
    shadow_norm_ = norm;
    norm_ = norm;
    fresh_ = true;
    stage_ = Stage::direction;
  }

  Phase advance(Budget& budget) override {
    switch (stage_) {
      case Stage::direction: return direction(budget);
      case Stage::first_product: return first_product(budget);
      case Stage::second_product: return second_product(budget);
    }
    return finish(Reason::breakdown);
  }

 private:
  enum class Stage { direction, first_product, second_product };

  double n() const { return static_cast<double>(r_.size()); }

  Phase direction(Budget& budget) {
    const double rho = simd::dot(shadow_.span(), r_.span());
    if (!std::isfinite(rho)) return finish(Reason::not_finite);
    if (std::fabs(rho) <= tiny * shadow_norm_ * norm_) return vanished();
    if (fresh_) {
      std::memcpy(p_.data(), r_.data(), r_.bytes());
    } else {
      // p ← r + β(p − ωv)
      simd::axpy(-omega_, v_.span(), p_.span());
      simd::xpby(r_.span(), (rho / rho_) * (alpha_ / omega_), p_.span());
    }
    rho_ = rho;
    fresh_ = false;
    m().apply(p_.span(), y_.span());
    spend(budget, m().flops() + 6 * n());
    stage_ = Stage::first_product;
    return Phase::iterate;
  }

  Phase first_product(Budget& budget) {
    if (!product(y_.span(), v_.span(), budget)) return Phase::iterate;
    const double sigma = simd::dot(shadow_.span(), v_.span());
    const double v_norm = simd::norm2(v_.span());
    if (!std::isfinite(sigma) || !std::isfinite(v_norm)) return finish(Reason::not_finite);
    if (std::fabs(sigma) <= tiny * shadow_norm_ * v_norm) return vanished();
    alpha_ = rho_ / sigma;
    std::memcpy(s_.data(), r_.data(), r_.bytes());
    simd::axpy(-alpha_, v_.span(), s_.span());
    const double s_norm = simd::norm2(s_.span());
    spend(budget, 8 * n());
    if (!(s_norm > goal())) {
      simd::axpy(alpha_, y_.span(), x());
      ++iterations_;
      return Phase::check;
    }
    m().apply(s_.span(), z_.span());
    spend(budget, m().flops());
    stage_ = Stage::second_product;
    return Phase::iterate;
  }

  Phase second_product(Budget& budget) {
    if (!product(z_.span(), t_.span(), budget)) return Phase::iterate;
    const double tt = simd::dot(t_.span(), t_.span());
    const double ts = simd::dot(t_.span(), s_.span());
    if (!std::isfinite(tt) || !std::isfinite(ts)) return finish(Reason::not_finite);
    omega_ = tt > 0 ? ts / tt : 0;
    simd::axpy(alpha_, y_.span(), x());
    simd::axpy(omega_, z_.span(), x());
    std::memcpy(r_.data(), s_.data(), s_.bytes());
    simd::axpy(-omega_, t_.span(), r_.span());
    norm_ = simd::norm2(r_.span());
    note(norm_);
    spend(budget, 12 * n());
    ++iterations_;
    stage_ = Stage::direction;
    if (omega_ == 0) return vanished();
    if (!(norm_ > goal()) || out_of_iterations()) return Phase::check;
    return Phase::iterate;
  }

  static constexpr double tiny = 1e-30;

  Buffer<double> shadow_, p_, v_, y_, s_, z_, t_;
  double rho_ = 0, alpha_ = 0, omega_ = 0, norm_ = 0, shadow_norm_ = 0;
  bool fresh_ = true;
  Stage stage_ = Stage::direction;
};

}  // namespace

std::unique_ptr<Krylov> make_bicgstab() { return std::unique_ptr<Krylov>(create<BiCgStab>()); }

}  // namespace lacuna
