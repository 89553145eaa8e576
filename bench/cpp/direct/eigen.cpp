// Eigen's simplicial Cholesky, LDLᵀ and LU, natively for this machine and as WebAssembly.
//   bench-direct-eigen <system file>
// Lines: "cholesky", "ldlt", "lu".
#include <Eigen/SparseCholesky>
#include <Eigen/SparseLU>

#include "protocol.hpp"

namespace {

using Matrix = Eigen::SparseMatrix<double>;

template <class Solver>
std::string run(const bench::System& s, const Matrix& a, bench::Times& t) {
  Solver solver;
  const double start = bench::now_ms();
  solver.analyzePattern(a);
  const double analyzed = bench::now_ms();
  solver.factorize(a);
  const double factored = bench::now_ms();
  if (solver.info() != Eigen::Success) return "singular";
  solver.factorize(a);
  const double again = bench::now_ms();
  const Eigen::Map<const Eigen::VectorXd> b(s.b.data(), s.n);
  Eigen::VectorXd x = solver.solve(b);
  const double began = bench::now_ms();
  x = solver.solve(b);
  const double solved = bench::now_ms();
  const Eigen::MatrixXd many = b.replicate(1, bench::block_columns);
  const double block = bench::now_ms();
  const Eigen::MatrixXd xs = solver.solve(many);
  t.block = bench::now_ms() - block;
  t.analyze = analyzed - start;
  t.factor = factored - analyzed;
  t.refactor = again - factored;
  t.solve = solved - began;
  t.residual = bench::backward_error(s, x.data());
  return "";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const bench::System s = bench::read_system(argv[1]);
  const Matrix a = Eigen::Map<const Eigen::SparseMatrix<double, Eigen::RowMajor>>(
      s.n, s.n, static_cast<Eigen::Index>(s.data.size()), s.indptr.data(), s.indices.data(),
      s.data.data());
  bench::serve(s, [&](const std::string& line) {
    bench::report([&](bench::Times& t) {
      if (line == "lu") return run<Eigen::SparseLU<Matrix>>(s, a, t);
      if (line == "ldlt") return run<Eigen::SimplicialLDLT<Matrix>>(s, a, t);
      return run<Eigen::SimplicialLLT<Matrix>>(s, a, t);
    });
  });
}
