#include "lacuna/direct/eigen_config.hpp"
// The header above has to come first.
#include <cmath>
#include <Eigen/IterativeLinearSolvers>
#include <limits>

#include "lacuna/base/buffer.hpp"
#include "lacuna/direct/eigen_guard.hpp"
#include "lacuna/precond/preconditioner.hpp"
#include "lacuna/simd/kernels.hpp"

namespace lacuna {
namespace {

using RowView = Eigen::Map<const Eigen::SparseMatrix<double, Eigen::RowMajor, int>>;

/// Opens what Eigen keeps protected and substitutes without its temporaries.
class EigenIlut : public Eigen::IncompleteLUT<double, int> {
 public:
  /// First row of the factor that has no usable diagonal entry, −1 if all have; fixes where the
  /// diagonals are.
  std::int64_t locate_diagonals(Buffer<std::int32_t>& diagonals) const {
    for (std::int32_t i = 0; i < m_lu.rows(); ++i) {
      std::int32_t p = m_lu.outerIndexPtr()[i];
      const std::int32_t end = m_lu.outerIndexPtr()[i + 1];
      while (p < end && m_lu.innerIndexPtr()[p] < i) ++p;
      if (p == end || m_lu.innerIndexPtr()[p] != i || m_lu.valuePtr()[p] == 0) return i;
      diagonals[i] = p;
    }
    return -1;
  }

  void substitute(const Buffer<std::int32_t>& diagonals, const double* r, double* z,
                  double* work) const {
    const auto n = static_cast<std::int32_t>(m_lu.rows());
    const int* ptr = m_lu.outerIndexPtr();
    const int* idx = m_lu.innerIndexPtr();
    const double* val = m_lu.valuePtr();
    const int* position = m_Pinv.indices().data();
    for (std::int32_t i = 0; i < n; ++i) work[position[i]] = r[i];
    for (std::int32_t i = 0; i < n; ++i) {
      double sum = work[i];
      for (std::int32_t p = ptr[i]; p < diagonals[i]; ++p) sum -= val[p] * work[idx[p]];
      work[i] = sum;
    }
    for (std::int32_t i = n - 1; i >= 0; --i) {
      double sum = work[i];
      for (std::int32_t p = diagonals[i] + 1; p < ptr[i + 1]; ++p) sum -= val[p] * work[idx[p]];
      work[i] = sum / val[diagonals[i]];
    }
    for (std::int32_t i = 0; i < n; ++i) z[i] = work[position[i]];
  }

  double entries() const { return static_cast<double>(m_lu.nonZeros()); }
  bool finite() const {
    return simd::first_not_finite({m_lu.valuePtr(), static_cast<std::size_t>(m_lu.nonZeros())}) < 0;
  }
};

class Ilut final : public Preconditioner {
 public:
  Ilut(double drop_tolerance, int fill_factor)
      : drop_tolerance_(drop_tolerance), fill_factor_(fill_factor) {}

  Fault compute(const CsrView& a) override {
    return guard_eigen([&]() -> Fault {
      fix_eigen_blocking();
      for (const Status status : {work_.allocate(a.rows()), diagonals_.allocate(a.rows())}) {
        if (status != Status::ok) return status;
      }
      // Eigen keeps fill_factor·nnz/n entries per row and multiplies in Index, which has 32 bits
      // in WebAssembly.
      const double n = a.rows();
      const double most = std::ceil(n * n / a.nnz());
      const int fill_factor = fill_factor_ < most ? fill_factor_ : static_cast<int>(most);
      if (double(fill_factor) * a.nnz() + 2 * n > std::numeric_limits<std::int32_t>::max()) {
        return Status::out_of_memory;
      }
      impl_.setDroptol(drop_tolerance_);
      impl_.setFillfactor(fill_factor);
      impl_.compute(RowView(a.rows(), a.cols(), a.nnz(), a.indptr(), a.indices(), a.data()));
      if (impl_.info() != Eigen::Success || !impl_.finite()) return Status::singular_matrix;
      if (impl_.locate_diagonals(diagonals_) >= 0) return Status::singular_matrix;
      return {};
    });
  }

  void apply(std::span<const double> r, std::span<double> z) override {
    impl_.substitute(diagonals_, r.data(), z.data(), work_.data());
  }
  double flops() const override { return 2 * impl_.entries(); }
  double nnz() const override { return impl_.entries(); }

 private:
  EigenIlut impl_;
  double drop_tolerance_;
  int fill_factor_;
  Buffer<double> work_;
  Buffer<std::int32_t> diagonals_;
};

}  // namespace

std::unique_ptr<Preconditioner> make_ilut(double drop_tolerance, int fill_factor) {
  return std::unique_ptr<Preconditioner>(create_eigen<Ilut>(drop_tolerance, fill_factor));
}

}  // namespace lacuna
