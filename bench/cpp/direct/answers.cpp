// What a Cholesky factor gives beside solutions, against the plain ways to the same: single entries
// by a reach against a solve, the diagonal of the inverse against n solves, a change against a
// factorization, bytes against a factorization.
//   bench-direct-answers [width of a square grid] [width of a cube]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "lacuna/direct/cholesky.hpp"
#include "lacuna/direct/bytes_export.hpp"
#include "lacuna/direct/cholesky_bytes.hpp"
#include "lacuna/direct/cholesky_update.hpp"
#include "lacuna/direct/reach_solve.hpp"
#include "lacuna/direct/sparse_inverse.hpp"
#include "patterns.hpp"

namespace {

using namespace lacuna;

double now_ms() {
  using namespace std::chrono;
  return duration<double, std::milli>(steady_clock::now().time_since_epoch()).count();
}

/// Median of the times of some calls.
double median_ms(int calls, const std::function<void()>& call) {
  std::vector<double> times;
  for (int k = 0; k < calls; ++k) {
    const double start = now_ms();
    call();
    times.push_back(now_ms() - start);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

template <class T>
void finish(T& task) {
  Budget unlimited;
  if (task.step(unlimited) != TaskState::done) std::abort();
}

void check(bool fine) {
  if (!fine) std::abort();
}

void row(const char* what, double ms, const char* against, double plain_ms) {
  std::printf("  %-34s %10.4f ms   %-22s %10.3f ms   %8.1f x\n", what, ms, against, plain_ms,
              plain_ms / ms);
}

/// The Laplacian of a grid plus the identity.
CsrMatrix laplacian(int width, int height, int depth) {
  CsrMatrix matrix = bench::poisson(width, height, depth);
  const CsrView a = matrix.view();
  std::vector<double> values(a.nnz(), -1);
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    const std::int32_t end = a.indptr()[i + 1];
    for (std::int32_t p = a.indptr()[i]; p < end; ++p) {
      if (a.indices()[p] == i) values[p] = end - a.indptr()[i];
    }
  }
  check(matrix.set_values(values).ok());
  return matrix;
}

void run(const std::string& name, const CsrMatrix& matrix) {
  const CsrView a = matrix.view();
  const std::int32_t n = a.rows();
  Cholesky factor;
  check(factor.analyze(a).ok());
  const double factorize = median_ms(3, [&] { check(factor.factorize(a).ok()); });
  const Supernodes& s = factor.structure();
  std::printf("%s: n = %d, nnz(L) = %.3g, %.3g flops\n", name.c_str(), n, s.nnz, s.flops);
  std::vector<double> b(n, 1), x(n);
  const double solve = median_ms(5, [&] { check(factor.solve(b, x, false) == Status::ok); });

  // Single entries, of vertices all over the grid.
  ReachSolve reach;
  check(reach.attach(s, factor.values().data()) == Status::ok);
  std::int32_t i = 0;
  double entries = 0, out = 0;
  int asked = 0;
  const auto next = [&] { return i = static_cast<std::int32_t>((i + 7919ll * 131) % n); };
  const double one = 1;
  const double pair = median_ms(201, [&] {
    const std::int32_t u = next(), v = next();
    check(reach.begin_rhs(SparseEntries{{&u, 1}, {&one, 1}}).ok());
    finish(reach);
    entries += reach.entries();
    check(reach.begin_entries({&v, 1}, {&out, 1}).ok());
    finish(reach);
    entries += reach.entries();
    ++asked;
  });
  row("entry of the inverse, by reach", pair, "solve", solve);
  std::printf("  %-34s %10.2f %% of a solve's\n", "entries of L that it reads",
              100 * entries / asked / (factor.info().solve_flops / 2));
  check(reach.begin_rhs(std::span<const double>(b)).ok());
  finish(reach);
  const double kept = median_ms(201, [&] {
    const std::int32_t v = next();
    check(reach.begin_entries({&v, 1}, {&out, 1}).ok());
    finish(reach);
  });
  row("entry of a solution, b kept", kept, "solve", solve);

  std::vector<double> diagonal(n);
  const double inverse = median_ms(1, [&] {
    SparseInverse task;
    check(task.begin(s, factor.values().data()) == Status::ok);
    finish(task);
    task.diagonal(diagonal);
  });
  row("diagonal of the inverse", inverse, "n solves (from one)", solve * n);
  row("", inverse, "factorization", factorize);

  // A new weight of an edge in the grid: rank 1; of all that meet a vertex: rank 4 or 6.
  CholeskyUpdate update;
  check(update.attach(s, factor.values().data()) == Status::ok);
  for (const bool whole : {false, true}) {
    std::vector<std::int32_t> begin, rows;
    std::vector<double> values;
    bool downdates = true;
    const double time = median_ms(101, [&] {
      downdates = !downdates;
      if (!downdates) {
        const std::int32_t u = next();
        begin = {0};
        rows.clear();
        values.clear();
        for (std::int32_t p = a.indptr()[u]; p < a.indptr()[u + 1]; ++p) {
          if (a.indices()[p] == u || (!whole && begin.size() > 1)) continue;
          rows.insert(rows.end(), {u, a.indices()[p]});
          values.insert(values.end(), {0.5, -0.5});
          begin.push_back(static_cast<std::int32_t>(rows.size()));
        }
      }
      check(update.begin_update({begin, rows, values}, downdates).ok());
      finish(update);
    });
    row(whole ? "update or downdate of a vertex" : "update or downdate of an edge", time,
        "factorization", factorize);
  }
  const double deleted = median_ms(51, [&] {
    check(update.begin_delete(next()).ok());
    finish(update);
  });
  row("row deleted", deleted, "factorization", factorize);

  Buffer<unsigned char> bytes;
  const double out_time = median_ms(1, [&] {
    BytesExport task;
    check(list_bytes(factor, task.figures, task.pieces) == Status::ok);
    check(task.begin(FactorKind::cholesky, a) == Status::ok);
    finish(task);
    bytes = task.take();
  });
  const double in_time = median_ms(1, [&] {
    CholeskyImport task;
    check(task.begin(bytes.span(), a).ok());
    finish(task);
  });
  row("export as bytes", out_time, "factorization", factorize);
  row("import", in_time, "factorization", factorize);
  std::printf("  %-34s %10.2f MB\n\n", "bytes", double(bytes.size()) * 1e-6);
}

}  // namespace

int main(int argc, char** argv) {
  const int side = argc > 1 ? std::atoi(argv[1]) : 300;
  const int edge = argc > 2 ? std::atoi(argv[2]) : 25;
  run("grid " + std::to_string(side) + "²", laplacian(side, side, 1));
  run("cube " + std::to_string(edge) + "³", laplacian(edge, edge, edge));
}
