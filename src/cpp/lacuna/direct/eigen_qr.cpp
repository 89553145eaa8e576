// Column-pivoted sparse QR, A P = Q R, for least-squares and minimum-norm problems: Eigen's
// left-looking SparseQR with COLAMD on the columns and Heath's rank revealing (SISSC 5, 1984).
// Fill of Q makes it slow past some 10⁴ columns.
#include "lacuna/direct/eigen_config.hpp"
// The header above has to come first.
#include <Eigen/SparseQR>

#include "lacuna/base/buffer.hpp"
#include "lacuna/direct/eigen_guard.hpp"
#include "lacuna/direct/factorization.hpp"

namespace lacuna {
namespace {

using ColMatrix = Eigen::SparseMatrix<double, Eigen::ColMajor, int>;
using RowView = Eigen::Map<const Eigen::SparseMatrix<double, Eigen::RowMajor, int>>;
using ColView = Eigen::Map<const ColMatrix>;

/// Opens the reflectors, which Eigen keeps protected, to count them, and substitutes with R₁₁, the
/// leading part of R: its columns are not sorted, which Eigen's own substitutions do not allow.
class Qr : public Eigen::SparseQR<ColMatrix, Eigen::COLAMDOrdering<int>> {
 public:
  double reflector_nnz() const { return static_cast<double>(m_Q.nonZeros()); }

  /// R₁₁ y = x, in place.
  void solve_upper(Eigen::VectorXd& x) const {
    for (Eigen::Index j = rank() - 1; j >= 0; --j) {
      double pivot = 0;
      for (ColMatrix::InnerIterator it(m_R, j); it; ++it) {
        if (it.index() == j) pivot = it.value();
      }
      x[j] /= pivot;
      for (ColMatrix::InnerIterator it(m_R, j); it; ++it) {
        if (it.index() != j) x[it.index()] -= it.value() * x[j];
      }
    }
  }

  /// R₁₁ᵀ y = x, in place.
  void solve_upper_transposed(Eigen::VectorXd& x) const {
    for (Eigen::Index j = 0; j < rank(); ++j) {
      double pivot = 0;
      double sum = x[j];
      for (ColMatrix::InnerIterator it(m_R, j); it; ++it) {
        if (it.index() == j) {
          pivot = it.value();
        } else {
          sum -= it.value() * x[it.index()];
        }
      }
      x[j] = sum / pivot;
    }
  }
};

/// Factors A itself where rows ≥ cols and Aᵀ otherwise, so that the factored matrix B (m × n) is
/// tall. `overdetermined` minimizes ‖b − By‖; `underdetermined` gives the least y with Bᵀy = c.
class EigenQr final : public Factorization {
 public:
  Fault analyze(const CsrView& a) override {
    return guard_eigen([&]() -> Fault {
      fix_eigen_blocking();
      analyzed_ = factored_ = false;
      wide_ = a.rows() < a.cols();
      qr_.analyzePattern(tall(a));
      analyzed_ = true;
      return {};
    });
  }

  Fault factorize(const CsrView& a) override {
    if (!analyzed_) return Status::not_ready;
    return guard_eigen([&]() -> Fault {
      factored_ = false;
      qr_.factorize(tall(a));
      if (qr_.info() != Eigen::Success) return Status::singular_matrix;
      factored_ = true;
      info_.rank = qr_.rank();
      const double r_nnz = static_cast<double>(qr_.matrixR().nonZeros());
      info_.nnz = r_nnz + qr_.reflector_nnz();
      info_.solve_flops = 2 * r_nnz + 4 * qr_.reflector_nnz();
      return {};
    });
  }

  Status solve(std::span<const double> b, std::span<double> x, bool transposed) override {
    if (!factored_) return Status::not_ready;
    return guard_eigen([&]() -> Fault {
             const Eigen::Map<const Eigen::VectorXd> rhs(b.data(), b.size());
             Eigen::Map<Eigen::VectorXd> solution(x.data(), x.size());
             if (transposed != wide_) {
               underdetermined(rhs, solution);
             } else {
               overdetermined(rhs, solution);
             }
             return {};
           })
        .status;
  }

  bool solves_transposed() const override { return true; }
  FactorInfo info() const override { return info_; }

 private:
  ColMatrix tall(const CsrView& a) const {
    if (wide_) return ColView(a.cols(), a.rows(), a.nnz(), a.indptr(), a.indices(), a.data());
    return ColMatrix(RowView(a.rows(), a.cols(), a.nnz(), a.indptr(), a.indices(), a.data()));
  }

  /// y = P [R₁₁⁻¹ (Qᵀb)₁; 0]: a basic solution where the rank falls short.
  void overdetermined(const Eigen::Map<const Eigen::VectorXd>& b, Eigen::Map<Eigen::VectorXd>& y) {
    const Eigen::Index rank = qr_.rank();
    Eigen::VectorXd image = qr_.matrixQ().transpose() * b;
    Eigen::VectorXd head = image.head(rank);
    qr_.solve_upper(head);
    Eigen::VectorXd permuted = Eigen::VectorXd::Zero(qr_.cols());
    permuted.head(rank) = head;
    y = qr_.colsPermutation() * permuted;
  }

  /// y = Q [R₁₁⁻ᵀ (Pᵀc)₁; 0]: of minimum norm where the system is consistent.
  void underdetermined(const Eigen::Map<const Eigen::VectorXd>& c, Eigen::Map<Eigen::VectorXd>& y) {
    const Eigen::Index rank = qr_.rank();
    const Eigen::VectorXd permuted = qr_.colsPermutation().transpose() * c;
    Eigen::VectorXd head = permuted.head(rank);
    qr_.solve_upper_transposed(head);
    Eigen::VectorXd image = Eigen::VectorXd::Zero(qr_.rows());
    image.head(rank) = head;
    const Eigen::VectorXd product = qr_.matrixQ() * image;
    y = product;
  }

  Qr qr_;
  FactorInfo info_;
  bool wide_ = false;
  bool analyzed_ = false;
  bool factored_ = false;
};

}  // namespace

std::unique_ptr<Factorization> make_qr() {
  return std::unique_ptr<Factorization>(create_eigen<EigenQr>());
}

}  // namespace lacuna
