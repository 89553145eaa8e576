// LU with partial pivoting of a square matrix: Eigen's supernodal left-looking SparseLU after
// SuperLU (Demmel, Eisenstat, Gilbert, Li & Liu, SIMAX 20, 1999), COLAMD ordering (Davis,
// Gilbert, Larimore & Ng, TOMS 30, 2004). With AMD instead, fill is several times larger.
#include "lacuna/direct/eigen_config.hpp"
#include "lacuna/direct/eigen_no_streams.hpp"
// The headers above have to come first.
#include <Eigen/SparseLU>

#include "lacuna/base/buffer.hpp"
#include "lacuna/direct/eigen_guard.hpp"
#include "lacuna/direct/factorization.hpp"

namespace lacuna {
namespace {

using ColMatrix = Eigen::SparseMatrix<double, Eigen::ColMajor, int>;
using RowView = Eigen::Map<const Eigen::SparseMatrix<double, Eigen::RowMajor, int>>;
using Vector = Eigen::Map<Eigen::VectorXd>;
using ConstVector = Eigen::Map<const Eigen::VectorXd>;

/// Opens what Eigen keeps protected: its `info` does not tell a singular matrix from a lack of
/// memory, nor is it set in every case.
class Lu : public Eigen::SparseLU<ColMatrix, Eigen::COLAMDOrdering<int>> {
 public:
  Fault compute(const ColMatrix& a) {
    m_factorizationIsOk = false;
    m_lastError.clear();
    // Left as it was where memory is short from the start.
    m_perm_r.resize(0);
    factorize(a);
    if (m_factorizationIsOk) return {};
    if (m_lastError.rfind("UNABLE", 0) == 0) return Status::out_of_memory;
    return {Status::singular_matrix, failed_column()};
  }

 private:
  /// The elimination goes column by column and notes the pivot row of each, of the one that has
  /// no pivot too.
  std::int64_t failed_column() const {
    if (m_perm_r.size() == 0) return -1;
    const int last = m_perm_r.indices().maxCoeff();
    for (Eigen::Index j = 0; j < m_perm_c.size(); ++j) {
      if (m_perm_c.indices()[j] == last) return j;
    }
    return -1;
  }
};

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
      if (const Fault fault = lu_.compute(by_columns(a)); !fault.ok()) return fault;
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
    return ColMatrix(RowView(a.rows(), a.cols(), a.nnz(), a.indptr(), a.indices(), a.data()));
  }

  Lu lu_;
  FactorInfo info_;
  bool analyzed_ = false;
  bool factored_ = false;
};

}  // namespace

std::unique_ptr<Factorization> make_lu() {
  return std::unique_ptr<Factorization>(create_eigen<EigenLu>());
}

}  // namespace lacuna
