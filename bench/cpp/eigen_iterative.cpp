// ConjugateGradient and BiCGSTAB with Jacobi and with incomplete factorizations.
#include <Eigen/IterativeLinearSolvers>

#include "eigen_contender.hpp"

namespace bench {

namespace {

// IncompleteLUT's defaults (drop 1e-12, fill 10) make nearly complete factors; these are usual values.
constexpr double kDropTolerance = 1e-3;
constexpr int kFillFactor = 10;

template <typename Solver>
class Iterative final : public Contender {
 public:
  explicit Iterative(const System& system) : matrix_(view(system)), b_(rhs(system)) {}

  bool setup() override {
    solver_ = std::make_unique<Solver>();
    solver_->setTolerance(kRelativeTolerance);
    if constexpr (requires { solver_->preconditioner().setDroptol(0.0); }) {
      solver_->preconditioner().setDroptol(kDropTolerance);
      solver_->preconditioner().setFillfactor(kFillFactor);
    }
    solver_->compute(matrix_);
    return solver_->info() == Eigen::Success;
  }

  bool solve(double* x) override {
    Eigen::Map<Eigen::VectorXd>(x, b_.size()) = solver_->solve(b_);
    return solver_->info() == Eigen::Success;
  }

  int iterations() const override { return static_cast<int>(solver_->iterations()); }

 private:
  RowMatrix matrix_;
  Eigen::VectorXd b_;
  std::unique_ptr<Solver> solver_;
};

constexpr int kBoth = Eigen::Lower | Eigen::Upper;  // products with the whole matrix are the faster ones
using Jacobi = Eigen::DiagonalPreconditioner<double>;

}  // namespace

std::unique_ptr<Contender> make_eigen_iterative(const std::string& name, const System& system) {
  using namespace Eigen;
  if (name == "cg+jacobi") return std::make_unique<Iterative<ConjugateGradient<RowMatrix, kBoth, Jacobi>>>(system);
  if (name == "cg+ic") {
    return std::make_unique<Iterative<ConjugateGradient<RowMatrix, kBoth, IncompleteCholesky<double>>>>(system);
  }
  if (name == "bicgstab+jacobi") return std::make_unique<Iterative<BiCGSTAB<RowMatrix, Jacobi>>>(system);
  if (name == "bicgstab+ilut") return std::make_unique<Iterative<BiCGSTAB<RowMatrix, IncompleteLUT<double>>>>(system);
  return nullptr;
}

}  // namespace bench
