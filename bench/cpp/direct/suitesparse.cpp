// Native references from Debian's packages: CHOLMOD's supernodal Cholesky, KLU, UMFPACK, METIS.
//   bench-direct-suitesparse <system file>
// Lines: "cholmod" with its own choice of an ordering, "cholmod-amd", "klu", "umfpack"; "metis", an
// ordering alone.
#include <cholmod.h>
#include <klu.h>
#include <umfpack.h>
#ifdef BENCH_METIS
#include <metis.h>
#endif

#include "protocol.hpp"

namespace {

/// The upper triangle by columns, which is the lower one by rows.
cholmod_sparse* triangle_of(const bench::System& s, cholmod_common& common) {
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
  return a;
}

std::string cholmod(const bench::System& s, bool amd, bench::Times& t) {
  cholmod_common common;
  cholmod_start(&common);
  common.supernodal = CHOLMOD_SUPERNODAL;
  if (amd) {
    common.nmethods = 1;
    common.method[0].ordering = CHOLMOD_AMD;
  }
  const auto n = static_cast<std::size_t>(s.n);
  cholmod_sparse* a = triangle_of(s, common);
  cholmod_dense* b = cholmod_allocate_dense(n, bench::block_columns, n, CHOLMOD_REAL, &common);
  const std::vector<double> many = bench::repeated(s.b);
  std::copy(many.begin(), many.end(), static_cast<double*>(b->x));
  const double start = bench::now_ms();
  cholmod_factor* factor = cholmod_analyze(a, &common);
  const double analyzed = bench::now_ms();
  cholmod_factorize(a, factor, &common);
  const double factored = bench::now_ms();
  const bool definite = common.status == CHOLMOD_OK;
  if (definite) {
    cholmod_factorize(a, factor, &common);
    const double again = bench::now_ms();
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
    t.refactor = again - factored;
    t.block = blocked - again;
    t.flops = common.fl;
  }
  cholmod_free_dense(&b, &common);
  cholmod_free_factor(&factor, &common);
  cholmod_free_sparse(&a, &common);
  cholmod_finish(&common);
  return definite ? "" : "not positive definite";
}

std::string klu(const bench::System& s, const bench::Columns& a, bench::Times& t) {
  klu_common common;
  klu_defaults(&common);
  auto* ptr = const_cast<int*>(a.ptr.data());
  auto* row = const_cast<int*>(a.rows.data());
  auto* value = const_cast<double*>(a.data.data());
  const double start = bench::now_ms();
  klu_symbolic* symbolic = klu_analyze(s.n, ptr, row, &common);
  const double analyzed = bench::now_ms();
  klu_numeric* numeric = symbolic ? klu_factor(ptr, row, value, symbolic, &common) : nullptr;
  const double factored = bench::now_ms();
  if (numeric) {
    klu_refactor(ptr, row, value, symbolic, numeric, &common);
    t.refactor = bench::now_ms() - factored;
    std::vector<double> x = bench::repeated(s.b);
    const double block = bench::now_ms();
    klu_solve(symbolic, numeric, s.n, bench::block_columns, x.data(), &common);
    t.block = bench::now_ms() - block;
    x = s.b;
    const double began = bench::now_ms();
    klu_solve(symbolic, numeric, s.n, 1, x.data(), &common);
    t.solve = bench::now_ms() - began;
    t.residual = bench::backward_error(s, x.data());
    klu_flops(symbolic, numeric, &common);
    t.flops = common.flops;
    t.analyze = analyzed - start;
    t.factor = factored - analyzed;
  }
  const bool fine = numeric != nullptr;
  klu_free_numeric(&numeric, &common);
  klu_free_symbolic(&symbolic, &common);
  return fine ? "" : "singular";
}

std::string umfpack(const bench::System& s, const bench::Columns& a, bench::Times& t) {
  double control[UMFPACK_CONTROL], info[UMFPACK_INFO];
  umfpack_di_defaults(control);
  control[UMFPACK_IRSTEP] = 0;
  void* symbolic = nullptr;
  void* numeric = nullptr;
  const auto factor = [&] {
    return umfpack_di_numeric(a.ptr.data(), a.rows.data(), a.data.data(), symbolic, &numeric,
                              control, info) == UMFPACK_OK;
  };
  const double start = bench::now_ms();
  bool fine = umfpack_di_symbolic(s.n, s.n, a.ptr.data(), a.rows.data(), a.data.data(), &symbolic,
                                  control, info) == UMFPACK_OK;
  t.analyze = bench::now_ms() - start;
  const double analyzed = bench::now_ms();
  fine = fine && factor();
  t.factor = bench::now_ms() - analyzed;
  if (fine) {
    t.flops = info[UMFPACK_FLOPS];
    umfpack_di_free_numeric(&numeric);
    const double again = bench::now_ms();
    fine = factor();
    t.refactor = bench::now_ms() - again;
    std::vector<double> x(s.b.size());
    const auto solve = [&] {
      umfpack_di_solve(UMFPACK_A, a.ptr.data(), a.rows.data(), a.data.data(), x.data(), s.b.data(),
                       numeric, control, info);
    };
    const double block = bench::now_ms();
    for (int k = 0; k < bench::block_columns; ++k) solve();
    const double began = bench::now_ms();
    solve();
    t.solve = bench::now_ms() - began;
    t.block = began - block;
    t.residual = bench::backward_error(s, x.data());
  }
  if (numeric) umfpack_di_free_numeric(&numeric);
  if (symbolic) umfpack_di_free_symbolic(&symbolic);
  return fine ? "" : "singular";
}

/// Time of METIS_NodeND on the graph of A, and the flops of its order by CHOLMOD's counts.
std::string metis(const bench::System& s, bench::Times& t) {
#ifdef BENCH_METIS
  std::vector<idx_t> begin = {0}, neighbors, order(s.n), position(s.n);
  for (std::int32_t i = 0; i < s.n; ++i) {
    for (std::int32_t p = s.indptr[i]; p < s.indptr[i + 1]; ++p) {
      if (s.indices[p] != i) neighbors.push_back(s.indices[p]);
    }
    begin.push_back(static_cast<idx_t>(neighbors.size()));
  }
  idx_t n = s.n;
  const double start = bench::now_ms();
  if (METIS_NodeND(&n, begin.data(), neighbors.data(), nullptr, nullptr, order.data(),
                   position.data()) != METIS_OK) {
    return "failed";
  }
  t.analyze = bench::now_ms() - start;
  cholmod_common common;
  cholmod_start(&common);
  common.nmethods = 1;
  common.method[0].ordering = CHOLMOD_GIVEN;
  cholmod_sparse* a = triangle_of(s, common);
  std::vector<int> given(order.begin(), order.end());
  cholmod_factor* factor = cholmod_analyze_p(a, given.data(), nullptr, 0, &common);
  t.flops = common.fl;
  cholmod_free_factor(&factor, &common);
  cholmod_free_sparse(&a, &common);
  cholmod_finish(&common);
  return "";
#else
  return "not built with METIS";
#endif
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const bench::System s = bench::read_system(argv[1]);
  const bench::Columns columns = bench::to_columns(s);
  bench::serve(s, [&](const std::string& line) {
    bench::report([&](bench::Times& t) {
      if (line == "klu") return klu(s, columns, t);
      if (line == "umfpack") return umfpack(s, columns, t);
      if (line == "metis") return metis(s, t);
      return cholmod(s, line == "cholmod-amd", t);
    });
  });
}
