// Orderings compared: fill, flops and time of lacuna's against AMD of SuiteSparse, AMD of Eigen and
// METIS_NodeND, each with its defaults. Counts of all come from lacuna's elimination tree.
//
//   bench-orderings [-r rounds] [-m match] [folder of .mtx and .obj files …]
#include <amd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <Eigen/OrderingMethods>
#include <Eigen/SparseCore>
#include <functional>
#include <map>
#include <stdexcept>
#ifdef BENCH_METIS
#include <metis.h>
#endif

#include "lacuna/direct/symbolic.hpp"
#include "lacuna/ordering/elimination_tree.hpp"
#include "lacuna/ordering/ordering.hpp"
#include "patterns.hpp"

namespace bench {
namespace {

using lacuna::Budget;
using lacuna::Buffer;
using lacuna::CsrMatrix;
using lacuna::CsrView;
using lacuna::Adjacency;
using lacuna::OrderingKind;
using lacuna::Status;
using lacuna::TaskState;
using Order = std::vector<std::int32_t>;

void expect(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(what);
}

Adjacency graph_of(const CsrView& a) {
  lacuna::AdjacencyBuilder builder;
  Budget budget;
  expect(builder.begin(a) == Status::ok && builder.step(budget) == TaskState::done, "graph");
  return builder.take();
}

Order lacuna_order(const Adjacency& graph, OrderingKind kind) {
  lacuna::OrderingTask task;
  Budget budget;
  expect(task.begin(graph, {kind}).ok() && task.step(budget) == TaskState::done, "ordering");
  const Buffer<std::int32_t> order = task.take();
  return {order.data(), order.data() + order.size()};
}

Order suitesparse_amd(const Adjacency& graph) {
  Order order(graph.n);
  expect(amd_order(graph.n, graph.begin.data(), graph.neighbors.data(), order.data(), nullptr,
                   nullptr) >= 0,
         "amd");
  return order;
}

/// Eigen takes a vertex without a diagonal entry for a dense one.
Order eigen_amd(const CsrView& a) {
  const Eigen::Map<const Eigen::SparseMatrix<double>> map(a.rows(), a.cols(), a.nnz(), a.indptr(),
                                                          a.indices(), a.data());
  Eigen::PermutationMatrix<Eigen::Dynamic, Eigen::Dynamic, int> p;
  Eigen::AMDOrdering<int>()(Eigen::SparseMatrix<double>(map), p);
  return {p.indices().data(), p.indices().data() + a.rows()};
}

#ifdef BENCH_METIS
Order metis_nd(const Adjacency& graph) {
  idx_t n = graph.n;
  std::vector<idx_t> begin(graph.begin.data(), graph.begin.data() + n + 1);
  std::vector<idx_t> neighbors(graph.neighbors.data(), graph.neighbors.data() + graph.entries());
  std::vector<idx_t> order(n), position(n);
  expect(METIS_NodeND(&n, begin.data(), neighbors.data(), nullptr, nullptr, order.data(),
                      position.data()) == METIS_OK,
         "metis");
  return {order.begin(), order.end()};
}
#endif

struct Method {
  std::string name;
  std::function<Order(const Adjacency&, const CsrView&)> order;
};

std::function<Order(const Adjacency&, const CsrView&)> ours(OrderingKind kind) {
  return [kind](const Adjacency& graph, const CsrView&) { return lacuna_order(graph, kind); };
}

struct Figures {
  double nnz = 0;
  double flops = 0;
  double ms = 0;
};

double milliseconds() {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Figures measure(const Adjacency& graph, const CsrView& a, const Method& method, int rounds) {
  Figures out;
  Order order;
  for (int k = 0; k < rounds; ++k) {
    const double start = milliseconds();
    order = method.order(graph, a);
    const double ms = milliseconds() - start;
    if (k == 0 || ms < out.ms) out.ms = ms;
  }
  Buffer<std::int32_t> permutation;
  expect(permutation.copy_from(order) == Status::ok, "memory");
  lacuna::EliminationTreeBuilder builder;
  Budget budget;
  expect(builder.begin(graph, std::move(permutation)) == Status::ok &&
             builder.step(budget) == TaskState::done,
         "tree");
  const lacuna::EliminationTree tree = builder.take();
  out.nnz = tree.nnz;
  out.flops = tree.flops;
  return out;
}

/// Time of the symbolic phase beyond graph and ordering.
double symbolic_ms(const CsrView& a, int rounds) {
  double best = 0;
  std::vector<std::int32_t> order(a.rows());
  {
    lacuna::Symbolic symbolic;
    Budget budget;
    expect(symbolic.begin(a, {OrderingKind::amd}).ok() && symbolic.step(budget) == TaskState::done,
           "symbolic");
    const auto s = symbolic.take();
    std::copy_n(s.permutation.data(), s.n, order.begin());
  }
  for (int k = 0; k < rounds; ++k) {
    const double start = milliseconds();
    lacuna::Symbolic symbolic;
    Budget budget;
    expect(symbolic.begin(a, {OrderingKind::given, order}).ok() &&
               symbolic.step(budget) == TaskState::done,
           "symbolic");
    const double ms = milliseconds() - start;
    if (k == 0 || ms < best) best = ms;
  }
  return best;
}

void run(int rounds, const std::string& match, const std::vector<std::string>& folders) {
  std::vector<Method> methods = {
      {"SuiteSparse AMD", [](const Adjacency& g, const CsrView&) { return suitesparse_amd(g); }},
      {"Eigen AMD", [](const Adjacency&, const CsrView& a) { return eigen_amd(a); }},
      {"lacuna amd", ours(OrderingKind::amd)},
#ifdef BENCH_METIS
      {"METIS", [](const Adjacency& g, const CsrView&) { return metis_nd(g); }},
#endif
      {"lacuna nd", ours(OrderingKind::nested_dissection)},
      {"lacuna rcm", ours(OrderingKind::rcm)},
      {"lacuna auto", ours(OrderingKind::automatic)},
  };
  // Logarithms of the ratios of fill, flops and time, for geometric means.
  std::map<std::string, std::vector<Figures>> logs;
  std::printf(
      "| pattern | n | method | nnz(L) | flops | ms | nnz / AMD | flops / AMD | flops / METIS "
      "| ms / METIS |\n|---|---|---|---|---|---|---|---|---|---|\n");
  for (const Pattern& pattern : all_patterns(folders)) {
    if (pattern.name.find(match) == std::string::npos) continue;
    const CsrView a = pattern.matrix.view();
    const double start = milliseconds();
    const Adjacency graph = graph_of(a);
    const double graph_ms = milliseconds() - start;
    std::map<std::string, Figures> figures;
    for (const Method& method : methods) figures[method.name] = measure(graph, a, method, rounds);
    const Figures amd = figures["SuiteSparse AMD"];
    for (const Method& method : methods) {
      const Figures f = figures[method.name];
      std::printf("| %s | %d | %s | %.4g | %.4g | %.2f | %.3f | %.3f |", pattern.name.c_str(),
                  graph.n, method.name.c_str(), f.nnz, f.flops, f.ms, f.nnz / amd.nnz,
                  f.flops / amd.flops);
      const Figures base = method.name.find("amd") == std::string::npos && figures.count("METIS")
                               ? figures["METIS"]
                               : amd;
      if (figures.count("METIS")) {
        std::printf(" %.3f | %.2f |\n", f.flops / figures["METIS"].flops,
                    f.ms / figures["METIS"].ms);
      } else {
        std::printf(" | |\n");
      }
      logs[method.name].push_back(
          {std::log(f.nnz / base.nnz), std::log(f.flops / base.flops), std::log(f.ms / base.ms)});
    }
    std::printf("| %s | %d | graph, symbolic phase | | | %.2f, %.2f | | | | |\n",
                pattern.name.c_str(), graph.n, graph_ms, symbolic_ms(a, rounds));
    std::fflush(stdout);
  }
  std::printf(
      "\nGeometric means of the ratios (amd: over SuiteSparse's; others: over METIS's)\n\n"
      "| method | nnz(L) | flops | time |\n|---|---|---|---|\n");
  for (const Method& method : methods) {
    Figures mean;
    const auto& rows = logs[method.name];
    for (const Figures& f : rows) mean.nnz += f.nnz, mean.flops += f.flops, mean.ms += f.ms;
    const double count = static_cast<double>(rows.size());
    std::printf("| %s | %.3f | %.3f | %.2f |\n", method.name.c_str(), std::exp(mean.nnz / count),
                std::exp(mean.flops / count), std::exp(mean.ms / count));
  }
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  int rounds = 3;
  std::string match;
  std::vector<std::string> folders;
  for (int k = 1; k < argc; ++k) {
    if (std::strcmp(argv[k], "-r") == 0 && k + 1 < argc) {
      rounds = std::max(1, std::atoi(argv[++k]));
    } else if (std::strcmp(argv[k], "-m") == 0 && k + 1 < argc) {
      match = argv[++k];
    } else {
      folders.emplace_back(argv[k]);
    }
  }
  try {
    bench::run(rounds, match, folders);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench-orderings: %s\n", error.what());
    return 1;
  }
  return 0;
}
