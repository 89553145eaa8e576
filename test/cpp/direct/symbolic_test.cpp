#include "lacuna/direct/symbolic.hpp"

#include "support/catch.hpp"
#include "support/elimination.hpp"
#include "support/failing_memory.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

Supernodes analyze(const CsrView& a, const Ordering& ordering, const Relaxation& relaxation,
                   bool sliced = false) {
  Symbolic symbolic;
  REQUIRE(symbolic.begin(a, ordering, relaxation).ok());
  REQUIRE((sliced ? run_in_slices(symbolic) : run(symbolic)) == TaskState::done);
  REQUIRE(symbolic.progress() == 1);
  return symbolic.take();
}

/// Everything that the structure claims, against dense elimination in its own order. The rows of a
/// supernode have to be the union of its columns' rows, no more.
void check(const CsrView& a, const Supernodes& s) {
  const std::int32_t n = a.rows();
  REQUIRE(s.n == n);
  REQUIRE(is_permutation_of(s.permutation.data(), s.permutation.size(), n));
  for (std::int32_t k = 0; k < n; ++k) REQUIRE(s.position[s.permutation[k]] == k);
  const DenseFactor factor(a, {s.permutation.data(), s.permutation.data() + n});
  REQUIRE(s.nnz == factor.nnz());
  REQUIRE(s.flops == factor.flops());

  REQUIRE(s.first_column[0] == 0);
  REQUIRE(s.first_column[s.count] == n);
  REQUIRE(s.row_begin[0] == 0);
  REQUIRE(s.value_begin[0] == 0);
  REQUIRE(s.rows.size() == static_cast<std::size_t>(s.row_begin[s.count]));
  double stored = 0;
  double panel_flops = 0;
  std::vector<std::int32_t> size(s.count, 1);
  for (std::int32_t k = 0; k < s.count; ++k) {
    const std::int32_t begin = s.first_column[k];
    const std::int32_t end = s.first_column[k + 1];
    REQUIRE(begin < end);
    Order expected;
    for (std::int32_t j = begin; j < end; ++j) {
      REQUIRE(s.supernode_of[j] == k);
      expected.push_back(j);
    }
    for (std::int32_t i = end; i < n; ++i) {
      bool used = false;
      for (std::int32_t j = begin; j < end; ++j) used = used || factor(i, j);
      if (used) expected.push_back(i);
    }
    const std::int32_t* rows = s.rows.data() + s.row_begin[k];
    REQUIRE(Order(rows, rows + s.height(k)) == expected);
    REQUIRE(s.value_begin[k + 1] - s.value_begin[k] == std::int64_t(s.height(k)) * s.width(k));
    stored += double(s.height(k)) * s.width(k);
    for (std::int32_t j = 0; j < s.width(k); ++j) {
      panel_flops += double(s.height(k) - j) * (s.height(k) - j);
    }
    // The parent holds the first row below; subtrees are runs of supernodes.
    const bool root = s.height(k) == s.width(k);
    REQUIRE(s.parent[k] == (root ? -1 : s.supernode_of[rows[s.width(k)]]));
    if (!root) {
      REQUIRE(s.parent[k] > k);
      size[s.parent[k]] += size[k];
    }
  }
  std::vector<std::int32_t> first(s.count);
  for (std::int32_t k = 0; k < s.count; ++k) first[k] = k;
  for (std::int32_t k = 0; k < s.count; ++k) {
    REQUIRE(first[k] == k - size[k] + 1);
    if (s.parent[k] >= 0) first[s.parent[k]] = std::min(first[s.parent[k]], first[k]);
  }
  REQUIRE(s.stored == stored);
  REQUIRE(s.panel_flops == panel_flops);
}

