#pragma once
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <vector>

#include "lacuna/local/tracked_query.hpp"
#include "support/catch.hpp"
#include "support/dominant.hpp"
#include "support/double_double.hpp"
#include "support/local.hpp"

namespace lacuna::test {

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

inline void check_answer(const Tracked& tracked, const DoubleDouble& truth) {
  const QueryReport& r = tracked.query->report();
  REQUIRE(r.bound >= 0);
  CHECK(truth.distance(r.value) <= r.bound);
  CHECK(truth.hi >= r.lower - 1e-30);
  CHECK(truth.hi <= r.upper + 1e-30);
}

inline QuerySettings accuracy(double rtol, double atol) {
  QuerySettings settings;
  settings.rtol = rtol;
  settings.atol = atol;
  return settings;
}

/// The row of grid(side, side, shift) at i.
inline Row row_of(const CsrMatrix& a, int i) { return Model(a, {}).rows[i]; }

inline bool same_bits(const QueryReport& a, const QueryReport& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

}  // namespace lacuna::test
