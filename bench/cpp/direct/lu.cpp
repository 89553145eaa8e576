// LU against Eigen's SparseLU, KLU and UMFPACK, all native and on one thread: time to analyze and
// factor, time to solve, entries of the factors and flops, backward errors, ratios.
//
//   lu [matrix.mtx | random:matrix.mtx | "convection w" | "circuit n"] …
//
// random: other values on the pattern. Without arguments: 2D convection-diffusion 300² and a
// circuit of 50,000 nodes.
#include <klu.h>
#include <umfpack.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <Eigen/SparseLU>
#include <fstream>
#include <functional>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "lacuna/direct/lu.hpp"
#include "lacuna/sparse/operations.hpp"

namespace {

using namespace lacuna;
using Clock = std::chrono::steady_clock;

struct System {
  std::string name;
  CsrMatrix a;
  std::vector<double> b;
};

struct Outcome {
  std::string name;
  bool ok = false;
  double setup = 0, solve = 0, nnz = -1, flops = -1;
  std::string note;
  std::vector<double> x;
};

double seconds_of(const std::function<void()>& work) {
  const auto begin = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// Best of as many runs as fit into a second, three at least.
double best_of(const std::function<void()>& work) {
  double best = std::numeric_limits<double>::infinity(), total = 0;
  for (int k = 0; k < 3 || (total < 1 && k < 200); ++k) {
    const double t = seconds_of(work);
    best = std::min(best, t);
    total += t;
  }
  return best;
}

class Random {
 public:
  std::uint64_t bits() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return state_ >> 33;
  }
  double unit() { return double(bits()) * 0x1p-31; }
  int below(int n) { return int(bits() % std::uint64_t(n)); }

 private:
  std::uint64_t state_ = 1;
};

/// Modified nodal analysis of a random network: resistors between near nodes, a few supply nodes
/// with very many neighbors, transistors (unsymmetric), voltage sources (zero diagonals).
CsrMatrix circuit(int n) {
  Random random;
  std::vector<std::int32_t> i, j;
  std::vector<double> v;
  const auto add = [&](int r, int c, double value) {
    i.push_back(r);
    j.push_back(c);
    v.push_back(value);
  };
  const int nodes = n - n / 50;
  const auto resistor = [&](int a, int b) {
    const double g = 1e-3 + random.unit();
    add(a, a, g);
    add(b, b, g);
    add(a, b, -g);
    add(b, a, -g);
  };
  for (int k = 0; k < nodes; ++k) {
    add(k, k, 1e-6);
    if (k > 0) resistor(k, std::max(0, k - 1 - random.below(20)));
    if (random.unit() < 0.3) resistor(k, (k + 1 + random.below(200)) % nodes);
    if (random.unit() < 0.05) resistor(k, random.below(5));
    if (random.unit() < 0.3) {
      const int gate = (k + random.below(100)) % nodes, source = (k + random.below(10)) % nodes;
      const double g = 10 * random.unit();
      add(k, gate, g);
      add(source, gate, -g);
      add(k, source, -g);
      add(source, source, g);
    }
  }
  for (int k = nodes; k < n; ++k) {
    const int a = (k - nodes) * (nodes / (n - nodes));
    add(k, a, 1);
    add(a, k, 1);
  }
  return CsrMatrix::from_triplets(n, n, i, j, v).take();
}

void randomize(CsrMatrix& a) {
  Random random;
  std::vector<double> values(a.view().nnz());
  for (int i = 0; i < a.view().rows(); ++i) {
    for (int p = a.view().indptr()[i]; p < a.view().indptr()[i + 1]; ++p)
      values[p] = 2 * random.unit() - 1 + (a.view().indices()[p] == i ? 2 : 0);
  }
  a.set_values(values);
}

CsrMatrix read_matrix(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  const bool symmetric = line.find("symmetric") != std::string::npos;
  const bool pattern = line.find("pattern") != std::string::npos;
  while (std::getline(in, line) && line[0] == '%') {
  }
  long rows = 0, cols = 0, nnz = 0;
  std::istringstream(line) >> rows >> cols >> nnz;
  std::vector<std::int32_t> i, j;
  std::vector<double> v;
  for (long k = 0; k < nnz; ++k) {
    long r = 0, c = 0;
    double value = 1;
    in >> r >> c;
    if (!pattern) in >> value;
    if (in.peek() != '\n') in.ignore(100, '\n');  // the imaginary part, if any
    i.push_back(static_cast<std::int32_t>(r - 1));
    j.push_back(static_cast<std::int32_t>(c - 1));
    v.push_back(value);
    if (symmetric && r != c) {
      i.push_back(static_cast<std::int32_t>(c - 1));
      j.push_back(static_cast<std::int32_t>(r - 1));
      v.push_back(value);
    }
  }
  return CsrMatrix::from_triplets(rows, cols, i, j, v).take();
}

CsrMatrix convection(int w) {
  std::vector<std::int32_t> i, j;
  std::vector<double> v;
  const auto add = [&](int r, int c, double value) {
    i.push_back(r);
    j.push_back(c);
    v.push_back(value);
  };
  for (int y = 0; y < w; ++y) {
    for (int x = 0; x < w; ++x) {
      const int k = y * w + x;
      const double cx = 0.4 * (y - w / 2) / w, cy = -0.4 * (x - w / 2) / w;
      add(k, k, 4);
      if (x > 0) add(k, k - 1, -1 - cx);
      if (x + 1 < w) add(k, k + 1, -1 + cx);
      if (y > 0) add(k, k - w, -1 - cy);
      if (y + 1 < w) add(k, k + w, -1 + cy);
    }
  }
  return CsrMatrix::from_triplets(w * w, w * w, i, j, v).take();
}

/// max |b − Ax| / (|A||x| + |b|), in long double.
double backward_error(const System& s, const std::vector<double>& x) {
  const CsrView a = s.a.view();
  long double worst = 0;
  for (int i = 0; i < a.rows(); ++i) {
    long double r = s.b[i], w = std::fabs(s.b[i]);
    for (int p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      const long double t = (long double)a.data()[p] * x[a.indices()[p]];
      r -= t;
      w += std::fabs(t);
    }
    if (w > 0) worst = std::max(worst, std::fabs(r) / w);
  }
  return static_cast<double>(worst);
}

Outcome ours(const System& s, const std::string& name, LuKernel kernel) {
  Outcome o;
  o.name = name;
  LuOptions options;
  options.kernel = kernel;
  const CsrView a = s.a.view();
  o.setup = best_of([&] {
    LuFactorization f(options);
    o.ok = f.analyze(a).ok() && f.factorize(a).ok();
  });
  LuFactorization f(options);
  Fault fault = f.analyze(a);
  double analysis = 0;
  if (fault.ok()) {
    analysis = best_of([&] { f.analyze(a); });
    fault = f.factorize(a);
  }
  if (!fault.ok()) {
    o.note = std::string(status_name(fault.status)) + " at " + std::to_string(fault.position);
    if (f.deficiency().rank >= 0) o.note += ", rank " + std::to_string(f.deficiency().rank);
    return o;
  }
  const double again = best_of([&] { f.factorize(a); });
  o.x.resize(s.b.size());
  o.solve = best_of([&] { f.solve(s.b, o.x, false); });
  o.nnz = f.info().nnz;
  o.flops = f.info().flops;
  char text[240];
  const double plain = backward_error(s, o.x);
  // Refinement as in a solve: at most three steps.
  std::vector<double> r(s.b.size()), d(s.b.size());
  for (int k = 0; k < 3; ++k) {
    for (int i = 0; i < a.rows(); ++i) {
      long double sum = s.b[i];
      for (int p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p)
        sum -= (long double)a.data()[p] * o.x[a.indices()[p]];
      r[i] = static_cast<double>(sum);
    }
    f.solve(r, d, false);
    for (std::size_t i = 0; i < d.size(); ++i) o.x[i] += d[i];
  }
  int singles = 0, fronts = 0;
  for (int b = 0; b < f.plan()->blocks(); ++b) {
    singles += f.plan()->kind[b] == BlockKind::single;
    fronts += f.plan()->kind[b] == BlockKind::fronts;
  }
  std::snprintf(text, sizeof text,
                "analysis %.4f refactor %.4f (route %d) | %d blocks, %d single, %d fronts, largest "
                "%d | growth %.1e off %ld delayed %ld | before refinement %.1e",
                analysis, again, int(f.route()), f.plan()->blocks(), singles, fronts,
                f.plan()->largest_block, f.quality().pivot_growth,
                long(f.quality().off_diagonal_pivots), long(f.quality().delayed_pivots), plain);
  o.note = text;
  return o;
}

Outcome eigen(const System& s) {
  using Matrix = Eigen::SparseMatrix<double, Eigen::ColMajor, int>;
  using Rows = Eigen::Map<const Eigen::SparseMatrix<double, Eigen::RowMajor, int>>;
  Outcome o;
  o.name = "Eigen SparseLU";
  const CsrView v = s.a.view();
  const Matrix a = Rows(v.rows(), v.cols(), v.nnz(), v.indptr(), v.indices(), v.data());
  Eigen::SparseLU<Matrix> lu;
  o.setup = best_of([&] {
    lu.compute(a);
    o.ok = lu.info() == Eigen::Success;
  });
  if (!o.ok) return o;
  const Eigen::Map<const Eigen::VectorXd> b(s.b.data(), v.rows());
  Eigen::VectorXd x;
  o.solve = best_of([&] { x = lu.solve(b); });
  o.x.assign(x.data(), x.data() + x.size());
  o.nnz = double(lu.nnzL()) + double(lu.nnzU());
  return o;
}

Outcome klu(const System& s, const CsrMatrix& columns) {
  Outcome o;
  o.name = "KLU";
  const CsrView t = columns.view();
  auto* ptr = const_cast<int*>(t.indptr());
  auto* row = const_cast<int*>(t.indices());
  auto* value = const_cast<double*>(t.data());
  klu_common common;
  klu_defaults(&common);
  klu_symbolic* symbolic = nullptr;
  klu_numeric* numeric = nullptr;
  o.setup = best_of([&] {
    klu_free_numeric(&numeric, &common);
    klu_free_symbolic(&symbolic, &common);
    symbolic = klu_analyze(t.rows(), ptr, row, &common);
    if (symbolic) numeric = klu_factor(ptr, row, value, symbolic, &common);
    o.ok = numeric != nullptr;
  });
  if (o.ok) {
    o.x.resize(s.b.size());
    o.solve = best_of([&] {
      o.x = s.b;
      klu_solve(symbolic, numeric, t.rows(), 1, o.x.data(), &common);
    });
    klu_flops(symbolic, numeric, &common);
    o.flops = common.flops;
    o.nnz = double(numeric->lnz) + numeric->unz;
    const double again =
        best_of([&] { klu_refactor(ptr, row, value, symbolic, numeric, &common); });
    o.note = "refactor " + std::to_string(again);
  }
  klu_free_numeric(&numeric, &common);
  klu_free_symbolic(&symbolic, &common);
  return o;
}

Outcome umfpack(const System& s, const CsrMatrix& columns) {
  Outcome o;
  o.name = "UMFPACK";
  const CsrView t = columns.view();
  double control[UMFPACK_CONTROL], info[UMFPACK_INFO];
  umfpack_di_defaults(control);
  control[UMFPACK_IRSTEP] = 0;
  void* symbolic = nullptr;
  void* numeric = nullptr;
  o.setup = best_of([&] {
    if (numeric) umfpack_di_free_numeric(&numeric);
    o.ok = umfpack_di_symbolic(t.rows(), t.rows(), t.indptr(), t.indices(), t.data(), &symbolic,
                               control, info) == UMFPACK_OK &&
           umfpack_di_numeric(t.indptr(), t.indices(), t.data(), symbolic, &numeric, control,
                              info) == UMFPACK_OK;
    umfpack_di_free_symbolic(&symbolic);
  });
  if (o.ok) {
    o.nnz = info[UMFPACK_LNZ] + info[UMFPACK_UNZ];
    o.flops = info[UMFPACK_FLOPS];
    o.x.resize(s.b.size());
    o.solve = best_of([&] {
      umfpack_di_solve(UMFPACK_A, t.indptr(), t.indices(), t.data(), o.x.data(), s.b.data(),
                       numeric, control, info);
    });
  }
  if (numeric) umfpack_di_free_numeric(&numeric);
  return o;
}

void compare(const System& s) {
  const CsrView a = s.a.view();
  std::printf("\n%s  n %d  nnz %d\n", s.name.c_str(), a.rows(), a.nnz());
  if (!a.square()) {
    std::printf("  not square\n");
    return;
  }
  const CsrMatrix columns = transpose(a).take();
  std::vector<Outcome> all;
  all.push_back(ours(s, "lacuna", LuKernel::automatic));
  all.push_back(ours(s, "lacuna columns", LuKernel::columns));
  all.push_back(ours(s, "lacuna fronts", LuKernel::fronts));
  all.push_back(eigen(s));
  all.push_back(klu(s, columns));
  all.push_back(umfpack(s, columns));
  for (const Outcome& o : all) {
    if (!o.ok) {
      std::printf("  %-16s fails  %s\n", o.name.c_str(), o.note.c_str());
      continue;
    }
    std::printf(
        "  %-16s setup %9.5f s  %5.2fx  solve %9.6f s  %5.2fx  nnz %.3g  flops %.3g  error "
        "%.1e  %s\n",
        o.name.c_str(), o.setup, o.setup / all[0].setup, o.solve, o.solve / all[0].solve, o.nnz,
        o.flops, backward_error(s, o.x), o.note.c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> paths(argv + 1, argv + argc);
  if (paths.empty()) paths = {"convection 300", "circuit 50000"};
  for (const std::string& path : paths) {
    const auto starts = [&](const char* word) { return path.rfind(word, 0) == 0; };
    CsrMatrix a = starts("convection ") ? convection(std::atoi(path.c_str() + 11))
                  : starts("circuit ")  ? circuit(std::atoi(path.c_str() + 8))
                  : starts("random:")   ? read_matrix(path.substr(7))
                                        : read_matrix(path);
    if (starts("random:")) randomize(a);
    System s{path, std::move(a), {}};
    s.b.resize(s.a.view().rows());
    for (std::size_t k = 0; k < s.b.size(); ++k) s.b[k] = 1 + 0.5 * double(k % 7) - double(k % 3);
    compare(s);
  }
}
