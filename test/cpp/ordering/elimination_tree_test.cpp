#include "lacuna/ordering/elimination_tree.hpp"

#include "support/catch.hpp"
#include "support/elimination.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

/// Subtrees are runs: every descendant of j lies in j − size(j) + 1 … j.
bool is_postorder(const EliminationTree& tree) {
  std::vector<std::int32_t> size(tree.n, 1), first(tree.n);
  for (std::int32_t j = 0; j < tree.n; ++j) first[j] = j;
  for (std::int32_t j = 0; j < tree.n; ++j) {
    const std::int32_t up = tree.parent[j];
    if (up == -1) continue;
    if (up <= j) return false;
    size[up] += size[j];
    first[up] = std::min(first[up], first[j]);
  }
  for (std::int32_t j = 0; j < tree.n; ++j) {
    if (first[j] != j - size[j] + 1) return false;
  }
  return true;
}

void tree_and_counts_by_definition(int samples) {
  for (int sample = 0; sample < samples; ++sample) {
    Random random(sample);
    for (const CsrMatrix& matrix : small_patterns(sample)) {
      const CsrView a = matrix.view();
      const std::int32_t n = a.rows();
      const Adjacency graph = graph_of(a);
      const Order order = random.permutation(n);
      Buffer<std::int32_t> permutation;
      REQUIRE(permutation.copy_from(order) == Status::ok);
      EliminationTreeBuilder builder;
      REQUIRE(builder.begin(graph, std::move(permutation)) == Status::ok);
      REQUIRE(run_in_slices(builder) == TaskState::done);
      const EliminationTree tree = builder.take();
      REQUIRE(is_permutation_of(tree.permutation.data(), tree.permutation.size(), n));
      for (std::int32_t k = 0; k < n; ++k) REQUIRE(tree.position[tree.permutation[k]] == k);
      REQUIRE(is_postorder(tree));

      const DenseFactor factor(a, {tree.permutation.data(), tree.permutation.data() + n});
      for (std::int32_t j = 0; j < n; ++j) {
        REQUIRE(tree.parent[j] == factor.parent(j));
        REQUIRE(tree.counts[j] == factor.count(j));
      }
      // The postorder is equivalent to the order that was asked for.
      const DenseFactor wanted(a, order);
      REQUIRE(tree.nnz == wanted.nnz());
      REQUIRE(tree.flops == wanted.flops());
    }
  }
}

LACUNA_SAMPLED(tree_and_counts_by_definition,
               "elimination tree, postorder and column counts are those of dense elimination", 10,
               300)

TEST_CASE("a path as deep as it is long needs no recursion") {
  const std::int32_t n = 300000;
  Triplets t(n, n);
  for (std::int32_t i = 0; i + 1 < n; ++i) t.add_symmetric(i, i + 1, 1);
  const CsrMatrix matrix = t.matrix();
  const Adjacency graph = graph_of(matrix.view());
  Buffer<std::int32_t> permutation;
  REQUIRE(permutation.allocate(n) == Status::ok);
  for (std::int32_t i = 0; i < n; ++i) permutation[i] = i;
  EliminationTreeBuilder builder;
  REQUIRE(builder.begin(graph, std::move(permutation)) == Status::ok);
  int steps = 0;
  for (;;) {
    Budget budget(1);
    const TaskState state = builder.step(budget);
    REQUIRE(budget.work_left() > -2 * Budget::piece);
    if (state == TaskState::done) break;
    ++steps;
  }
  CHECK(steps > 10);
  const EliminationTree tree = builder.take();
  CHECK(tree.nnz == 2.0 * n - 1);
  CHECK(tree.flops == 4.0 * (n - 1) + 1);
  CHECK(tree.parent[0] == 1);
  CHECK(tree.parent[n - 1] == -1);
}

}  // namespace
