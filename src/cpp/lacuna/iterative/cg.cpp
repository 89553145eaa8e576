#include <cmath>

#include "lacuna/iterative/krylov.hpp"
#include "lacuna/simd/kernels.hpp"

namespace lacuna {
namespace {

class ConjugateGradients final : public Krylov {
 public:
  Status reserve(std::size_t n) override {
    for (Buffer<double>* v : {&r_, &w_, &z_, &p_, &q_}) {
      if (v->size() == n) continue;
      if (const Status status = v->allocate(n); status != Status::ok) return status;
    }
    return Status::ok;
  }

 protected:
  void restart(double) override {
    fresh_ = true;
    needs_direction_ = true;
  }

  Phase advance(Budget& budget) override {
    const double n = static_cast<double>(r_.size());
    if (needs_direction_) {
      m().apply(r_.span(), z_.span());
      const double rz = simd::dot(r_.span(), z_.span());
      // M is positive definite: only overflow or an indefinite M can break this.
      if (!std::isfinite(rz)) return finish(Reason::not_finite);
      if (rz <= 0) return finish(Reason::breakdown);
      if (fresh_) {
        std::memcpy(p_.data(), z_.data(), z_.bytes());
      } else {
        simd::xpby(z_.span(), rz / rz_, p_.span());
      }
      rz_ = rz;
      fresh_ = false;
      needs_direction_ = false;
      spend(budget, m().flops() + 4 * n);
      return Phase::iterate;
    }
    if (!product(p_.span(), q_.span(), budget)) return Phase::iterate;
    const double curvature = simd::dot(p_.span(), q_.span());
    if (!std::isfinite(curvature)) return finish(Reason::not_finite);
    if (curvature <= 0) return finish(Reason::indefinite_matrix);
    const double square =
        simd::step_and_square(rz_ / curvature, p_.span(), q_.span(), x(), r_.span());
    spend(budget, 8 * n);
    ++iterations_;
    needs_direction_ = true;
    // Squares that under- or overflow are left to the scaled norm.
    const double norm =
        square > 1e-250 && square < 1e250 ? std::sqrt(square) : simd::norm2(r_.span());
    note(norm);
    if (!(norm > goal()) || out_of_iterations()) return Phase::check;
    return Phase::iterate;
  }

 private:
  Buffer<double> z_, p_, q_;
  double rz_ = 0;
  bool fresh_ = true;
  bool needs_direction_ = true;
};

}  // namespace

std::unique_ptr<Krylov> make_cg() { return std::unique_ptr<Krylov>(create<ConjugateGradients>()); }

}  // namespace lacuna
