#include <cstring>

#include "lacuna/base/buffer.hpp"
#include "lacuna/precond/preconditioner.hpp"
#include "lacuna/simd/kernels.hpp"

namespace lacuna {
namespace {

class Identity final : public Preconditioner {
 public:
  Fault compute(const CsrView&) override { return {}; }
  void apply(std::span<const double> r, std::span<double> z) override {
    std::memcpy(z.data(), r.data(), r.size_bytes());
  }
  double flops() const override { return 0; }
  double nnz() const override { return 0; }
};

class Jacobi final : public Preconditioner {
 public:
  explicit Jacobi(bool positive) : positive_(positive) {}

  Fault compute(const CsrView& a) override {
    Buffer<double> inverse;
    if (inverse.allocate_zero(a.rows()) != Status::ok) return Status::out_of_memory;
    for (std::int32_t i = 0; i < a.rows(); ++i) {
      double diagonal = 0;
      for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
        if (a.indices()[p] == i) diagonal = a.data()[p];
      }
      if (diagonal == 0) return {Status::singular_matrix, i};
      if (positive_ && diagonal < 0) return {Status::indefinite_matrix, i};
      inverse[i] = 1 / diagonal;
    }
    if (const std::int64_t bad = simd::first_not_finite(inverse.span()); bad >= 0) {
      return {Status::singular_matrix, bad};
    }
    inverse_ = std::move(inverse);
    return {};
  }

  void apply(std::span<const double> r, std::span<double> z) override {
    simd::multiply(inverse_.span(), r, z);
  }
  double flops() const override { return static_cast<double>(inverse_.size()); }
  double nnz() const override { return static_cast<double>(inverse_.size()); }

 private:
  bool positive_;
  Buffer<double> inverse_;
};

}  // namespace

std::unique_ptr<Preconditioner> make_identity_preconditioner() {
  return std::unique_ptr<Preconditioner>(create<Identity>());
}

std::unique_ptr<Preconditioner> make_jacobi(bool positive) {
  return std::unique_ptr<Preconditioner>(create<Jacobi>(positive));
}

}  // namespace lacuna
