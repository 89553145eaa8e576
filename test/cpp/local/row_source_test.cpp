#include "lacuna/local/row_source.hpp"

#include <cmath>
#include <vector>

#include "lacuna/local/neumann.hpp"
#include "lacuna/local/push.hpp"
#include "support/catch.hpp"
#include "support/failing_memory.hpp"
#include "support/local.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

/// Five-point grid of side × side with diagonal 8, couplings −1 and a defect where the diagonal is
/// 5.5: nothing of it exists but this formula.
class ImplicitGrid final : public RowSource {
 public:
  ImplicitGrid(std::int64_t side, std::int64_t defect) : side_(side), defect_(defect) {}

  Status fetch(std::span<const std::int64_t> ids, RowSink& sink) override {
    ++batches;
    largest_batch = std::max(largest_batch, ids.size());
    for (std::size_t k = 0; k < ids.size(); ++k) {
      if (at_most > 0 && k == at_most) break;
      const std::int64_t v = ids[k];
      if (v == refused) return Status::unknown_handle;
      ++rows;
      const std::int64_t x = v % side_, y = v / side_;
      // South to north: not in ascending order.
      const bool taken = (y + 1 == side_ || sink.entry(v + side_, -1) == Status::ok) &&
                         (x + 1 == side_ || sink.entry(v + 1, -1) == Status::ok) &&
                         (x == 0 || sink.entry(v - 1, -1) == Status::ok) &&
                         sink.entry(v, v == defect_ ? 5.5 : 8) == Status::ok &&
                         (y == 0 || sink.entry(v - side_, -1) == Status::ok) &&
                         sink.end_row() == Status::ok;
      if (!taken) return Status::out_of_memory;
    }
    return Status::ok;
  }

  double rows = 0;
  int batches = 0;
  std::size_t largest_batch = 0;
  std::size_t at_most = 0;
  std::int64_t refused = -1;

 private:
  std::int64_t side_;
  std::int64_t defect_;
};

Declared grid_promise(double margin = 1.5) {
  Declared d;
  d.row_margin = margin;
  d.norm_inf = 12;
  d.max_degree = 4;
  d.signs = Signs::m_matrix;
  d.symmetric = true;
  return d;
}

CsrMatrix loaded_grid(std::int32_t side, std::int32_t defect) {
  Triplets t = test::grid(side, side, 4);
  t.add(defect, defect, -2.5);
  return t.matrix();
}

constexpr std::int64_t side = 1000000;
constexpr std::int64_t centre = 500000 * side + 500000;
constexpr std::int64_t n = side * side;
constexpr std::int32_t near_side = 61;
constexpr std::int32_t near_centre = 30 * near_side + 30;

/// Where a vertex of the small grid lies in the large one.
std::int64_t far_id(std::int64_t v) {
  return centre + (v / near_side - 30) * side + (v % near_side - 30);
}

RowCache cache_of(const Declared& declared, std::size_t limit = RowCache::default_limit) {
  auto made = RowCache::create(n, declared, limit);
  REQUIRE(made.ok());
  return made.take();
}

}  // namespace

