// lacuna's supernodal Cholesky and dense kernels, without the face.
//   bench-direct-engine [system file]
// A line "run" factors and solves the system from scratch; "kernels" measures GFLOP/s.
#include <algorithm>
#include <vector>

#include "lacuna/direct/cholesky.hpp"
#include "lacuna/simd/dense.hpp"
#include "peak.hpp"
#include "protocol.hpp"

namespace {

using namespace lacuna;

void run(const bench::System& system, const CsrView& a) {
  const auto n = static_cast<std::size_t>(system.n);
  bench::Times times;
  Cholesky cholesky;
  const double start = bench::now_ms();
  bool fine = cholesky.analyze(a).ok();
  const double analyzed = bench::now_ms();
  fine = fine && cholesky.factorize(a).ok();
  const double factored = bench::now_ms();
  std::vector<double> b(n * bench::block_columns), x(n * bench::block_columns);
  for (int k = 0; k < bench::block_columns; ++k) std::copy_n(system.b.data(), n, &b[k * n]);
  fine = fine && cholesky.solve({b.data(), n}, {x.data(), n}, false) == Status::ok;
  const double began = bench::now_ms();
  fine = fine && cholesky.solve({b.data(), n}, {x.data(), n}, false) == Status::ok;
  const double solved = bench::now_ms();
  times.residual = bench::backward_error(system, x.data());
  const auto substitution = cholesky.substitution();
  Budget unlimited;
  const double block = bench::now_ms();
  fine = fine && substitution &&
         substitution->begin(b, x, bench::block_columns, false) == Status::ok &&
         substitution->step(unlimited) == TaskState::done;
  times.block = bench::now_ms() - block;
  times.analyze = analyzed - start;
  times.factor = factored - analyzed;
  times.solve = solved - began;
  times.flops = cholesky.info().flops;
  if (!fine) {
    std::printf("{\"error\":\"the factorization failed\"}\n");
    std::fflush(stdout);
    return;
  }
  bench::print(times);
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
  std::printf("{\"peak\":%.3f", rate(bench::spin_flops * 1e3,
                                     [&] { sink = bench::spin(1000, sink > 0 ? 1.0 : 2.0); }));
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
  std::printf("{\"n\":%d}\n", system.n);
  std::fflush(stdout);
  auto a = argc > 1
               ? CsrMatrix::from_csr(system.n, system.n, system.indptr, system.indices, system.data)
               : Result<CsrMatrix>(Status::not_ready);
  bench::serve([&](const std::string& line) {
    if (line == "kernels") {
      kernels();
    } else if (a.ok()) {
      run(system, a.value().view());
    } else {
      std::printf("{\"error\":\"no system\"}\n");
      std::fflush(stdout);
    }
  });
}
