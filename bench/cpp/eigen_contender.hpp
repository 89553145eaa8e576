// Eigen's solvers behind the Contender interface. The matrix is Eigen's own column-major one, made
// in the constructor; the Krylov solvers get a row-major copy, the faster layout for their products.
#pragma once

#include <Eigen/SparseCore>

#include "contender.hpp"

namespace bench {

using ColMatrix = Eigen::SparseMatrix<double, Eigen::ColMajor, int>;
using RowMatrix = Eigen::SparseMatrix<double, Eigen::RowMajor, int>;

inline Eigen::Map<const RowMatrix> view(const System& system) {
  return {system.n, system.n, static_cast<Eigen::Index>(system.data.size()), system.indptr.data(),
          system.indices.data(), system.data.data()};
}

inline Eigen::Map<const Eigen::VectorXd> rhs(const System& system) { return {system.b.data(), system.n}; }

std::unique_ptr<Contender> make_eigen_direct(const std::string& name, const System& system);
std::unique_ptr<Contender> make_eigen_iterative(const std::string& name, const System& system);

}  // namespace bench
