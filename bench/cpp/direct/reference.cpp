// Native references: Eigen's SimplicialLLT for this machine, CHOLMOD's supernodal Cholesky.
//   bench-direct-reference <system file>
// Lines: "eigen"; "cholmod" with its own choice of an ordering; "cholmod-amd".
#include <cholmod.h>

#include <Eigen/SparseCholesky>

#include "protocol.hpp"

namespace {

bench::Times eigen(const bench::System& s) {
  bench::Times t;
  const Eigen::Map<const Eigen::SparseMatrix<double>> a(
      s.n, s.n, static_cast<Eigen::Index>(s.data.size()), s.indptr.data(), s.indices.data(),
      s.data.data());
  Eigen::SimplicialLLT<Eigen::SparseMatrix<double>> llt;
  const double start = bench::now_ms();
  llt.analyzePattern(a);
  const double analyzed = bench::now_ms();
  llt.factorize(a);
  const double factored = bench::now_ms();
  const Eigen::Map<const Eigen::VectorXd> b(s.b.data(), s.n);
  Eigen::VectorXd x = llt.solve(b);
  const double began = bench::now_ms();
  x = llt.solve(b);
  const double solved = bench::now_ms();
  const Eigen::MatrixXd many = b.replicate(1, bench::block_columns);
  const double block = bench::now_ms();
  const Eigen::MatrixXd xs = llt.solve(many);
  t.block = bench::now_ms() - block;
  t.analyze = analyzed - start;
  t.factor = factored - analyzed;
  t.solve = solved - began;
  t.residual = bench::backward_error(s, x.data());
  return t;
}

bench::Times cholmod(const bench::System& s, bool amd) {
  bench::Times t;
  cholmod_common common;
  cholmod_start(&common);
  common.supernodal = CHOLMOD_SUPERNODAL;
  if (amd) {
    common.nmethods = 1;
    common.method[0].ordering = CHOLMOD_AMD;
  }
  const auto n = static_cast<std::size_t>(s.n);
  cholmod_sparse* a = cholmod_allocate_sparse(n, n, s.data.size(), 1, 1, -1, CHOLMOD_REAL, &common);
  auto* ptr = static_cast<int*>(a->p);
  auto* row = static_cast<int*>(a->i);
  auto* value = static_cast<double*>(a->x);
  int at = 0;
  for (std::int32_t i = 0; i < s.n; ++i) {
    ptr[i] = at;
    for (std::int32_t p = s.indptr[i]; p < s.indptr[i + 1]; ++p) {
      if (s.indices[p] < i) continue;
      row[at] = s.indices[p];
      value[at++] = s.data[p];
    }
  }
  ptr[s.n] = at;
  cholmod_dense* b = cholmod_allocate_dense(n, bench::block_columns, n, CHOLMOD_REAL, &common);
  for (int k = 0; k < bench::block_columns; ++k) {
    std::copy(s.b.begin(), s.b.end(), static_cast<double*>(b->x) + k * n);
  }
  const double start = bench::now_ms();
  cholmod_factor* factor = cholmod_analyze(a, &common);
  const double analyzed = bench::now_ms();
  cholmod_factorize(a, factor, &common);
  const double factored = bench::now_ms();
  cholmod_dense* x = cholmod_solve(CHOLMOD_A, factor, b, &common);
  const double blocked = bench::now_ms();
  cholmod_free_dense(&x, &common);
  b->ncol = 1;
  const double began = bench::now_ms();
  x = cholmod_solve(CHOLMOD_A, factor, b, &common);
  t.solve = bench::now_ms() - began;
  t.residual = bench::backward_error(s, static_cast<const double*>(x->x));
  cholmod_free_dense(&x, &common);
  t.analyze = analyzed - start;
  t.factor = factored - analyzed;
  t.block = blocked - factored;
  t.flops = common.fl;
  cholmod_free_dense(&b, &common);
  cholmod_free_factor(&factor, &common);
  cholmod_free_sparse(&a, &common);
  cholmod_finish(&common);
  return t;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const bench::System system = bench::read_system(argv[1]);
  std::printf("{\"n\":%d}\n", system.n);
  std::fflush(stdout);
  bench::serve([&](const std::string& line) {
    bench::print(line == "eigen" ? eigen(system) : cholmod(system, line == "cholmod-amd"));
  });
}