void structure_by_definition(int samples) {
  for (int sample = 0; sample < samples; ++sample) {
    Random random(sample);
    for (const CsrMatrix& matrix : small_patterns(sample)) {
      const CsrView a = matrix.view();
      const Order order = random.permutation(a.rows());
      for (const OrderingKind kind :
           {OrderingKind::natural, OrderingKind::amd, OrderingKind::given}) {
        const Ordering ordering{kind, order};
        const Supernodes exact = analyze(a, ordering, Relaxation::none());
        check(a, exact);
        REQUIRE(exact.panel_flops == exact.flops);
        const Supernodes relaxed = analyze(a, ordering, {}, true);
        check(a, relaxed);
        REQUIRE(relaxed.count <= exact.count);
        REQUIRE(relaxed.nnz == exact.nnz);
        // All in one panel where any share of zeros is allowed and the graph is connected.
        Relaxation all;
        all.zeros[0] = all.zeros[1] = all.zeros[2] = all.zeros[3] = 1;
        const Supernodes merged = analyze(a, ordering, all);
        check(a, merged);
        for (std::int32_t k = 0; k < merged.count; ++k) REQUIRE(merged.parent[k] == -1);
      }
    }
  }
}

LACUNA_SAMPLED(structure_by_definition, "supernodes are those of dense symbolic elimination", 4,
               100)

TEST_CASE("amalgamation keeps to the shares that it may store") {
  const CsrMatrix matrix = cube(12).matrix();
  const Relaxation relaxation;
  const Supernodes exact = analyze(matrix.view(), {OrderingKind::amd}, Relaxation::none());
  const Supernodes relaxed = analyze(matrix.view(), {OrderingKind::amd}, relaxation);
  CHECK(relaxed.count < exact.count / 2);
  CHECK(relaxed.nnz == exact.nnz);
  CHECK(relaxed.flops == exact.flops);
  CHECK(relaxed.panel_flops > relaxed.flops);
  CHECK(relaxed.panel_flops < 1.3 * relaxed.flops);
}

TEST_CASE("a permutation that is none is refused with its position") {
  const CsrMatrix matrix = grid(2, 2).matrix();
  const auto fault_of = [&](const Order& order) {
    Symbolic symbolic;
    REQUIRE(symbolic.begin(matrix.view(), {OrderingKind::given, order}).ok());
    REQUIRE(run(symbolic) == TaskState::failed);
    return symbolic.fault();
  };
  CHECK(fault_of({0, 1, 2}).status == Status::shape_mismatch);
  CHECK(fault_of({0, 1, 1, 3}).status == Status::invalid_argument);
  CHECK(fault_of({0, 1, 1, 3}).position == 2);
  CHECK(fault_of({0, 4, 1, 3}).position == 1);
  CHECK(fault_of({-1, 4, 1, 3}).position == 0);
}

TEST_CASE("a symbolic phase pauses within its budget") {
  const CsrMatrix matrix = cube(20).matrix();
  Symbolic symbolic;
  REQUIRE(symbolic.begin(matrix.view(), {OrderingKind::amd}).ok());
  double progress = 0;
  for (;;) {
    Budget budget(1);
    const TaskState state = symbolic.step(budget);
    REQUIRE(budget.work_left() > -6 * Budget::piece);
    REQUIRE(symbolic.progress() >= progress);
    progress = symbolic.progress();
    if (state == TaskState::done) break;
    REQUIRE(state == TaskState::running);
  }
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("a symbolic phase that runs out of memory can be begun anew") {
  const CsrMatrix matrix = cube(9).matrix();
  for (const OrderingKind kind :
       {OrderingKind::automatic, OrderingKind::nested_dissection, OrderingKind::rcm}) {
    Ordering ordering{kind};
    ordering.factorizations = 1e6;
    const Supernodes expected = analyze(matrix.view(), ordering, {});
    for (int failing = 1;; ++failing) {
      Symbolic symbolic;
      bool struck;
      Fault fault;
      {
        FailingMemory memory(failing, false);
        fault = symbolic.begin(matrix.view(), ordering);
        if (fault.ok() && run(symbolic) == TaskState::failed) fault = symbolic.fault();
        struck = memory.struck();
      }
      if (!struck) break;
      // Automatic may go on with what it has found by then.
      if (fault.ok()) {
        REQUIRE(kind == OrderingKind::automatic);
        check(matrix.view(), symbolic.take());
        continue;
      }
      REQUIRE(fault.status == Status::out_of_memory);
      REQUIRE(symbolic.begin(matrix.view(), ordering).ok());
      REQUIRE(run(symbolic) == TaskState::done);
      REQUIRE(symbolic.take().flops == expected.flops);
    }
  }
}
#endif

}  // namespace
