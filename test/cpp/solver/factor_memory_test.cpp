// Every allocation of a factor fails once, and all from one on.
#ifdef LACUNA_WRAPPED_MALLOC
#include <algorithm>
#include <memory>
#include <vector>

#include "support/factor.hpp"
#include "support/fail_everywhere.hpp"

using namespace lacuna;
using test::factor_by;
using test::fail_everywhere;
using test::Random;
using Goal = Factor::Goal;

namespace {

const std::vector<FactorOptions> ways{factor_by(Method::cholesky), factor_by(Method::lu),
                                      factor_by(Method::cholesky, OrderingKind::nested_dissection),
                                      factor_by(Method::lu, OrderingKind::rcm)};

/// What a task ends with.
Status run(Result<std::unique_ptr<FactorTask>> task) {
  if (!task.ok()) return task.fault().status;
  Budget budget;
  return task.value()->step(budget) == TaskState::done ? Status::ok : task.value()->fault().status;
}

}  // namespace

TEST_CASE("factoring: short memory is a status, and a second try works") {
  Random random(921);
  const auto a = test::mesh(4, 4, 2).matrix();
  const auto b = random.vector(16);
  for (const FactorOptions& o : ways) {
    const auto expected = test::solve(test::factored(a.copy().take(), o), b).x;
    auto factor = test::made(a.copy().take(), o);
    fail_everywhere([&] { return test::run(*factor, Goal::factorize).status; },
                    [&](Status status) {
                      CHECK(factor->ready() == (status == Status::ok));
                      REQUIRE(test::run(*factor, Goal::factorize).ok());
                      CHECK(test::solve(factor, b).x == expected);
                      factor = test::made(a.copy().take(), o);
                    });
  }
}

TEST_CASE("updating a factor: short memory leaves it as it was, or in need of numbers") {
  Random random(922);
  const auto a = test::mesh(4, 4, 4).matrix();
  const auto b = random.vector(16);
  const std::vector<double> earlier(a.view().values().begin(), a.view().values().end());
  std::vector<double> values = earlier;
  for (double& v : values) v *= 2;
  for (const FactorOptions& o : ways) {
    auto factor = test::factored(a.copy().take(), o);
    const auto before = test::solve(factor, b).x;
    auto after = test::factored(a.copy().take(), o);
    REQUIRE(test::run(*after, Goal::update, values).ok());
    const auto expected = test::solve(after, b).x;
    fail_everywhere([&] { return test::run(*factor, Goal::update, values).status; },
                    [&](Status status) {
                      const auto answer = test::solve(factor, b);
                      if (status == Status::ok) {
                        CHECK(answer.x == expected);
                      } else if (answer.status == Status::ok) {
                        CHECK(answer.x == before);
                      } else {
                        // Cholesky, where memory was short for a second factor.
                        CHECK(answer.status == Status::not_ready);
                        CHECK(o.method == Method::cholesky);
                      }
                      REQUIRE(test::run(*factor, Goal::update, earlier).ok());
                      CHECK(test::solve(factor, b).x == before);
                    });
  }
}

TEST_CASE("asking a factor: short memory is a status, and the next answer is right") {
  Random random(923);
  const auto a = test::mesh(4, 4, 5).matrix();
  const auto b = random.vector(32);
  for (const FactorOptions& o : ways) {
    FactorSettings settings;
    settings.error_bound = true;
    const auto factor = test::factored(a.copy().take(), o);
    const auto expected = test::solve(factor, b, settings, 2).x;
    std::vector<double> x(32);
    fail_everywhere([&] { return run(FactorSolve::create(factor, b, x, 2, settings)); },
                    [&](Status) { CHECK(test::solve(factor, b, settings, 2).x == expected); });
    fail_everywhere([&] { return run(FactorCondition::create(factor)); }, [](Status) {});
  }
}
#endif