TEST_CASE("an entry of a system with 10¹² unknowns is that of the grid around it") {
  // The defect three steps from the vertex asked for.
  const CsrMatrix near = loaded_grid(near_side, near_centre + 3);
  const Conditions declared = conditions_from(grid_promise());
  CsrLines near_lines(near.view());
  for (const PushOrder order :
       {PushOrder::buckets, PushOrder::fifo, PushOrder::sor, PushOrder::chebyshev}) {
    ImplicitGrid source(side, centre + 3);
    RowCache cache = cache_of(grid_promise());
    const double unit = declared.rows.uniform;
    Push far_push, near_push;
    far_push.begin(cache, {&declared.rows, nullptr}, order, declared.row_contraction);
    near_push.begin(near_lines, {&declared.rows, nullptr}, order, declared.row_contraction);
    REQUIRE(far_push.add(centre, 1) == Status::ok);
    REQUIRE(near_push.add(near_centre, 1) == Status::ok);
    const PushGoal goal{1e-6 * unit, 0};
    Budget budget, same;
    const auto driven = drive(far_push, goal, cache, source, budget);
    REQUIRE(driven.fault.ok());
    REQUIRE(driven.outcome == Push::Outcome::reached);
    REQUIRE(near_push.step(goal, same) == Push::Outcome::reached);

    // b = 1: the entry is Σp, to 1e-6·‖b‖∞/δ, on both grids; the boundary is too far to be seen.
    double far_value = 0, near_value = 0;
    for (std::uint32_t k = 0; k < far_push.touched(); ++k) far_value += far_push.vertex(k).value;
    for (std::uint32_t k = 0; k < near_push.touched(); ++k) near_value += near_push.vertex(k).value;
    const double bound = far_push.recompute_sum() + far_push.slack();
    CHECK(bound <= goal.weighted_sum * (1 + 1e-12));
    CHECK(std::fabs(far_value - near_value) <= bound + goal.weighted_sum);
    // Without the defect it would be 1/4; with it more than that, by far more than the bound.
    CHECK(far_value > 0.25 + 10 * bound);

    // The independent value: the small system solved by sweeps in long double.
    Vector x(near_side * near_side, 0);
    for (int sweep = 0; sweep < 200; ++sweep) {
      for (int v = 0; v < near_side * near_side; ++v) {
        Real sum = 1, diagonal = 0;
        for (int p = near.view().indptr()[v]; p < near.view().indptr()[v + 1]; ++p) {
          const int u = near.view().indices()[p];
          if (u == v) diagonal = near.view().data()[p];
          if (u != v) sum -= near.view().data()[p] * x[u];
        }
        x[v] = sum / diagonal;
      }
    }
    CHECK(std::fabs(Real(far_value) - x[near_centre]) <= bound);

    // The same pushes whenever rows arrive, to the bit; none fetched twice, few for nothing.
    CHECK(far_value == near_value);
    CHECK(far_push.work().pushes == near_push.work().pushes);
    CHECK(far_push.work().entries == near_push.work().entries);
    CHECK(source.rows == cache.work().rows);
    CHECK(cache.work().rows >= far_push.work().lines);
    CHECK(cache.work().rows <= 1.2 * far_push.work().lines);
    CHECK(driven.batches == source.batches);
    CHECK(source.batches < 60);
    CHECK(source.largest_batch > 10);
    CHECK(cache.rows() < 1000);
  }
}

TEST_CASE("once its rows are there, a query runs as on a loaded matrix, to the bit") {
  const CsrMatrix near = loaded_grid(near_side, near_centre + 3);
  const Conditions c = conditions_from(grid_promise());
  CsrLines near_lines(near.view());
  ImplicitGrid source(side, centre + 3);
  RowCache cache = cache_of(grid_promise());
  for (int round = 0; round < 2; ++round) {
    Push far_push, near_push;
    far_push.begin(cache, {&c.rows, nullptr}, PushOrder::buckets, c.row_contraction);
    near_push.begin(near_lines, {&c.rows, nullptr}, PushOrder::buckets, c.row_contraction);
    REQUIRE(far_push.add(centre, 1) == Status::ok);
    REQUIRE(near_push.add(near_centre, 1) == Status::ok);
    // Finer before, so that all rows of the second round are there.
    const PushGoal goal{(round == 0 ? 1e-10 : 1e-6) * c.rows.uniform, 0};
    Budget budget;
    const auto driven = drive(far_push, goal, cache, source, budget);
    REQUIRE(driven.outcome == Push::Outcome::reached);
    if (round == 0) continue;
    CHECK(driven.batches == 0);
    REQUIRE(near_push.step(goal, budget) == Push::Outcome::reached);
    REQUIRE(near_push.touched() == far_push.touched());
    for (std::uint32_t k = 0; k < near_push.touched(); ++k) {
      const Push::Vertex& x = near_push.vertex(k);
      const Push::Vertex& y = far_push.vertex(k);
      REQUIRE(y.id == far_id(x.id));
      REQUIRE(y.value == x.value);
      REQUIRE(y.residual == x.residual);
    }
    CHECK(near_push.work().lines == far_push.work().lines);
    CHECK(near_push.work().entries == far_push.work().entries);
  }
}

