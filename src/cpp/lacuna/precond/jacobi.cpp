#include <cmath>
#include <cstring>
#include <optional>

#include "lacuna/base/buffer.hpp"
#include "lacuna/precond/preconditioner.hpp"
#include "lacuna/simd/kernels.hpp"
#include "lacuna/sparse/operations.hpp"

namespace lacuna {
namespace {

class Identity final : public Preconditioner {
 public:
  Fault begin(const CsrView&) override { return {}; }
  TaskState step(Budget&) override { return TaskState::done; }
  void apply(std::span<const double> r, std::span<double> z) override {
    std::memcpy(z.data(), r.data(), r.size_bytes());
  }
  double flops() const override { return 0; }
  double nnz() const override { return 0; }
};

class Jacobi final : public Preconditioner {
 public:
  explicit Jacobi(bool positive) : positive_(positive) {}

  Fault begin(const CsrView& a) override {
    a_.emplace(a);
    at_ = 0;
    fault_ = fresh_.allocate(a.rows());
    return fault_;
  }

  TaskState step(Budget& budget) override {
    while (at_ < a_->rows()) {
      const std::int32_t end = rows_within(*a_, at_, Budget::piece);
      budget.spend(2.0 * (a_->indptr()[end] - a_->indptr()[at_] + end - at_));
      if (const Fault fault = invert(*a_, at_, end); !fault.ok()) return fail(fault);
      at_ = end;
      progress_ = static_cast<double>(at_) / a_->rows();
      if (at_ < a_->rows() && budget.exhausted()) return TaskState::running;
    }
    if (!fresh_.empty()) inverse_ = std::move(fresh_);
    return TaskState::done;
  }

  void apply(std::span<const double> r, std::span<double> z) override {
    simd::multiply(inverse_.span(), r, z);
  }
  double flops() const override { return static_cast<double>(inverse_.size()); }
  double nnz() const override { return static_cast<double>(inverse_.size()); }

 private:
  Fault invert(const CsrView& a, std::int32_t begin, std::int32_t end) {
    for (std::int32_t i = begin; i < end; ++i) {
      double diagonal = 0;
      for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
        if (a.indices()[p] == i) diagonal = a.data()[p];
      }
      if (diagonal == 0) return {Status::singular_matrix, i};
      if (positive_ && diagonal < 0) return {Status::indefinite_matrix, i};
      fresh_[i] = 1 / diagonal;
      if (!std::isfinite(fresh_[i])) return {Status::singular_matrix, i};
    }
    return {};
  }

  bool positive_;
  std::optional<CsrView> a_;
  std::int32_t at_ = 0;
  Buffer<double> fresh_;
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
