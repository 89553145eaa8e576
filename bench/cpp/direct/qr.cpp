// Least squares by QR: lacuna's own, and natively Eigen's SparseQR and SuiteSparseQR. Answers lines
// "contender system size" with best times in milliseconds, entries of the factors, flops and the
// error ‖Aᵀr‖/(‖A‖F·‖r‖) as JSON. Contenders: lacuna, seminormal (lacuna without Q), eigen, spqr.
// Systems: network, smoothing, band, random, dense, flow; see `made`.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <sstream>
#include <vector>

#if defined(BENCH_SPQR)
#include <SuiteSparseQR.hpp>
#endif
#if !defined(__EMSCRIPTEN__)
#include <Eigen/SparseQR>
#endif

#include "lacuna/direct/qr.hpp"
#include "lacuna/sparse/operations.hpp"
#include "protocol.hpp"

namespace {

using namespace lacuna;

class Triplets {
 public:
  Triplets(std::int32_t rows, std::int32_t cols) : rows_(rows), cols_(cols) {}
  void add(std::int32_t i, std::int32_t j, double v) {
    i_.push_back(i);
    j_.push_back(j);
    v_.push_back(v);
  }
  CsrMatrix matrix() const { return CsrMatrix::from_triplets(rows_, cols_, i_, j_, v_).take(); }

