#include "lacuna/local/graph/graph.hpp"

#include "support/catch.hpp"
#include "support/graphs.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

Dense dense_lines(Lines& lines, bool rows) {
  const int n = static_cast<int>(lines.size());
  Dense a(n, n);
  for (int v = 0; v < n; ++v) {
    Line line;
    REQUIRE(lines.get(v, line));
    for (int k = 0; k < line.count; ++k) {
      const int u = static_cast<int>(line.id(k));
      if (u != v) (rows ? a(v, u) : a(u, v)) += line.value(k);
    }
    a(v, v) = line.diagonal;
  }
  return a;
}

Dense expected(const Graph& graph, Real alpha, Dangling dangling) {
  Dense a = transitions(graph);
  for (int u = 0; u < a.rows; ++u) {
    if (graph.out_degree(u) == 0 && dangling == Dangling::self) a(u, u) = 1;
    for (int v = 0; v < a.cols; ++v) a(u, v) = Real(u == v) - (1 - alpha) * a(u, v);
  }
  return a;
}

Real distance(const Dense& a, const Dense& b) {
  Real most = 0;
  for (std::size_t k = 0; k < a.a.size(); ++k) most = std::fmax(most, std::fabs(a.a[k] - b.a[k]));
  return most;
}

}  // namespace

TEST_CASE("a graph knows its degrees, loops, dangling vertices and whether it is undirected") {
  const std::vector<std::int32_t> from{0, 0, 1, 2, 2, 0}, to{1, 2, 0, 2, 0, 1};
  const std::vector<double> w{1, 2, 4, 8, 16, 32};
  const auto directed = Graph::from_edges(4, from, to, w, false).take();
  CHECK(directed.arcs() == 5);
  CHECK(directed.out_weight(0) == 35);
  CHECK(directed.out_degree(0) == 2);
  CHECK(directed.loop(2) == 8);
  CHECK(directed.loop(0) == 0);
  CHECK(directed.has_loops());
  CHECK(directed.dangling() == 1);
  CHECK(directed.max_out_degree() == 2);
  CHECK(directed.max_out_weight() == 35);
  CHECK(directed.volume() == 63);
  CHECK_FALSE(directed.undirected());
  const auto both = Graph::from_edges(4, from, to, w, true).take();
  CHECK(both.undirected());
  CHECK(both.out_weight(0) == 1 + 2 + 4 + 16 + 32);
  CHECK(both.loop(2) == 8);
  const auto plain = Graph::from_edges(4, from, to, {}, true).take();
  CHECK(plain.undirected());
  CHECK(plain.out_weight(0) == 2);
  CHECK_FALSE(plain.weighted());
}

TEST_CASE("parallel weights of both directions are summed alike") {
  const std::vector<std::int32_t> from{0, 1, 0, 1}, to{1, 0, 1, 0};
  const std::vector<double> w{1, 0x1p-53, 0x1p-53, 3};
  CHECK(Graph::from_edges(2, from, to, w, true).take().undirected());
}

TEST_CASE("a graph refuses what is none") {
  const std::vector<std::int32_t> ptr{0, 1, 2}, ids{1, 0};
  const std::vector<double> zero{1, 0}, huge{1e308, 1.7e308}, nan{1, std::nan("")};
  CHECK(Graph::from_csr(2, ptr, ids, {}).ok());
  CHECK(Graph::from_csr(2, ptr, ids, zero).fault().status == Status::invalid_argument);
  CHECK(Graph::from_csr(2, ptr, ids, zero).fault().position == 1);
  CHECK(Graph::from_csr(2, ptr, ids, nan).fault().status == Status::not_finite);
  CHECK(Graph::from_csr(2, ptr, ids, huge).fault().status == Status::not_finite);
  CHECK(Graph::from_csr(2, ptr, ids, std::vector<double>{1}).fault().status ==
        Status::shape_mismatch);
  CHECK(Graph::from_csr(0, std::vector<std::int32_t>{0}, {}, {}).fault().status ==
        Status::invalid_size);
  const std::vector<std::int32_t> twice{0, 2, 2}, same{1, 1}, far{1, 2};
  CHECK(Graph::from_csr(2, twice, same, {}).fault().status == Status::duplicate_entry);
  CHECK(Graph::from_csr(2, ptr, far, {}).fault().status == Status::index_out_of_range);
  CHECK(Graph::from_edges(2, ids, far, {}, false).fault().position == 1);
  auto parts = CsrParts::allocate(2, 3, 0).take();
  CHECK(Graph::adopt(std::move(parts)).fault().status == Status::not_square);
}

TEST_CASE("rows and columns of I − (1−α)P are those of the dense matrix") {
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    Graph graph = any_graph(23, 3, seed % 2 == 0, seed).graph(seed % 3 == 0);
    const Dangling policy = seed % 4 < 2 ? Dangling::self : Dangling::source;
    const Dense a = expected(graph, 0.15L, policy);
    TransitionRows rows(graph, 0.15, policy);
    CHECK(distance(dense_lines(rows, true), a) < 1e-15L);
    // In small pieces the in-arcs are made as in one.
    TaskState state = TaskState::running;
    for (int steps = 0; state == TaskState::running && steps < 100; ++steps) {
      Budget little(1);
      state = graph.prepare_in_arcs(little);
    }
    REQUIRE(state == TaskState::done);
    TransitionColumns columns(graph, 0.15, policy);
    REQUIRE(columns.reserve() == Status::ok);
    CHECK(distance(dense_lines(columns, false), a) < 1e-15L);
  }
}