TEST_CASE("a cache too small for the query does not change the answer") {
  const Conditions c = conditions_from(grid_promise());
  const CsrMatrix near = loaded_grid(near_side, near_centre);
  // The finer goal makes the residual anew, over lines of which a part is here at a time.
  for (const double share : {1e-6, 1e-13}) {
    for (const std::size_t limit : {std::size_t{3000}, std::size_t{20000}}) {
      if (share < 1e-10 && limit < 10000) continue;
      ImplicitGrid source(side, centre);
      source.at_most = limit / 200;
      RowCache cache = cache_of(grid_promise(), limit);
      Push push;
      push.begin(cache, {&c.rows, nullptr}, PushOrder::buckets, c.row_contraction);
      REQUIRE(push.add(centre, 1) == Status::ok);
      Budget budget(1e9);
      const auto driven = drive(push, PushGoal{share * c.rows.uniform, 0}, cache, source, budget);
      REQUIRE(driven.fault.ok());
      CHECK(driven.outcome == Push::Outcome::reached);
      CHECK(cache.work().evictions > 0);
      // A push keeps the lines that it has read; only a residual made anew asks for them again.
      if (share < 1e-10) {
        CHECK(source.rows > push.work().lines);
      } else {
        CHECK(source.rows == push.work().lines);
      }
      // The residual, recomputed on the small grid.
      std::vector<Quad> r(near_side * near_side, 0);
      r[near_centre] = 1;
      for (int v = 0; v < near_side * near_side; ++v) {
        const std::uint32_t k = push.find(far_id(v));
        if (k == VertexTable<Push::Vertex>::none) continue;
        for (int p = near.view().indptr()[v]; p < near.view().indptr()[v + 1]; ++p) {
          r[near.view().indices()[p]] -= Quad(near.view().data()[p]) * Quad(push.vertex(k).value);
        }
      }
      Real sum = 0;
      for (const Quad v : r) sum += std::fabs(Real(v));
      CHECK(sum <= share);
    }
  }
}

TEST_CASE("the Neumann series runs over a source as well") {
  const Conditions c = conditions_from(grid_promise());
  ImplicitGrid source(side, centre + 1);
  RowCache cache = cache_of(grid_promise(), 30000);
  Neumann series;
  series.begin(cache, &c.rows, c.row_contraction);
  REQUIRE(series.add(centre, 1) == Status::ok);
  const double planned = series.planned_terms(1e-5 * c.rows.uniform);
  Budget budget(1e9);
  const auto driven = drive(series, NeumannGoal{1e-5 * c.rows.uniform}, cache, source, budget);
  REQUIRE(driven.fault.ok());
  CHECK(driven.outcome == Neumann::Outcome::reached);
  CHECK(series.terms() <= planned);
  const CsrMatrix near = loaded_grid(near_side, near_centre + 1);
  CsrLines lines(near.view());
  Neumann loaded;
  loaded.begin(lines, &c.rows, c.row_contraction);
  REQUIRE(loaded.add(near_centre, 1) == Status::ok);
  REQUIRE(loaded.step({1e-5 * c.rows.uniform}, budget) == Neumann::Outcome::reached);
  REQUIRE(loaded.touched() == series.touched());
  for (std::uint32_t k = 0; k < loaded.touched(); ++k) {
    REQUIRE(series.vertex(k).id == far_id(loaded.vertex(k).id));
    REQUIRE(series.vertex(k).value == loaded.vertex(k).value);
    REQUIRE(series.vertex(k).residual() == loaded.vertex(k).residual());
  }
}

TEST_CASE("a promise that is broken stops the query with the row") {
  const Declared d = grid_promise(2);  // the defect has a margin of 1.5
  const Conditions c = conditions_from(d);
  ImplicitGrid source(side, centre + 3);
  RowCache cache = cache_of(d);
  Push push;
  push.begin(cache, {&c.rows, nullptr}, PushOrder::buckets, c.row_contraction);
  REQUIRE(push.add(centre, 1) == Status::ok);
  Budget budget;
  const PushGoal goal{1e-6 * c.rows.uniform, 0};
  const auto driven = drive(push, goal, cache, source, budget);
  CHECK(driven.outcome == Push::Outcome::needs_lines);
  CHECK(driven.fault.status == Status::declaration_violated);
  CHECK(driven.fault.position == centre + 3);
  CHECK(std::string(status_name(driven.fault.status)) == "declaration-violated");
}