 private:
  std::int32_t rows_, cols_;
  std::vector<std::int32_t> i_, j_;
  std::vector<double> v_;
};

/// network w: differences along the edges of a w × w grid, one point fixed. smoothing w: data on a
/// w × w grid under its Laplacian. band n: 20 n rows of 6 entries side by side. random n: 3 n rows
/// of 3 entries anywhere in n columns. dense n: 200 n rows without zeros; each of these three over
/// an identity. flow w: square convection-diffusion on a w × w grid.
CsrMatrix made(const std::string& system, std::int32_t size) {
  std::mt19937_64 engine(7);
  const auto random = [&] { return double(engine() >> 11) * 0x1p-53; };
  const std::int32_t w = size;
  if (system == "band" || system == "random" || system == "dense") {
    const std::int32_t rows = system == "band" ? 20 * w : system == "random" ? 3 * w : 200 * w;
    const std::int32_t width = system == "band" ? 6 : system == "random" ? 3 : w;
    Triplets t(rows + w, w);
    for (std::int32_t i = 0; i < rows; ++i) {
      const auto first = static_cast<std::int32_t>(random() * (w - width + 1));
      for (std::int32_t k = 0; k < width; ++k) {
        const auto any = static_cast<std::int32_t>(random() * w);
        t.add(i, system == "random" ? any : first + k, random() - 0.5);
      }
    }
    for (std::int32_t j = 0; j < w; ++j) t.add(rows + j, j, 1);
    return t.matrix();
  }
  const std::int32_t n = w * w;
  const std::int32_t edges = 2 * w * (w - 1);
  Triplets t(system == "network" ? edges + 1 : system == "smoothing" ? 2 * n : n, n);
  std::int32_t edge = 0;
  for (std::int32_t y = 0; y < w; ++y) {
    for (std::int32_t x = 0; x < w; ++x) {
      const std::int32_t k = y * w + x;
      const std::int32_t near[] = {x > 0 ? k - 1 : -1, y > 0 ? k - w : -1, x + 1 < w ? k + 1 : -1,
                                   y + 1 < w ? k + w : -1};
      if (system == "network") {
        for (const std::int32_t other : {near[0], near[1]}) {
          if (other < 0) continue;
          const double weight = 0.5 + random();
          t.add(edge, k, weight);
          t.add(edge++, other, -weight);
        }
        continue;
      }
      double sum = 0;
      for (const std::int32_t other : near) {
        if (other < 0) continue;
        const double v = system == "flow" ? 1 + random() : 1;
        t.add(k, other, -v);
        sum += v;
      }
      t.add(k, k, system == "flow" ? 4 + random() : sum);
      if (system == "smoothing") t.add(n + k, k, 0.1);
    }
  }
  if (system == "network") t.add(edge, 0, 1);
  return t.matrix();
}

struct Outcome {
  double setup = 0, solve = 0, nnz = -1, flops = -1;
  std::vector<double> x;
};

double best_of(const std::function<void()>& work) {
  double best = std::numeric_limits<double>::infinity(), total = 0;
  for (int k = 0; k < 3 || (total < 500 && k < 50); ++k) {
    const double begin = bench::now_ms();
    work();
    const double t = bench::now_ms() - begin;
    best = std::min(best, t);
    total += t;
    if (total > 5000) break;
  }
  return best;
}

Outcome ours(const CsrMatrix& a, const std::vector<double>& b, QrStorage storage) {
  Outcome o;
  QrOptions options;
  options.storage = storage;
  QrFactorization qr(options);
  o.setup = best_of([&] {
    qr.analyze(a.view());
    qr.factorize(a.view());
  });
  o.x.resize(a.view().cols());
  o.solve = best_of([&] { qr.solve(b, o.x, false); });
  o.nnz = qr.info().nnz;
  o.flops = qr.info().flops;
  return o;
}

#if !defined(__EMSCRIPTEN__)
Outcome eigen(const CsrMatrix& m, const std::vector<double>& b) {
  using Matrix = Eigen::SparseMatrix<double, Eigen::ColMajor, int>;
  using Rows = Eigen::Map<const Eigen::SparseMatrix<double, Eigen::RowMajor, int>>;
  Outcome o;
  const CsrView v = m.view();
  const Matrix a = Rows(v.rows(), v.cols(), v.nnz(), v.indptr(), v.indices(), v.data());
  Eigen::SparseQR<Matrix, Eigen::COLAMDOrdering<int>> qr;
  o.setup = best_of([&] { qr.compute(a); });
  const Eigen::Map<const Eigen::VectorXd> rhs(b.data(), v.rows());
  Eigen::VectorXd x;
  o.solve = best_of([&] { x = qr.solve(rhs); });
  o.x.assign(x.data(), x.data() + x.size());
  return o;
}
#endif

#if defined(BENCH_SPQR)
Outcome spqr(const CsrMatrix& m, const std::vector<double>& b) {
  Outcome o;
  cholmod_common common;
  cholmod_l_start(&common);
  const CsrMatrix columns = transpose(m.view()).take();
  const CsrView t = columns.view();
  cholmod_sparse* a =
      cholmod_l_allocate_sparse(t.cols(), t.rows(), t.nnz(), 1, 1, 0, CHOLMOD_REAL, &common);
  std::copy_n(t.indptr(), t.rows() + 1, static_cast<SuiteSparse_long*>(a->p));
  std::copy_n(t.indices(), t.nnz(), static_cast<SuiteSparse_long*>(a->i));
  std::copy_n(t.data(), t.nnz(), static_cast<double*>(a->x));
  SuiteSparseQR_factorization<double>* qr = nullptr;
  o.setup = best_of([&] {
    SuiteSparseQR_free(&qr, &common);
    qr = SuiteSparseQR_factorize<double>(SPQR_ORDERING_DEFAULT, SPQR_DEFAULT_TOL, a, &common);
  });
  o.flops = common.SPQR_flopcount;
  o.nnz = double(common.SPQR_istat[0]) + double(common.SPQR_istat[1]);
  cholmod_dense* rhs = cholmod_l_allocate_dense(b.size(), 1, b.size(), CHOLMOD_REAL, &common);
  std::copy(b.begin(), b.end(), static_cast<double*>(rhs->x));
  o.x.resize(t.rows());
  o.solve = best_of([&] {
    cholmod_dense* y = SuiteSparseQR_qmult<double>(SPQR_QTX, qr, rhs, &common);
    cholmod_dense* x = SuiteSparseQR_solve<double>(SPQR_RETX_EQUALS_B, qr, y, &common);
    std::copy_n(static_cast<double*>(x->x), o.x.size(), o.x.data());
    cholmod_l_free_dense(&y, &common);
    cholmod_l_free_dense(&x, &common);
  });
  cholmod_l_free_dense(&rhs, &common);
  SuiteSparseQR_free(&qr, &common);
  cholmod_l_free_sparse(&a, &common);
  cholmod_l_finish(&common);
  return o;
}
#endif

double norm(const std::vector<double>& x) {
  double sum = 0;
  for (const double v : x) sum += v * v;
  return std::sqrt(sum);
}

void answer(const std::string& line) {
  std::istringstream words(line);
  std::string contender, system;
  std::int32_t size = 0;
  words >> contender >> system >> size;
  const CsrMatrix a = made(system, size);
  std::vector<double> b(a.view().rows());
  for (std::size_t k = 0; k < b.size(); ++k) b[k] = 1 + 0.5 * double(k % 7) - double(k % 3);
  Outcome o;
  if (contender == "lacuna") o = ours(a, b, QrStorage::reflections);
  if (contender == "seminormal") o = ours(a, b, QrStorage::seminormal);
#if !defined(__EMSCRIPTEN__)
  if (contender == "eigen") o = eigen(a, b);
#endif
#if defined(BENCH_SPQR)
  if (contender == "spqr") o = spqr(a, b);
#endif
  if (o.x.empty()) {
    std::printf("{\"missing\":true}\n");
    std::fflush(stdout);
    return;
  }
  std::vector<double> r(b.size()), g(o.x.size());
  multiply(a.view(), o.x, r);
  for (std::size_t i = 0; i < r.size(); ++i) r[i] = b[i] - r[i];
  multiply_transposed(a.view(), r, g);
  // Of a square system, the residual itself.
  const double a_norm = norm_frobenius(a.view());
  const double error =
      a.view().square() ? norm(r) / (a_norm * norm(o.x) + norm(b)) : norm(g) / (a_norm * norm(r));
  std::printf(
      "{\"rows\":%d,\"cols\":%d,\"setup\":%.4f,\"solve\":%.4f,\"nnz\":%.6g,\"flops\":%.6g,"
      "\"gradient\":%.3g}\n",
      a.view().rows(), a.view().cols(), o.setup, o.solve, o.nnz, o.flops, error);
  std::fflush(stdout);
}

}  // namespace

int main() { bench::serve("{}", answer); }
