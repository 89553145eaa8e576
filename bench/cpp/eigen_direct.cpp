// SimplicialLLT and SimplicialLDLT with AMD, SparseLU with COLAMD: Eigen's defaults.
#include <Eigen/SparseCholesky>
#include <Eigen/SparseLU>

#include "eigen_contender.hpp"

namespace bench {

namespace {

template <typename Solver>
class Direct final : public Contender {
 public:
  explicit Direct(const System& system) : matrix_(view(system)), b_(rhs(system)) {}

  bool setup() override {
    solver_ = std::make_unique<Solver>();  // nothing is kept from the run before
    solver_->compute(matrix_);
    return solver_->info() == Eigen::Success;
  }

  bool solve(double* x) override {
    Eigen::Map<Eigen::VectorXd>(x, b_.size()) = solver_->solve(b_);
    return solver_->info() == Eigen::Success;
  }

 private:
  ColMatrix matrix_;
  Eigen::VectorXd b_;
  std::unique_ptr<Solver> solver_;
};

}  // namespace

std::unique_ptr<Contender> make_eigen_direct(const std::string& name, const System& system) {
  if (name == "llt") return std::make_unique<Direct<Eigen::SimplicialLLT<ColMatrix>>>(system);
  if (name == "ldlt") return std::make_unique<Direct<Eigen::SimplicialLDLT<ColMatrix>>>(system);
  if (name == "lu") return std::make_unique<Direct<Eigen::SparseLU<ColMatrix, Eigen::COLAMDOrdering<int>>>>(system);
  return nullptr;
}

}  // namespace bench
