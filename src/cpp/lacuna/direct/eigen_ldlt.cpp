// LDLᵀ of a symmetric matrix: Eigen's simplicial up-looking factorization with its AMD
// ordering (Amestoy, Davis & Duff, SIMAX 17, 1996; Davis, TOMS 31, 2005), our own substitutions.
#include "lacuna/direct/eigen_config.hpp"
// The header above has to come first.
#include <algorithm>
#include <Eigen/SparseCholesky>
#include <limits>

#include "lacuna/base/buffer.hpp"
#include "lacuna/direct/eigen_guard.hpp"
#include "lacuna/direct/factorization.hpp"
#include "lacuna/sparse/triangular.hpp"

namespace lacuna {
namespace {

using EigenView = Eigen::Map<const Eigen::SparseMatrix<double, Eigen::ColMajor, int>>;

/// Opens what Eigen keeps protected: column counts, factor and diagonal.
template <class Base>
class Simplicial : public Base {
  using FactorMatrix = Eigen::SparseMatrix<double, Eigen::ColMajor, int>;

 public:
  /// Ordering, elimination tree and column counts (the row subtrees of Davis, TOMS 31). Eigen's own
  /// analysis sums the counts in an int, which can overflow, and allocates the factor, which one
  /// who only asks for `info_of_factor` does not need.
  Fault analyze(const EigenView& a) {
    const auto n = static_cast<std::int32_t>(a.cols());
    FactorMatrix permuted(n, n);
    const FactorMatrix* pattern;
    this->ordering(a, pattern, permuted);
    this->m_parent.resize(n);
    this->m_nonZerosPerCol.resize(n);
    Eigen::VectorXi tags(n);
    std::int64_t total = 0;
    for (std::int32_t k = 0; k < n; ++k) {
      this->m_parent[k] = -1;
      this->m_nonZerosPerCol[k] = 0;
      tags[k] = k;
      for (typename FactorMatrix::InnerIterator it(*pattern, k); it; ++it) {
        for (int i = it.index(); i < k && tags[i] != k; i = this->m_parent[i]) {
          if (this->m_parent[i] < 0) this->m_parent[i] = k;
          ++this->m_nonZerosPerCol[i];
          ++total;
          tags[i] = k;
        }
      }
      if (total > std::numeric_limits<int>::max()) return Status::out_of_memory;
    }
    this->m_matrix.resize(n, n);
    int* starts = this->m_matrix.outerIndexPtr();
    starts[0] = 0;
    for (std::int32_t k = 0; k < n; ++k) {
      starts[k + 1] = starts[k] + this->m_nonZerosPerCol[k];
    }
    this->m_analysisIsOk = true;
    return {};
  }

  /// False on a pivot that is zero.
  bool compute(const EigenView& a) {
    const int nnz = this->m_matrix.outerIndexPtr()[this->m_matrix.cols()];
    this->m_matrix.resizeNonZeros(nnz);
    double* values = this->m_matrix.valuePtr();
    std::fill(values, values + nnz, 0.0);
    Base::factorize(a);
    return this->m_info == Eigen::Success;
  }

  /// Column of A whose pivot stopped the last `compute`. The factor was cleared before, so the
  /// first pivot that is still zero is the one.
  std::int64_t failed_column() const {
    const auto n = this->m_matrix.cols();
    for (Eigen::Index k = 0; k < n; ++k) {
      if (this->m_diag[k] == 0) return original(k);
    }
    return -1;
  }

  FactorInfo info_of_factor() const {
    FactorInfo info;
    const int* ptr = this->m_matrix.outerIndexPtr();
    const auto n = this->m_matrix.cols();
    info.nnz = double(n) + ptr[n];
    info.solve_flops = 4 * info.nnz;
    info.flops = 0;
    for (Eigen::Index k = 0; k < n; ++k) {
      const double count = ptr[k + 1] - ptr[k] + 1;
      info.flops += count * count;
    }
    return info;
  }

  void substitute(const double* b, double* x, double* work) const {
    const auto n = static_cast<std::int32_t>(this->m_matrix.cols());
    const int* ptr = this->m_matrix.outerIndexPtr();
    const int* idx = this->m_matrix.innerIndexPtr();
    const double* val = this->m_matrix.valuePtr();
    const int* position = this->m_P.indices().data();
    for (std::int32_t i = 0; i < n; ++i) work[position[i]] = b[i];
    solve_lower_by_columns<Diagonal::unit>(n, ptr, idx, val, work);
    for (std::int32_t i = 0; i < n; ++i) work[i] /= this->m_diag[i];
    solve_lower_transposed_by_columns<Diagonal::unit>(n, ptr, idx, val, work);
    for (std::int32_t i = 0; i < n; ++i) x[i] = work[position[i]];
  }

 private:
  std::int64_t original(Eigen::Index permuted) const { return this->m_Pinv.indices()[permuted]; }
};

template <class Base>
class EigenLdlt final : public Factorization {
 public:
  Fault analyze(const CsrView& a) override {
    return guard_eigen([&]() -> Fault {
      fix_eigen_blocking();
      factored_ = false;
      if (const Status status = work_.allocate(a.rows()); status != Status::ok) return status;
      analyzed_ = false;
      if (const Fault fault = impl_.analyze(map(a)); !fault.ok()) return fault;
      info_ = impl_.info_of_factor();
      analyzed_ = true;
      return {};
    });
  }

  Fault factorize(const CsrView& a) override {
    if (!analyzed_) return Status::not_ready;
    return guard_eigen([&]() -> Fault {
      factored_ = false;
      if (!impl_.compute(map(a))) {
        return {Status::zero_pivot, impl_.failed_column()};
      }
      factored_ = true;
      return {};
    });
  }

  Status solve(std::span<const double> b, std::span<double> x, bool) override {
    if (!factored_) return Status::not_ready;
    impl_.substitute(b.data(), x.data(), work_.data());
    return Status::ok;
  }

  bool solves_transposed() const override { return true; }
  FactorInfo info() const override { return info_; }

 private:
  /// A symmetric CSR matrix read as CSC is the same matrix.
  static EigenView map(const CsrView& a) {
    return {a.rows(), a.cols(), a.nnz(), a.indptr(), a.indices(), a.data()};
  }

  Simplicial<Base> impl_;
  Buffer<double> work_;
  FactorInfo info_;
  bool analyzed_ = false;
  bool factored_ = false;
};

}  // namespace

std::unique_ptr<Factorization> make_ldlt() {
  using Base = Eigen::SimplicialLDLT<EigenView, Eigen::Upper, Eigen::AMDOrdering<int>>;
  return std::unique_ptr<Factorization>(create_eigen<EigenLdlt<Base>>());
}

}  // namespace lacuna
