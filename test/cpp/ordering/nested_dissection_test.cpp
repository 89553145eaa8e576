#include "lacuna/ordering/nested_dissection.hpp"

#include "lacuna/ordering/elimination_tree.hpp"
#include "support/catch.hpp"
#include "support/elimination.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

struct Dissected {
  Order order;
  Order stages;
};

Dissected dissect(const Adjacency& graph, std::uint64_t seed = 0, bool sliced = false) {
  NestedDissection task;
  REQUIRE(task.begin(graph, seed) == Status::ok);
  REQUIRE((sliced ? run_in_slices(task) : run(task)) == TaskState::done);
  REQUIRE(task.progress() == 1);
  Order stages(task.stages().begin(), task.stages().end());
  const Buffer<std::int32_t> order = task.take();
  REQUIRE(is_permutation_of(order.data(), order.size(), graph.n));
  return {{order.data(), order.data() + order.size()}, stages};
}

double flops_of(const Adjacency& graph, const Order& order) {
  Buffer<std::int32_t> permutation;
  REQUIRE(permutation.copy_from(order) == Status::ok);
  EliminationTreeBuilder builder;
  REQUIRE(builder.begin(graph, std::move(permutation)) == Status::ok);
  REQUIRE(run(builder) == TaskState::done);
  return builder.take().flops;
}

Order amd_of(const Adjacency& graph) {
  Amd amd;
  REQUIRE(amd.begin(graph) == Status::ok);
  REQUIRE(run(amd) == TaskState::done);
  const Buffer<std::int32_t> order = amd.take();
  return {order.data(), order.data() + order.size()};
}

/// Without its separators the graph falls into leaves, and none of them is large.
void separators_separate(const Adjacency& graph, const Order& stages) {
  std::vector<std::int32_t> part(graph.n, -1);
  for (std::int32_t root = 0; root < graph.n; ++root) {
    if (part[root] >= 0 || stages[root] != 0) continue;
    std::vector<std::int32_t> queue = {root};
    part[root] = root;
    for (std::size_t k = 0; k < queue.size(); ++k) {
      const std::int32_t v = queue[k];
      for (std::int32_t p = graph.begin[v]; p < graph.begin[v + 1]; ++p) {
        const std::int32_t u = graph.neighbors[p];
        if (stages[u] != 0 || part[u] >= 0) continue;
        part[u] = root;
        queue.push_back(u);
      }
    }
    REQUIRE(queue.size() <= NestedDissection::leaf_size);
  }
}

CsrMatrix twins_of(const CsrView& a, std::int32_t copies) {
  Triplets t(a.rows() * copies, a.rows() * copies);
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      for (std::int32_t k = 0; k < copies * copies; ++k) {
        t.add(i * copies + k / copies, a.indices()[p] * copies + k % copies, 1);
      }
    }
  }
  return t.matrix();
}

TEST_CASE("separators leave small leaves") {
  const Adjacency square = graph_of(grid(60, 60).matrix().view());
  separators_separate(square, dissect(square).stages);
  const Adjacency solid = graph_of(cube(14).matrix().view());
  separators_separate(solid, dissect(solid).stages);
  const Adjacency irregular = graph_of(mesh(50, 40, 7).matrix().view());
  separators_separate(irregular, dissect(irregular, 3).stages);
  const Adjacency parts = graph_of(disconnected(5, 20, 1).matrix().view());
  separators_separate(parts, dissect(parts).stages);
}

TEST_CASE("leaves come before separators and the first separator last") {
  const Adjacency graph = graph_of(grid(50, 50).matrix().view());
  const Dissected found = dissect(graph);
  for (std::size_t k = 1; k < found.order.size(); ++k) {
    REQUIRE(found.stages[found.order[k - 1]] <= found.stages[found.order[k]]);
  }
  const std::int32_t top = found.stages[found.order.back()];
  const auto size = std::count(found.stages.begin(), found.stages.end(), top);
  CHECK(size >= 30);
  CHECK(size <= 60);
}

TEST_CASE("a slice more or less changes no order, another seed does") {
  const Adjacency graph = graph_of(cube(13).matrix().view());
  const Order whole = dissect(graph, 5).order;
  CHECK(dissect(graph, 5, true).order == whole);
  CHECK(dissect(graph, 6).order != whole);
}

void every_pattern(int samples) {
  for (int sample = 0; sample < samples; ++sample) {
    for (const CsrMatrix& matrix : small_patterns(sample)) {
      dissect(graph_of(matrix.view()), sample, sample % 2 == 0);
    }
    Random random(sample);
    const double degree = 1 + 3 * random.unit();
    dissect(graph_of(random_spd(1500, degree, random.bits()).matrix().view()), sample, true);
    dissect(graph_of(arrow(900, true).matrix().view()), sample);
    dissect(graph_of(with_dense_rows(900, 2, random.bits()).matrix().view()), sample);
  }
}

LACUNA_SAMPLED(every_pattern, "nested dissection orders every pattern", 4, 100)

TEST_CASE("a star of stars coarsens although most vertices find no neighbor") {
  const std::int32_t hubs = 40;
  const std::int32_t rays = 60;
  Triplets t(hubs * (rays + 1), hubs * (rays + 1));
  for (std::int32_t h = 0; h < hubs; ++h) {
    if (h > 0) t.add_symmetric(h, h - 1, 1);
    for (std::int32_t r = 0; r < rays; ++r) t.add_symmetric(h, hubs + h * rays + r, 1);
  }
  const Adjacency graph = graph_of(t.matrix().view());
  const Order order = dissect(graph).order;
  // A tree: a good order fills in nearly nothing.
  CHECK(flops_of(graph, order) < 1.2 * flops_of(graph, amd_of(graph)));
}

TEST_CASE("nested dissection beats minimum degree on large grids") {
  const Adjacency square = graph_of(grid(120, 120).matrix().view());
  CHECK(flops_of(square, dissect(square).order) < 1.05 * flops_of(square, amd_of(square)));
  const Adjacency solid = graph_of(cube(22).matrix().view());
  CHECK(flops_of(solid, dissect(solid).order) < 0.8 * flops_of(solid, amd_of(solid)));
}

TEST_CASE("twins stay together") {
  const CsrMatrix matrix = twins_of(grid(24, 24).matrix().view(), 3);
  const Adjacency graph = graph_of(matrix.view());
  const Dissected found = dissect(graph);
  for (std::int32_t v = 0; v < graph.n; ++v) {
    REQUIRE(found.stages[v] == found.stages[v / 3 * 3]);
  }
}

TEST_CASE("nested dissection pauses within its budget") {
  const Adjacency graph = graph_of(cube(20).matrix().view());
  NestedDissection task;
  REQUIRE(task.begin(graph) == Status::ok);
  int steps = 0;
  double progress = 0;
  for (;;) {
    Budget budget(1);
    const TaskState state = task.step(budget);
    REQUIRE(budget.work_left() > -3 * Budget::piece);
    REQUIRE(task.progress() >= progress);
    progress = task.progress();
    if (state == TaskState::done) break;
    ++steps;
  }
  CHECK(steps > 50);
}

}  // namespace
