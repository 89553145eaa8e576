#include <string>
#include <vector>

#include "lacuna/solver/factor_bytes_task.hpp"
#include "support/catch.hpp"
#include "support/factor.hpp"

using namespace lacuna;
using test::factor_by;
using test::factored;
using test::Random;

namespace {

std::vector<unsigned char> exported(const std::shared_ptr<Factor>& factor, double work) {
  auto task = FactorExport::create(factor);
  REQUIRE(task.ok());
  for (TaskState state = TaskState::running; state == TaskState::running;) {
    Budget budget(work);
    state = task.value()->step(budget);
  }
  const auto bytes = task.value()->bytes();
  CHECK(task.value()->result()[0] == static_cast<double>(bytes.size()));
  return {bytes.begin(), bytes.end()};
}

Fault import(Factor& factor, std::span<const unsigned char> bytes, double work = 1e18) {
  if (const Fault fault = factor.begin_import(bytes); !fault.ok()) return fault;
  for (;;) {
    Budget budget(work);
    if (factor.step(budget) != TaskState::running) return factor.failure().fault;
  }
}

std::string name(const Fault& fault) { return status_name(fault.status); }

}  // namespace

TEST_CASE("a factor from bytes solves with the same bits, and goes on from there") {
  Random random(951);
  for (int sample = 0; sample < 10; ++sample) {
    const auto a = test::mesh(random.between(1, 8), random.between(1, 8), sample).matrix();
    const auto b = random.vector(a.view().rows());
    const auto factor = factored(a.copy().take(), factor_by(Method::cholesky));
    const auto bytes = exported(factor, random.chance(0.5) ? 1 : 1e18);
    const auto again = test::made(a.copy().take());
    REQUIRE(import(*again, bytes, random.chance(0.5) ? 1 : 1e18).ok());
    CHECK(again->ready());
    CHECK(again->report().factorizations == 0);
    CHECK(again->report().analyses == 0);
    CHECK(again->report().factor_nnz == factor->report().factor_nnz);
    CHECK(test::solve(again, b).x == test::solve(factor, b).x);
    CHECK(exported(again, 1e18) == bytes);

    std::vector<double> values(a.view().values().begin(), a.view().values().end());
    for (double& v : values) v *= 3;
    REQUIRE(test::run(*again, Factor::Goal::update, values).ok());
    REQUIRE(test::run(*factor, Factor::Goal::update, values).ok());
    CHECK(test::solve(again, b).x == test::solve(factor, b).x);
    CHECK(again->report().analyses == 0);
  }
}

TEST_CASE("bytes of another matrix, damaged or too few, make no factor, and a second try works") {
  Random random(952);
  const auto a = test::mesh(5, 5, 1).matrix();
  const auto bytes = exported(factored(a.copy().take(), factor_by(Method::cholesky)), 1e18);
  CHECK(name(import(*test::made(test::mesh(5, 5, 2).matrix()), bytes)) == "pattern-mismatch");
  auto scaled = a.copy().take();
  std::vector<double> values(a.view().values().begin(), a.view().values().end());
  values[0] *= 1.0000001;
  REQUIRE(scaled.set_values(values).ok());
  CHECK(name(import(*test::made(std::move(scaled)), bytes)) == "pattern-mismatch");
  const auto factor = test::made(a.copy().take());
  for (int k = 0; k < 60; ++k) {
    auto damaged = bytes;
    damaged[random.below(static_cast<int>(bytes.size()))] ^= 1u << random.below(8);
    CHECK(!import(*factor, damaged).ok());
    CHECK(!factor->ready());
  }
  CHECK(name(import(*factor, std::span(bytes).first(bytes.size() - 1))) == "damaged-bytes");
  CHECK(!import(*factor, {}).ok());
  REQUIRE(factor->begin_import(bytes).ok());
  factor->cancel();
  CHECK(!factor->ready());
  REQUIRE(import(*factor, bytes).ok());
  CHECK(factor->begin_import(bytes).status == Status::busy);
  const auto b = random.vector(25);
  CHECK(test::solve(factor, b).reports[0].converged == 1);

  CHECK(name(import(*test::made(test::quasi_definite(25, 2, 1).matrix()), bytes)) ==
        "indefinite-matrix");
}
