#include "lacuna/ordering/rcm.hpp"

#include "support/catch.hpp"
#include "support/elimination.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

Order rcm_of(const Adjacency& graph, bool sliced = false) {
  ReverseCuthillMcKee task;
  REQUIRE(task.begin(graph) == Status::ok);
  REQUIRE((sliced ? run_in_slices(task) : run(task)) == TaskState::done);
  REQUIRE(task.progress() == 1);
  const Buffer<std::int32_t> order = task.take();
  REQUIRE(is_permutation_of(order.data(), order.size(), graph.n));
  return {order.data(), order.data() + order.size()};
}

std::int32_t bandwidth(const Adjacency& graph, const Order& order) {
  std::vector<std::int32_t> position(graph.n);
  for (std::int32_t k = 0; k < graph.n; ++k) position[order[k]] = k;
  std::int32_t widest = 0;
  for (std::int32_t v = 0; v < graph.n; ++v) {
    for (std::int32_t p = graph.begin[v]; p < graph.begin[v + 1]; ++p) {
      widest = std::max(widest, std::abs(position[v] - position[graph.neighbors[p]]));
    }
  }
  return widest;
}

/// Read backwards, each part is numbered outwards: every vertex but the first of a part has a
/// neighbor before it, and those first neighbors never go back.
void breadth_first(int samples) {
  for (int sample = 0; sample < samples; ++sample) {
    for (const CsrMatrix& matrix : small_patterns(sample)) {
      const Adjacency graph = graph_of(matrix.view());
      Order order = rcm_of(graph);
      REQUIRE(rcm_of(graph, true) == order);
      std::reverse(order.begin(), order.end());
      std::vector<std::int32_t> position(graph.n);
      for (std::int32_t k = 0; k < graph.n; ++k) position[order[k]] = k;
      std::int32_t last = -1;
      for (std::int32_t k = 0; k < graph.n; ++k) {
        std::int32_t first = k;
        const std::int32_t v = order[k];
        for (std::int32_t p = graph.begin[v]; p < graph.begin[v + 1]; ++p) {
          first = std::min(first, position[graph.neighbors[p]]);
        }
        REQUIRE(first >= last);
        last = first;
      }
    }
  }
}

LACUNA_SAMPLED(breadth_first, "reverse Cuthill-McKee numbers every pattern outwards", 10, 300)

TEST_CASE("a shuffled path gets bandwidth one, a shuffled grid about its side") {
  Random random(1);
  const std::int32_t n = 500;
  const auto number = random.permutation(n);
  Triplets path(n, n);
  for (std::int32_t i = 0; i + 1 < n; ++i) path.add_symmetric(number[i], number[i + 1], 1);
  const Adjacency line = graph_of(path.matrix().view());
  CHECK(bandwidth(line, rcm_of(line)) == 1);
  const Adjacency patch = graph_of(mesh(60, 15, 2).matrix().view());
  CHECK(bandwidth(patch, rcm_of(patch)) <= 40);
}

}  // namespace
