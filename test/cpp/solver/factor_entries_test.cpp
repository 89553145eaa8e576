#include "lacuna/solver/factor_entries.hpp"

#include <memory>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/factor.hpp"
#include "support/symmetric.hpp"

using namespace lacuna;
using test::factor_by;
using test::factored;
using test::Random;

namespace {

Fault run(Result<std::unique_ptr<FactorTask>> task, double work, double* first = nullptr) {
  if (!task.ok()) return task.fault();
  for (TaskState state = TaskState::running; state == TaskState::running;) {
    Budget budget(work);
    state = task.value()->step(budget);
  }
  if (first != nullptr) *first = task.value()->result()[0];
  return task.value()->fault();
}

/// Three entries of a solution for three of b, against a solve that is not refined; their places.
std::pair<std::vector<std::int32_t>, std::vector<std::int32_t>> check_reach(
    const std::shared_ptr<Factor>& factor, std::int32_t n, double work, Random& random) {
  FactorSettings plain;
  plain.refinement = 0;
  std::vector<double> b(n, 0.0);
  std::vector<std::int32_t> ids, rows;
  std::vector<double> entries;
  for (int k = 0; k < 3; ++k) {
    ids.push_back(random.below(n));
    entries.push_back(random.sign());
    b[ids.back()] += entries.back();
    rows.push_back(random.below(n));
  }
  const auto x = test::solve(factor, b, plain).x;
  std::vector<double> out(3);
  double read = 0;
  REQUIRE(run(FactorReach::create(factor, {ids, entries}, rows, out), work, &read).ok());
  for (int k = 0; k < 3; ++k) CHECK(out[k] == x[rows[k]]);
  CHECK(read > 0);
  CHECK(read <= factor->report().solve_flops / 2);
  return {ids, rows};
}

}  // namespace

TEST_CASE("entries by reach have the bits of a solve that is not refined") {
  Random random(931);
  for (int sample = 0; sample < 20; ++sample) {
    const auto t = test::mesh(random.between(2, 9), random.between(2, 9), sample);
    const auto factor = factored(t.matrix(), factor_by(Method::cholesky));
    const auto a = t.matrix();
    std::vector<double> values(a.view().values().begin(), a.view().values().end());
    for (int round = 0; round < 3; ++round) {
      const double work = random.chance(0.5) ? 1 : 1e9;
      auto [ids, rows] = check_reach(factor, t.rows, work, random);

      std::vector<double> inverse(3);
      REQUIRE(run(FactorInverse::create(factor, rows, ids, inverse), work).ok());
      for (int k = 0; k < 3; ++k) {
        std::vector<double> unit(t.rows, 0.0);
        unit[ids[k]] = 1;
        const double expected = test::solve(factor, unit).x[rows[k]];
        CHECK(inverse[k] == Approx(expected).epsilon(1e-10).margin(1e-13));
      }
      // The next round is with other numbers.
      for (double& v : values) v *= 2;
      REQUIRE(test::run(*factor, Factor::Goal::update, values).ok());
    }
  }
}

TEST_CASE("entries by reach in factors of LDLᵀ and LU are those of a solve that is not refined") {
  Random random(932);
  FactorSettings plain;
  plain.refinement = 0;
  int by_sweep = 0, by_reach = 0;
  for (int sample = 0; sample < 40; ++sample) {
    const Method method = sample % 2 ? Method::ldlt : Method::lu;
    const auto t = sample % 4 < 2 ? test::saddle_point(test::mesh(5, 6, sample), 9, sample)
                                  : test::symmetric_scattered(random.between(2, 60), 4, sample);
    const auto factor = test::made(t.matrix(), factor_by(method));
    if (!test::run(*factor, Factor::Goal::factorize).ok()) continue;
    const auto a = t.matrix();
    std::vector<double> values(a.view().values().begin(), a.view().values().end());
    for (int round = 0; round < 3; ++round) {
      const double work = random.chance(0.5) ? 1 : 1e9;
      auto [ids, rows] = check_reach(factor, t.rows, work, random);
      // Of the inverse, with what is asked for twice.
      ids.push_back(ids[0]);
      rows.push_back(rows[0]);
      ids.push_back(ids[0]);
      rows.push_back(rows[1]);
      std::vector<double> inverse(ids.size(), 1e99);
      double swept = -1;
      REQUIRE(run(FactorInverse::create(factor, rows, ids, inverse), work, &swept).ok());
      CHECK((method == Method::ldlt || swept == 0));
      by_sweep += swept > 0;
      by_reach += swept == 0;
      for (std::size_t k = 0; k < ids.size(); ++k) {
        std::vector<double> unit(t.rows, 0.0);
        unit[ids[k]] = 1;
        const double solved = test::solve(factor, unit, plain).x[rows[k]];
        if (swept == 0) {
          CHECK(inverse[k] == solved);
        } else {
          // Some of them come from the sparse inverse, which sums otherwise.
          CHECK(inverse[k] == Approx(solved).epsilon(1e-9).margin(1e-12));
        }
      }
      for (double& v : values) v *= 2;
      REQUIRE(test::run(*factor, Factor::Goal::update, values).ok());
    }
  }
  CHECK(by_sweep > 0);
  CHECK(by_reach > 0);
}

TEST_CASE("entries are refused where the factors do not give them, or places are none") {
  const std::vector<std::int32_t> rows{0, 1};
  const std::vector<double> values{1, 2};
  std::vector<double> out(2);
  const auto lu = factored(test::grid(3, 3, 1).matrix(), factor_by(Method::lu));
  const auto qr = factored(test::grid(3, 3, 1).matrix(), factor_by(Method::qr));
  CHECK(run(FactorReach::create(qr, {rows, values}, rows, out), 1).status ==
        Status::invalid_argument);
  CHECK(run(FactorInverse::create(qr, rows, rows, out), 1).status == Status::invalid_argument);
  const std::vector<std::int32_t> beyond{0, 9};
  CHECK(run(FactorInverse::create(lu, rows, beyond, out), 1).position == 1);
  CHECK(run(FactorInverse::create(lu, {rows.data(), 1}, rows, out), 1).status ==
        Status::shape_mismatch);
  const auto factor = factored(test::grid(3, 3, 1).matrix(), factor_by(Method::cholesky));
  const std::vector<std::int32_t> far{0, 9};
  const Fault fault = run(FactorReach::create(factor, {rows, values}, far, out), 1e9);
  CHECK(fault.status == Status::index_out_of_range);
  CHECK(fault.position == 1);
  CHECK(run(FactorReach::create(factor, {far, values}, rows, out), 1).position == 1);
  CHECK(run(FactorInverse::create(factor, far, rows, out), 1).position == 1);
  CHECK(run(FactorInverse::create(factor, {far.data(), 1}, rows, out), 1).status ==
        Status::shape_mismatch);
}