TEST_CASE("what a source does wrong is told") {
  const Conditions c = conditions_from(grid_promise());
  const PushGoal goal{1e-4, 0};
  Budget budget;
  Push push;
  {
    ImplicitGrid source(side, centre);
    source.refused = centre + side;
    RowCache cache = cache_of(grid_promise());
    push.begin(cache, {&c.rows, nullptr}, PushOrder::buckets, c.row_contraction);
    REQUIRE(push.add(centre, 1) == Status::ok);
    auto driven = drive(push, goal, cache, source, budget);
    CHECK(driven.fault.status == Status::unknown_handle);
    // It goes on once the source does.
    source.refused = -1;
    driven = drive(push, goal, cache, source, budget);
    CHECK(driven.fault.ok());
    CHECK(driven.outcome == Push::Outcome::reached);
  }
  struct Wrong final : RowSource {
    int rows;
    explicit Wrong(int r) : rows(r) {}
    Status fetch(std::span<const std::int64_t> ids, RowSink& sink) override {
      for (int k = 0; k < rows; ++k) {
        if (sink.row(ids.first(1), std::vector<double>{8}) != Status::ok) return Status::internal;
      }
      return Status::ok;
    }
  };
  for (const int rows : {0, 2}) {
    Wrong source(rows);
    RowCache cache = cache_of(grid_promise());
    push.begin(cache, {&c.rows, nullptr}, PushOrder::buckets, c.row_contraction);
    REQUIRE(push.add(centre, 1) == Status::ok);
    CHECK(drive(push, goal, cache, source, budget).fault.status == Status::shape_mismatch);
  }
}

TEST_CASE("a budget stops a driven query, and it is driven on") {
  const Conditions c = conditions_from(grid_promise());
  ImplicitGrid source(side, centre);
  RowCache cache = cache_of(grid_promise());
  Push push;
  push.begin(cache, {&c.rows, nullptr}, PushOrder::buckets, c.row_contraction);
  REQUIRE(push.add(centre, 1) == Status::ok);
  int calls = 0;
  for (;; ++calls) {
    REQUIRE(calls < 10000);
    Budget budget(100);
    const auto driven = drive(push, PushGoal{1e-6 * c.rows.uniform, 0}, cache, source, budget);
    REQUIRE(driven.fault.ok());
    if (driven.outcome == Push::Outcome::reached) break;
    REQUIRE(driven.outcome == Push::Outcome::running);
  }
  CHECK(calls > 50);
}

TEST_CASE("a sink takes rows whole or entry by entry") {
  RowSink sink;
  const std::vector<std::int64_t> ids{3, 1};
  const std::vector<double> values{1, 2};
  CHECK(sink.row(ids, std::vector<double>{1}) == Status::shape_mismatch);
  for (int k = 0; k < 300; ++k) {
    REQUIRE(sink.row(ids, values) == Status::ok);
    REQUIRE(sink.entry(7, k) == Status::ok);
    REQUIRE(sink.end_row() == Status::ok);
  }
  REQUIRE(sink.counts().size() == 600);
  REQUIRE(sink.ids().size() == 900);
  REQUIRE(sink.values().size() == 900);
  for (std::size_t k = 0; k < 300; ++k) {
    CHECK(sink.counts()[2 * k] == 2);
    CHECK(sink.counts()[2 * k + 1] == 1);
    CHECK(sink.ids()[3 * k + 1] == 1);
    CHECK(sink.values()[3 * k + 2] == double(k));
  }
  sink.clear();
  CHECK(sink.counts().empty());
  CHECK(sink.ids().empty());
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("a driven query that runs out of memory is driven on") {
  const Conditions c = conditions_from(grid_promise());
  const PushGoal goal{1e-6 * c.rows.uniform, 0};
  for (int failing = 1;; ++failing) {
    ImplicitGrid source(side, centre);
    RowCache cache = cache_of(grid_promise());
    Push push;
    push.begin(cache, {&c.rows, nullptr}, PushOrder::buckets, c.row_contraction);
    REQUIRE(push.add(centre, 1) == Status::ok);
    Budget budget;
    bool struck = false;
    Push::Outcome outcome;
    Status status;
    try {
      FailingMemory memory(failing, false);
      const auto driven = drive(push, goal, cache, source, budget);
      outcome = driven.outcome;
      status = driven.fault.status;
      struck = memory.struck();
    } catch (const std::bad_alloc&) {
      continue;  // the test's own
    }
    if (outcome != Push::Outcome::reached) {
      const bool told = outcome == Push::Outcome::out_of_memory || status == Status::out_of_memory;
      CHECK(told);
      const auto driven = drive(push, goal, cache, source, budget);
      CHECK(driven.fault.ok());
      CHECK(driven.outcome == Push::Outcome::reached);
    }
    if (!struck) break;
  }
}
#endif
