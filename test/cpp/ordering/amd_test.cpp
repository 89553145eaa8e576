#include "lacuna/ordering/amd.hpp"

#include "support/catch.hpp"
#include "support/elimination.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

Order amd_of(const Adjacency& graph, std::span<const std::int32_t> stage = {},
             std::int32_t stages = 1, bool sliced = false) {
  Amd amd;
  REQUIRE(amd.begin(graph, stage, stages) == Status::ok);
  REQUIRE((sliced ? run_in_slices(amd) : run(amd)) == TaskState::done);
  const Buffer<std::int32_t> order = amd.take();
  REQUIRE(is_permutation_of(order.data(), order.size(), graph.n));
  return {order.data(), order.data() + order.size()};
}

void permutations_in_slices(int samples) {
  for (int sample = 0; sample < samples; ++sample) {
    for (const CsrMatrix& matrix : small_patterns(sample)) {
      const Adjacency graph = graph_of(matrix.view());
      REQUIRE(amd_of(graph) == amd_of(graph, {}, 1, true));
    }
  }
}

LACUNA_SAMPLED(permutations_in_slices, "approximate minimum degree orders every pattern", 10, 300)

void close_to_exact_minimum_degree(int samples) {
  double ours = 0;
  double exact = 0;
  for (int sample = 0; sample < samples; ++sample) {
    for (const CsrMatrix& matrix : small_patterns(sample)) {
      const CsrView a = matrix.view();
      const DenseFactor amd(a, amd_of(graph_of(a)));
      const DenseFactor best(a, exact_minimum_degree(a));
      ours += amd.nnz();
      exact += best.nnz();
      CHECK(amd.nnz() <= 1.35 * best.nnz());
    }
  }
  CHECK(ours <= 1.02 * exact);
}

LACUNA_SAMPLED(close_to_exact_minimum_degree, "approximate degrees fill in like exact ones", 10,
               100)

void stages_in_order(int samples) {
  for (int sample = 0; sample < samples; ++sample) {
    Random random(sample);
    for (const CsrMatrix& matrix : small_patterns(sample)) {
      const Adjacency graph = graph_of(matrix.view());
      const std::int32_t stages = random.between(1, 6);
      std::vector<std::int32_t> stage(graph.n);
      for (std::int32_t& s : stage) s = random.below(stages);
      const Order order = amd_of(graph, stage, stages, sample % 2 == 0);
      // Dense vertices come last, whatever their stage.
      const double dense = std::max(16.0, Amd::dense_factor * std::sqrt(double(graph.n)));
      std::int32_t previous = 0;
      for (const std::int32_t v : order) {
        const std::int32_t s = graph.degree(v) > dense ? stages : stage[v];
        REQUIRE(s >= previous);
        previous = s;
      }
    }
  }
}

LACUNA_SAMPLED(stages_in_order, "constrained minimum degree keeps stages in order", 10, 300)

TEST_CASE("no fill where none is needed") {
  Random random(3);
  const std::int32_t n = 3000;
  Triplets tree(n, n);
  for (std::int32_t v = 1; v < n; ++v) tree.add_symmetric(v, random.below(v), 1);
  const auto number = random.permutation(n);
  for (std::size_t e = 0; e < tree.v.size(); ++e) {
    tree.i[e] = number[tree.i[e]];
    tree.j[e] = number[tree.j[e]];
  }
  const CsrMatrix matrix = tree.matrix();
  const DenseFactor factor(matrix.view(), amd_of(graph_of(matrix.view())));
  CHECK(factor.nnz() == 2.0 * n - 1);
}

TEST_CASE("dense rows come last") {
  const CsrMatrix matrix = with_dense_rows(2000, 3, 5).matrix();
  const Adjacency graph = graph_of(matrix.view());
  const Order order = amd_of(graph);
  for (std::size_t k = 0; k < order.size(); ++k) {
    CHECK((graph.degree(order[k]) > 1000) == (k + 3 >= order.size()));
  }
}

TEST_CASE("minimum degree pauses within its budget") {
  const CsrMatrix matrix = cube(24).matrix();
  const Adjacency graph = graph_of(matrix.view());
  Amd amd;
  REQUIRE(amd.begin(graph) == Status::ok);
  int steps = 0;
  double progress = 0;
  for (;;) {
    Budget budget(1);
    const TaskState state = amd.step(budget);
    REQUIRE(budget.work_left() > -3 * Budget::piece);
    REQUIRE(amd.progress() >= progress);
    progress = amd.progress();
    if (state == TaskState::done) break;
    ++steps;
  }
  CHECK(steps > 10);
  CHECK(progress == 1);
}

}  // namespace
