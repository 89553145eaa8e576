// LU with partial pivoting of a square matrix: Eigen's supernodal left-looking SparseLU after
// SuperLU (Demmel, Eisenstat, Gilbert, Li & Liu, SIMAX 20, 1999), COLAMD ordering (Davis,
// Gilbert, Larimore & Ng, TOMS 30, 2004). With AMD instead, fill is several times larger.
#include "lacuna/direct/eigen_no_streams.hpp"
// The header above has to come first.
#include <Eigen/SparseLU>

#include "lacuna/base/buffer.hpp"
#include "lacuna/direct/eigen_config.hpp"
#include "lacuna/direct/eigen_guard.hpp"
#include "lacuna/direct/factorization.hpp"

namespace lacuna {
namespace {

using ColMatrix = Eigen::SparseMatrix<double, Eigen::ColMajor, int>;
using RowView = Eigen::Map<const Eigen::SparseMatrix<double, Eigen::RowMajor, int>>;
using Vector = Eigen::Map<Eigen::VectorXd>;
using ConstVector = Eigen::Map<const Eigen::VectorXd>;

class EigenLu final : public Factorization {
 public:
  Fault analyze(const CsrView& a) override {
    return guard_eigen([&]() -> Fault {
      fix_eigen_blocking();
      factored_ = false;
      lu_.analyzePattern(by_columns(a));
      analyzed_ = true;
      return {};
    });
  }

  Fault factorize(const CsrView& a) override {
    if (!analyzed_) return Status::not_ready;
    return guard_eigen([&]() -> Fault {
      factored_ = false;
      lu_.factorize(by_columns(a));
      if (lu_.info() != Eigen::Success) return Status::singular_matrix;
      factored_ = true;
      info_.nnz = static_cast<double>(lu_.nnzL()) + static_cast<double>(lu_.nnzU());
      info_.solve_flops = 2 * info_.nnz;
      return {};
    });
  }

  Status solve(std::span<const double> b, std::span<double> x, bool transposed) override {
    if (!factored_) return Status::not_ready;
    return guard_eigen([&]() -> Fault {
             const auto n = static_cast<Eigen::Index>(b.size());
             const ConstVector rhs(b.data(), n);
             Vector solution(x.data(), n);
             if (transposed) {
               solution = lu_.transpose().solve(rhs);
             } else {
               solution = lu_.solve(rhs);
             }
             return {};
           })
        .status;
  }

  bool solves_transposed() const override { return true; }
  FactorInfo info() const override { return info_; }

 private:
  static ColMatrix by_columns(const CsrView& a) {
    return ColMatrix(
        RowView(a.rows(), a.cols(), a.nnz(), a.indptr(), a.indices(), a.data()));
  }

  Eigen::SparseLU<ColMatrix, Eigen::COLAMDOrdering<int>> lu_;
  FactorInfo info_;
  bool analyzed_ = false;
  bool factored_ = false;
};

}  // namespace

std::unique_ptr<Factorization> make_lu() {
  return std::unique_ptr<Factorization>(create<EigenLu>());
}

}  // namespace lacuna
