// lacuna's direct methods and dense kernels, without the face.
//   bench-direct-engine [system file]
// Lines: "cholesky", "ldlt" and "lu" factor and solve the system from scratch; "ordering" dissects
// its graph; "kernels" measures GFLOP/s.
#include <algorithm>
#include <vector>

#include "lacuna/direct/cholesky.hpp"
#include "lacuna/direct/lu.hpp"
#include "lacuna/ordering/ordering.hpp"
#include "lacuna/simd/dense.hpp"
#include "lacuna/sparse/operations.hpp"
#include "peak.hpp"
#include "protocol.hpp"

namespace {

using namespace lacuna;

/// At most three steps of refinement, as a solver does: the backward error after them.
double refined_error(const bench::System& s, Factorization& f, std::vector<double>& x) {
  std::vector<double> r(s.b.size()), d(s.b.size());
  for (int k = 0; k < 3; ++k) {
    for (std::int32_t i = 0; i < s.n; ++i) {
      r[i] = s.b[i];
      for (std::int32_t p = s.indptr[i]; p < s.indptr[i + 1]; ++p)
        r[i] -= s.data[p] * x[s.indices[p]];
    }
    f.solve(r, d, false);
    for (std::size_t i = 0; i < d.size(); ++i) x[i] += d[i];
  }
  return bench::backward_error(s, x.data());
}

std::string run(const bench::System& system, const CsrView& a, Factorization& f, bench::Times& t) {
  const auto n = static_cast<std::size_t>(system.n);
  const double start = bench::now_ms();
  Fault fault = f.analyze(a);
  const double analyzed = bench::now_ms();
  if (fault.ok()) fault = f.factorize(a);
  const double factored = bench::now_ms();
  if (fault.ok()) fault = f.factorize(a);
  const double again = bench::now_ms();
  if (!fault.ok()) return status_name(fault.status);
  const std::vector<double> b = bench::repeated(system.b);
  std::vector<double> x(b.size()), one(n);
  Status status = f.solve({b.data(), n}, one, false);
  const double began = bench::now_ms();
  if (status == Status::ok) status = f.solve({b.data(), n}, one, false);
  const double solved = bench::now_ms();
  const auto substitution = f.substitution();
  Budget unlimited;
  const double block = bench::now_ms();
  const bool fine = status == Status::ok && substitution &&
                    substitution->begin(b, x, bench::block_columns, false) == Status::ok &&
                    substitution->step(unlimited) == TaskState::done;
  t.block = bench::now_ms() - block;
  if (!fine) return "no solution";
  t.analyze = analyzed - start;
  t.factor = factored - analyzed;
  t.refactor = again - factored;
  t.solve = solved - began;
  t.flops = f.info().flops;
  t.residual = refined_error(system, f, one);
  return "";
}

/// Time of nested dissection, and the flops of its order.
std::string dissect(const CsrView& a, bench::Times& t) {
  AdjacencyBuilder builder;
  Budget unlimited;
  if (builder.begin(a) != Status::ok || builder.step(unlimited) != TaskState::done) return "no graph";
  const Adjacency graph = builder.take();
  const double start = bench::now_ms();
  OrderingTask task;
  Ordering wanted;
  wanted.kind = OrderingKind::nested_dissection;
  if (!task.begin(graph, wanted).ok() || task.step(unlimited) != TaskState::done) {
    return "no ordering";
  }
  t.analyze = bench::now_ms() - start;
  EliminationTreeBuilder tree;
  if (tree.begin(graph, task.take()) != Status::ok || tree.step(unlimited) != TaskState::done) {
    return "no tree";
  }
  t.flops = tree.take().flops;
  return "";
}

/// Best GFLOP/s of many calls.
template <class F>
double rate(double flops, const F& call) {
  const double patience = 60;
  double best = 1e300, first = bench::now_ms();
  int calls = 1;
  while (bench::now_ms() - first < patience) {
    const double start = bench::now_ms();
    for (int k = 0; k < calls; ++k) call();
    const double each = (bench::now_ms() - start) / calls;
    best = std::min(best, each);
    if (each * calls < 1) calls *= 2;
  }
  return flops / best * 1e-6;
}

void kernels() {
  std::vector<double> a(2048 * 512), b(2048 * 512), c(2048 * 512), work(simd::dense_work);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = b[i] = double(i * 7919 % 1000) * 1e-3 - 0.5;
  volatile double sink = 0.25;
  // Through a pointer: inlined here, the loop would keep the engine's baseline code.
  double (*volatile spin)(int, double) = bench::spin;
  std::printf("{\"peak\":%.3f", rate(bench::spin_flops * 1e3,
                                     [&] { sink = spin(1000, sink > 0 ? 1.0 : 0.5); }));
  for (const int n : {16, 48, 256}) {
    std::printf(",\"gemm%d\":%.3f", n, rate(2.0 * n * n * n, [&] {
                  simd::gemm(n, n, n, a.data(), n, b.data(), n, c.data(), n, work.data());
                }));
  }
  std::printf(",\"gemm1000x48x48\":%.3f", rate(2.0 * 1000 * 48 * 48, [&] {
                simd::gemm_negative(1000, 48, 48, a.data(), 2001, b.data(), 2001, c.data(), 1000,
                                    work.data());
              }));
  const int n = 256;
  std::printf(",\"syrk256\":%.3f", rate(double(n) * n * (n + 1), [&] {
                simd::syrk_negative(n, n, n, a.data(), n, c.data(), n, work.data());
              }));
  for (int i = 0; i < n; ++i) b[i + std::size_t(i) * n] = 1.0 + n;
  std::printf(",\"trsm256\":%.3f", rate(double(n) * n * n, [&] {
                std::copy_n(a.data(), n * n, c.data());
                simd::trsm(n, n, b.data(), n, c.data(), n, work.data());
              }));
  std::printf(",\"potrf256\":%.3f}\n", rate(double(n) * n * n / 3, [&] {
                for (int i = 0; i < n * n; ++i) c[i] = i % (n + 1) == 0 ? n : 0.5;
                simd::potrf(n, c.data(), n, work.data());
              }));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  bench::System system;
  if (argc > 1) system = bench::read_system(argv[1]);
  auto a = argc > 1
               ? CsrMatrix::from_csr(system.n, system.n, system.indptr, system.indices, system.data)
               : Result<CsrMatrix>(Status::not_ready);
  bench::serve(system, [&](const std::string& line) {
    if (line == "kernels") return kernels();
    if (!a.ok()) return bench::say("{\"error\":\"no system\"}");
    bench::report([&](bench::Times& t) {
      if (line == "ordering") return dissect(a.value().view(), t);
      const auto f = line == "lu" ? make_lu() : line == "ldlt" ? make_ldlt() : make_cholesky();
      return run(system, a.value().view(), *f, t);
    });
  });
}
