#include "lacuna/local/tracked_query.hpp"

#include <cmath>
#include <map>
#include <memory>
#include <vector>

#include "support/catch.hpp"
#include "support/dominant.hpp"
#include "support/double_double.hpp"
#include "support/failing_memory.hpp"
#include "support/local.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

using Row = std::map<std::int64_t, double>;

/// A change that owns its arrays.
struct OwnedChange {
  std::vector<std::int64_t> rhs_ids, rows, ids;
  std::vector<double> rhs_values, values;
  std::vector<std::int32_t> counts;

  void add(std::int64_t v, double delta) {
    rhs_ids.push_back(v);
    rhs_values.push_back(delta);
  }
  void replace(std::int64_t v, const Row& row) {
    rows.push_back(v);
    counts.push_back(std::int32_t(row.size()));
    for (const auto& [j, a] : row) ids.push_back(j), values.push_back(a);
  }
  Change view() const { return {rhs_ids, rhs_values, rows, counts, ids, values}; }
};

/// The system as it should be, held beside the tracked one.
struct Model {
  std::vector<Row> rows;
  std::vector<double> b;

  explicit Model(const CsrMatrix& a, std::vector<double> rhs)
      : rows(a.view().rows()), b(std::move(rhs)) {
    const CsrView v = a.view();
    for (int i = 0; i < a.view().rows(); ++i) {
      for (int p = v.indptr()[i]; p < v.indptr()[i + 1]; ++p) rows[i][v.indices()[p]] = v.data()[p];
    }
  }
  CsrMatrix matrix() const {
    const auto n = std::int32_t(rows.size());
    Triplets t(n, n);
    for (int i = 0; i < n; ++i) {
      for (const auto& [j, a] : rows[i]) t.add(i, std::int32_t(j), a);
    }
    return t.matrix();
  }
  void apply(const OwnedChange& change) {
    std::map<std::int64_t, double> deltas;
    for (std::size_t k = 0; k < change.rhs_ids.size(); ++k) {
      deltas[change.rhs_ids[k]] += change.rhs_values[k];
    }
    for (const auto& [v, d] : deltas) b[v] += d;
    std::size_t at = 0;
    for (std::size_t k = 0; k < change.rows.size(); ++k) {
      Row& row = rows[change.rows[k]];
      row.clear();
      for (int p = 0; p < change.counts[k]; ++p, ++at) row[change.ids[at]] = change.values[at];
    }
  }
  std::vector<DoubleDouble> solution() const {
    const CsrMatrix a = matrix();
    return Reference(a.view()).solve(b);
  }
};

/// A tracked query with all that it borrows.
struct Tracked {
  CsrMatrix a, at;
  Conditions conditions;
  CsrLines lines;
  std::vector<double> b;
  LocalRhs rhs;
  std::unique_ptr<TrackedQuery> query;
  std::vector<std::pair<int, double>> targets;

  Tracked(CsrMatrix&& matrix, std::vector<double> values, std::vector<std::pair<int, double>> t,
          const QuerySettings& settings, bool sparse = false)
      : a(std::move(matrix)),
        at(transposed(a)),
        conditions(conditions_of(a, &at)),
        lines(a.view()),
        b(std::move(values)),
        rhs(make_rhs(b, sparse)),
        targets(std::move(t)) {
    QueryProblem problem;
    problem.rows = &lines;
    problem.conditions = &conditions;
    problem.rhs = &rhs;
    problem.size = a.view().rows();
    query = std::make_unique<TrackedQuery>(problem, settings);
    for (const auto& [v, w] : targets) REQUIRE(query->add_target(v, w) == Status::ok);
  }
  static LocalRhs make_rhs(const std::vector<double>& b, bool sparse) {
    if (!sparse) return LocalRhs::dense(b);
    std::vector<std::int64_t> ids;
    std::vector<double> values;
    for (std::size_t i = 0; i < b.size(); ++i) {
      if (b[i] != 0) ids.push_back(std::int64_t(i)), values.push_back(b[i]);
    }
    auto made = LocalRhs::sparse(std::int64_t(b.size()), ids, values);
    REQUIRE(made.ok());
    return made.take();
  }
  DoubleDouble truth(const std::vector<DoubleDouble>& x) const {
    DoubleDouble sum;
    for (const auto& [v, w] : targets) sum = sum + x[v] * w;
    return sum;
  }
  void run() {
    Budget budget;
    REQUIRE(query->step(budget) == TaskState::done);
  }
};

void check_answer(const Tracked& tracked, const DoubleDouble& truth) {
  const QueryReport& r = tracked.query->report();
  REQUIRE(r.bound >= 0);
  CHECK(truth.distance(r.value) <= r.bound);
  CHECK(truth.hi >= r.lower - 1e-30);
  CHECK(truth.hi <= r.upper + 1e-30);
}

