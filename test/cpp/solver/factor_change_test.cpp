#include <cmath>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/factor.hpp"

using namespace lacuna;
using test::Dense;
using test::factor_by;
using test::factored;
using test::Random;
using test::Real;
using Change = Factor::Change;

namespace {

struct Columns {
  std::vector<std::int32_t> begin{0};
  std::vector<std::int32_t> rows;
  std::vector<double> values;

  void add(std::int32_t row, double value) {
    rows.push_back(row);
    values.push_back(value);
  }
  void close() { begin.push_back(static_cast<std::int32_t>(rows.size())); }
  SparseColumns view() const { return {begin, rows, values}; }
};

Fault change(Factor& factor, Change kind, const Columns& w, std::int32_t row = 0,
             double work = 1e18) {
  if (const Fault fault = factor.begin_change(kind, w.view(), row); !fault.ok()) return fault;
  for (;;) {
    Budget budget(work);
    if (factor.step(budget) != TaskState::running) return factor.failure().fault;
  }
}

/// Entries of W that fit any pattern that has the edges of A.
Columns some_edges(const CsrView& a, int k, Random& random) {
  Columns w;
  for (int j = 0; j < k; ++j) {
    const std::int32_t i = random.below(a.rows());
    const std::int32_t length = a.indptr()[i + 1] - a.indptr()[i];
    const std::int32_t other = a.indices()[a.indptr()[i] + random.below(length)];
    w.add(i, 0.5 + random.unit());
    if (other != i) w.add(other, -random.unit());
    w.close();
  }
  return w;
}

void apply(Dense& a, const Columns& w, Real sign) {
  for (std::size_t j = 1; j < w.begin.size(); ++j) {
    for (int p = w.begin[j - 1]; p < w.begin[j]; ++p) {
      for (int q = w.begin[j - 1]; q < w.begin[j]; ++q) {
        a(w.rows[p], w.rows[q]) += sign * w.values[p] * w.values[q];
      }
    }
  }
}

void check_solves(const std::shared_ptr<Factor>& factor, const Dense& a, Random& random) {
  const auto b = random.vector(a.rows);
  const auto answer = test::solve(factor, b);
  REQUIRE(answer.status == Status::ok);
  const auto r = test::minus(b, a.times(answer.x));
  const Real error = test::largest(r) / (a.norm_inf() * test::largest(answer.x) + test::largest(b));
  CHECK(error <= 1e-14L);
  CHECK(std::fabs(answer.reports[0].normwise_error - static_cast<double>(error)) <= 1e-15);
}

}  // namespace

TEST_CASE("a factor that follows changes solves and certifies what it has become") {
  Random random(941);
  for (int sample = 0; sample < 15; ++sample) {
    const auto a = test::mesh(random.between(3, 8), random.between(3, 8), sample).matrix();
    const auto factor = factored(a.copy().take(), factor_by(Method::cholesky));
    Dense dense(a.view());
    for (int round = 1; round <= 4; ++round) {
      const Columns w = some_edges(a.view(), random.between(1, 3), random);
      const double work = random.chance(0.5) ? 1 : 1e18;
      REQUIRE(change(*factor, Change::update, w, 0, work).ok());
      apply(dense, w, 1);
      check_solves(factor, dense, random);
      if (round % 2 == 0) {
        REQUIRE(change(*factor, Change::downdate, w, 0, work).ok());
        apply(dense, w, -1);
        check_solves(factor, dense, random);
      }
    }
    CHECK(factor->report().changes == 6);
    CHECK(factor->report().analyses == 1);
    CHECK(factor->report().factorizations == 1);

    const std::int32_t row = random.below(a.view().rows());
    Columns entries;
    for (int j = 0; j < dense.cols; ++j) {
      if (dense(row, j) != 0) entries.add(j, static_cast<double>(dense(row, j)));
    }
    entries.close();
    CHECK(change(*factor, Change::add, entries, row).status == Status::invalid_argument);
    Dense without = dense;
    for (int j = 0; j < dense.cols; ++j) without(row, j) = without(j, row) = j == row;
    REQUIRE(change(*factor, Change::remove, Columns(), row).ok());
    check_solves(factor, without, random);
    REQUIRE(change(*factor, Change::add, entries, row).ok());
    check_solves(factor, dense, random);

    // Numbers anew: changes are over.
    std::vector<double> values(static_cast<std::size_t>(factor->report().nnz));
    const CsrView now = factor->system(false, 0, 0).a;
    for (std::size_t k = 0; k < values.size(); ++k) values[k] = 2 * now.data()[k];
    for (Real& v : dense.a) v *= 2;
    REQUIRE(test::run(*factor, Factor::Goal::update, values).ok());
    CHECK(factor->report().changes == 0);
    CHECK(factor->report().analyses == 1);
    check_solves(factor, dense, random);
  }
}

TEST_CASE("a change that is refused or given up changes no bit") {
  Random random(942);
  const auto a = test::mesh(9, 9, 5).matrix();
  const auto b = random.vector(81);
  const auto factor = factored(a.copy().take(), factor_by(Method::cholesky));
  const auto before = test::solve(factor, b).x;

  Columns heavy;
  heavy.add(40, 1e3);
  heavy.close();
  const Fault indefinite = change(*factor, Change::downdate, heavy);
  CHECK(std::string(status_name(indefinite.status)) == "indefinite-matrix");
  CHECK(test::solve(factor, b).x == before);

  Columns wide;
  for (int i = 0; i < 81; ++i) wide.add(i, 1);
  wide.close();
  const Fault mismatch = change(*factor, Change::update, wide);
  CHECK(std::string(status_name(mismatch.status)) == "pattern-mismatch");
  CHECK(mismatch.partner >= 0);
  CHECK(test::solve(factor, b).x == before);

  Columns far;
  far.add(81, 1);
  far.close();
  CHECK(change(*factor, Change::update, far).status == Status::index_out_of_range);
  CHECK(change(*factor, Change::remove, Columns(), -1).status == Status::index_out_of_range);

  const Columns w = some_edges(a.view(), 2, random);
  const auto other = factored(a.copy().take(), factor_by(Method::cholesky));
  REQUIRE(change(*other, Change::update, w).ok());
  const auto after = test::solve(other, b).x;
  int through = 0;
  for (int steps = 0; steps < 400; ++steps) {
    const auto given_up = factored(a.copy().take(), factor_by(Method::cholesky));
    REQUIRE(given_up->begin_change(Change::update, w.view()).ok());
    CHECK(test::solve(given_up, b).status == Status::busy);
    for (int k = 0; k < steps && given_up->working(); ++k) {
      Budget budget(1);
      given_up->step(budget);
    }
    const bool ended = !given_up->working();
    given_up->cancel();
    // Once it is being put in place, it is put in place.
    const bool took = given_up->report().changes == 1;
    CHECK(test::solve(given_up, b).x == (took ? after : before));
    through += took && !ended;
    if (ended) break;
  }
  const auto lu = factored(a.copy().take(), factor_by(Method::lu));
  CHECK(change(*lu, Change::update, w).status == Status::invalid_argument);
}
