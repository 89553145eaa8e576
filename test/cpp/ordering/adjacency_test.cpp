#include "lacuna/ordering/adjacency.hpp"

#include "support/catch.hpp"
#include "support/elimination.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

void graph_is_pattern_of_sum(int samples) {
  for (int sample = 0; sample < samples; ++sample) {
    for (const CsrMatrix& matrix : small_patterns(sample)) {
      const CsrView a = matrix.view();
      const std::int32_t n = a.rows();
      std::vector<std::vector<char>> expected(n, std::vector<char>(n, 0));
      for (std::int32_t i = 0; i < n; ++i) {
        for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
          const std::int32_t j = a.indices()[p];
          if (i != j) expected[i][j] = expected[j][i] = 1;
        }
      }
      AdjacencyBuilder builder;
      REQUIRE(builder.begin(a) == Status::ok);
      REQUIRE(run_in_slices(builder) == TaskState::done);
      const Adjacency graph = builder.take();
      REQUIRE(graph.n == n);
      REQUIRE(graph.begin[0] == 0);
      for (std::int32_t i = 0; i < n; ++i) {
        std::vector<std::int32_t> row;
        for (std::int32_t j = 0; j < n; ++j) {
          if (expected[i][j]) row.push_back(j);
        }
        const std::int32_t* first = graph.neighbors.data() + graph.begin[i];
        REQUIRE(std::vector<std::int32_t>(first, first + graph.degree(i)) == row);
      }
    }
  }
}

LACUNA_SAMPLED(graph_is_pattern_of_sum, "a graph is the pattern of A + Aᵀ without diagonal", 10,
               300)

TEST_CASE("a graph pauses within its budget") {
  // The longer way is taken where the last row has an entry without a mirror image.
  for (const bool symmetric : {true, false}) {
    Triplets t = grid(300, 300);
    if (!symmetric) t.add(t.rows - 1, 0, 1);
    const CsrMatrix matrix = t.matrix();
    AdjacencyBuilder builder;
    REQUIRE(builder.begin(matrix.view()) == Status::ok);
    int steps = 0;
    for (;;) {
      Budget budget(1);
      const TaskState state = builder.step(budget);
      REQUIRE(budget.work_left() > -3 * Budget::piece);
      if (state == TaskState::done) break;
      ++steps;
    }
    CHECK(steps > (symmetric ? 2 : 5));
  }
}

TEST_CASE("a graph needs a square matrix") {
  const CsrMatrix matrix = Triplets(2, 3).matrix();
  AdjacencyBuilder builder;
  CHECK(builder.begin(matrix.view()) == Status::not_square);
}

}  // namespace