/// A row near the one that is there: scaled, with entries moved, left out, and added.
Row other_row(const Row& row, int i, int n, bool m_matrix, double loss, Random& random) {
  Row fresh;
  double others = 0;
  for (const auto& [j, v] : row) {
    if (j == i || random.chance(0.2)) continue;
    const double a = v * (random.chance(0.5) ? 1 : 0.5 + random.unit());
    fresh[j] = a;
    others += std::fabs(a);
  }
  if (random.chance(0.4)) {
    const int j = random.below(n);
    if (j != i && fresh.count(j) == 0) {
      const double a = m_matrix || random.chance(0.5) ? -random.unit() : random.unit();
      fresh[j] = a;
      others += std::fabs(a);
    }
  }
  const double d = others + loss * (0.05 + random.unit());
  fresh[i] = m_matrix || random.chance(0.7) ? d : -d;
  return fresh;
}

OwnedChange random_change(const Model& model, bool m_matrix, double loss, bool any_rows,
                          Random& random) {
  OwnedChange change;
  const int n = int(model.b.size());
  for (int k = random.below(4); k > 0; --k) {
    const double sizes[] = {1, 1e-3, 1e-9, 30};
    const int v = random.below(n);
    // Back to zero now and then.
    change.add(v, random.chance(0.2) ? -model.b[v] : sizes[random.below(4)] * random.sign());
  }
  if (!any_rows) return change;
  std::vector<int> order = random.permutation(n);
  for (int k = random.below(3); k > 0 && k < n; --k) {
    const int i = order[k];
    change.replace(i, other_row(model.rows[i], i, n, m_matrix, loss, random));
  }
  return change;
}

void check_sequence(std::uint64_t seed, int steps) {
  Random random(seed);
  DominantOptions options;
  options.m_matrix = random.chance(0.5);
  options.same_margin = random.chance(0.5);
  const double margins[] = {0.02, 0.3, 1, 5};
  options.margin = margins[random.below(4)];
  const int n = random.between(2, 28);
  CsrMatrix a = dominant(random.below(8), n, options, random);
  std::vector<double> b(n, 0);
  const bool sparse = random.chance(0.3);
  for (double& v : b) {
    if (!sparse || random.chance(0.1))
      v = options.m_matrix && seed % 2 ? random.unit() : random.sign();
  }
  Model model(a, b);
  std::vector<std::pair<int, double>> targets{{random.below(n), random.chance(0.5) ? 1 : -2.5}};
  if (random.chance(0.3)) targets.push_back({random.below(n), random.sign()});
  QuerySettings settings;
  settings.rtol = random.chance(0.5) ? 0 : 1e-6;
  const double tolerances[] = {1e-2, 1e-6, 1e-11, 0};
  settings.atol = tolerances[random.below(4)];
  settings.order_given = random.chance(0.5);
  settings.order = static_cast<PushOrder>(random.below(4));
  Tracked tracked(std::move(a), b, targets, settings, sparse);
  REQUIRE(tracked.conditions.rows.known());
  tracked.run();
  std::vector<DoubleDouble> x = model.solution();
  check_answer(tracked, tracked.truth(x));
  for (int s = 0; s < steps; ++s) {
    const double loss = random.chance(0.2) ? 0.1 * options.margin : options.margin;
    const OwnedChange change =
        random_change(model, options.m_matrix && !random.chance(0.05), loss, s % 3 != 0, random);
    Moved moved;
    const Fault foreseen = tracked.query->moved(change.view(), settings.atol, moved);
    const QueryReport before = tracked.query->report();
    const Fault fault = tracked.query->update(change.view());
    REQUIRE(fault.status == foreseen.status);
    if (!fault.ok()) {
      // Dominant, but not in the scaling that was found.
      CHECK(fault.status == Status::declaration_violated);
      CHECK(std::count(change.rows.begin(), change.rows.end(), fault.position) == 1);
      CHECK(tracked.query->report().value == before.value);
      continue;
    }
    model.apply(change);
    tracked.run();
    const std::vector<DoubleDouble> next = model.solution();
    check_answer(tracked, tracked.truth(next));
    const DoubleDouble step = tracked.truth(next) - tracked.truth(x);
    CHECK(std::fabs(step.hi) <= moved.bound);
    CHECK(moved.unmoved == (moved.bound <= settings.atol));
    for (int i = 0; i < n; ++i) CHECK(std::fabs((next[i] - x[i]).hi) <= moved.everywhere);
    x = next;
  }
}

}  // namespace

TEST_CASE("answers after thousands of changes lie within their bounds") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) check_sequence(seed, 12);
}

TEST_CASE("answers after very many changes lie within their bounds", "[.prove]") {
  for (std::uint64_t seed = 1000; seed <= 11000; ++seed) check_sequence(seed, 25);
}
