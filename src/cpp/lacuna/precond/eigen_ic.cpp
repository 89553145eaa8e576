#include "lacuna/direct/eigen_config.hpp"
// The header above has to come first.
#include <Eigen/IterativeLinearSolvers>

#include "lacuna/base/buffer.hpp"
#include "lacuna/direct/eigen_guard.hpp"
#include "lacuna/precond/preconditioner.hpp"
#include "lacuna/simd/kernels.hpp"
#include "lacuna/sparse/triangular.hpp"

namespace lacuna {
namespace {

using EigenView = Eigen::Map<const Eigen::SparseMatrix<double, Eigen::ColMajor, int>>;
using Base = Eigen::IncompleteCholesky<double, Eigen::Lower, Eigen::AMDOrdering<int>>;

/// M = S⁻¹ Pᵀ L Lᵀ P S⁻¹ with Eigen's scaling S, applied by our own substitutions.
class IncompleteCholesky final : public Preconditioner {
 public:
  Fault compute(const CsrView& a) override {
    return guard_eigen([&]() -> Fault {
      fix_eigen_blocking();
      if (const Status status = work_.allocate(a.rows()); status != Status::ok) return status;
      // A symmetric CSR matrix read as CSC is the same matrix.
      impl_.compute(EigenView(a.rows(), a.cols(), a.nnz(), a.indptr(), a.indices(), a.data()));
      if (impl_.info() != Eigen::Success || !finite()) return Status::indefinite_matrix;
      return {};
    });
  }

  void apply(std::span<const double> r, std::span<double> z) override {
    const auto n = static_cast<std::int32_t>(r.size());
    const auto& l = impl_.matrixL();
    const int* position = impl_.permutationP().indices().data();
    const double* scale = impl_.scalingS().data();
    for (std::int32_t i = 0; i < n; ++i) work_[position[i]] = r[i] * scale[position[i]];
    solve_lower_by_columns<Diagonal::stored>(n, l.outerIndexPtr(), l.innerIndexPtr(), l.valuePtr(),
                                             work_.data());
    solve_lower_transposed_by_columns<Diagonal::stored>(n, l.outerIndexPtr(), l.innerIndexPtr(),
                                                        l.valuePtr(), work_.data());
    for (std::int32_t i = 0; i < n; ++i) z[i] = work_[position[i]] * scale[position[i]];
  }

  double flops() const override { return 4 * nnz(); }
  double nnz() const override { return static_cast<double>(impl_.matrixL().nonZeros()); }

 private:
  bool finite() const {
    const auto& l = impl_.matrixL();
    return simd::first_not_finite({l.valuePtr(), static_cast<std::size_t>(l.nonZeros())}) < 0 &&
           simd::first_not_finite(
               {impl_.scalingS().data(), static_cast<std::size_t>(impl_.scalingS().size())}) < 0;
  }

  Base impl_;
  Buffer<double> work_;
};

}  // namespace

std::unique_ptr<Preconditioner> make_incomplete_cholesky() {
  return std::unique_ptr<Preconditioner>(create_eigen<IncompleteCholesky>());
}

}  // namespace lacuna
