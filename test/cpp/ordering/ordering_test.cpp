#include "lacuna/ordering/ordering.hpp"

#include "support/catch.hpp"
#include "support/elimination.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

struct Ordered {
  Order order;
  OrderingKind chosen;
  double flops;
};

Ordered order_by(const Adjacency& graph, const Ordering& ordering, bool sliced = false) {
  OrderingTask task;
  REQUIRE(task.begin(graph, ordering).ok());
  REQUIRE((sliced ? run_in_slices(task) : run(task)) == TaskState::done);
  REQUIRE(task.progress() == 1);
  const Buffer<std::int32_t> order = task.take();
  REQUIRE(is_permutation_of(order.data(), order.size(), graph.n));
  return {{order.data(), order.data() + order.size()}, task.chosen(), task.flops()};
}

void automatic_keeps_the_best(int samples) {
  for (int sample = 0; sample < samples; ++sample) {
    for (const CsrMatrix& matrix : small_patterns(sample)) {
      const Adjacency graph = graph_of(matrix.view());
      const Ordered best = order_by(graph, {OrderingKind::automatic}, true);
      REQUIRE(best.chosen != OrderingKind::automatic);
      const DenseFactor factor(matrix.view(), best.order);
      REQUIRE(best.flops == factor.flops());
      for (const OrderingKind kind : {OrderingKind::natural, OrderingKind::amd}) {
        const DenseFactor candidate(matrix.view(), order_by(graph, {kind}).order);
        REQUIRE(factor.flops() <= candidate.flops());
      }
    }
  }
}

LACUNA_SAMPLED(automatic_keeps_the_best, "automatic keeps the candidate of the fewest flops", 6,
               100)

TEST_CASE("automatic dissects where that pays and may take the work") {
  const Adjacency solid = graph_of(cube(32).matrix().view());
  const Ordered free = order_by(solid, {OrderingKind::automatic});
  CHECK(free.chosen == OrderingKind::nested_dissection);
  Ordering bounded{OrderingKind::automatic};
  bounded.most_work = 1e6;
  const Ordered cheap = order_by(solid, bounded);
  CHECK(cheap.chosen == OrderingKind::amd);
  CHECK(free.flops < cheap.flops);

  // Few flops for its entries: dissection would take longer than it saves, once.
  const Adjacency small = graph_of(cube(12).matrix().view());
  CHECK(order_by(small, {OrderingKind::automatic}).chosen == OrderingKind::amd);
  Ordering often{OrderingKind::automatic};
  often.factorizations = 1000;
  CHECK(order_by(small, often).flops <= order_by(small, {OrderingKind::automatic}).flops);
}

TEST_CASE("a band stays as it is numbered") {
  const std::int32_t n = 400;
  Triplets t(n, n);
  for (std::int32_t i = 0; i + 1 < n; ++i) t.add_symmetric(i, i + 1, 1);
  CHECK(order_by(graph_of(t.matrix().view()), {OrderingKind::automatic}).chosen ==
        OrderingKind::natural);
}

TEST_CASE("an order that fills nothing in is kept, and its tree with it") {
  // An arrow that points the right way; the other way round minimum degree turns it.
  const std::int32_t n = 60;
  for (const bool turned : {false, true}) {
    Triplets t(n, n);
    for (std::int32_t i = 1; i < n; ++i) t.add_symmetric(turned ? 0 : n - 1, turned ? i : i - 1, 1);
    const Adjacency graph = graph_of(t.matrix().view());
    OrderingTask task;
    Budget unlimited;
    REQUIRE(task.begin(graph, {OrderingKind::automatic}).ok());
    REQUIRE(task.step(unlimited) == TaskState::done);
    CHECK(task.chosen() == (turned ? OrderingKind::amd : OrderingKind::natural));
    CHECK(task.flops() == 4 * (n - 1) + 1);
    const EliminationTree tree = task.take_tree();
    CHECK(tree.nnz == 2 * n - 1);
    CHECK(tree.parent.size() == std::size_t(n));
    CHECK(tree.permutation.size() == std::size_t(n));
  }
}

TEST_CASE("a caller's permutation is checked") {
  const Adjacency graph = graph_of(grid(2, 2).matrix().view());
  const auto fault_of = [&](const Order& order) {
    OrderingTask task;
    return task.begin(graph, {OrderingKind::given, order});
  };
  CHECK(fault_of({3, 1, 0, 2}).ok());
  CHECK(order_by(graph, {OrderingKind::given, Order{3, 1, 0, 2}}).order == Order{3, 1, 0, 2});
  CHECK(fault_of({3, 1, 0}).status == Status::shape_mismatch);
  CHECK(fault_of({3, 1, 0, 3}).status == Status::invalid_argument);
  CHECK(fault_of({3, 1, 0, 3}).position == 3);
  CHECK(fault_of({3, 1, 4, 0}).position == 2);
  CHECK(fault_of({-1, 1, 4, 0}).position == 0);
  OrderingTask task;
  Ordering never{OrderingKind::automatic};
  never.factorizations = 0;
  CHECK(task.begin(graph, never).status == Status::invalid_argument);
}

}  // namespace
