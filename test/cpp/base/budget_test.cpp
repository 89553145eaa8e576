#include "lacuna/base/budget.hpp"

#include "support/catch.hpp"

using namespace lacuna;

namespace {

double now = 0;
int readings = 0;
double clock_ms() {
  ++readings;
  return now;
}

}  // namespace

TEST_CASE("a budget without limits is never exhausted") {
  Budget budget;
  budget.spend(1e300);
  CHECK_FALSE(budget.exhausted());
}

TEST_CASE("a budget ends with its work") {
  Budget budget(100);
  budget.spend(99);
  CHECK_FALSE(budget.exhausted());
  CHECK(budget.work_left() == 1);
  budget.spend(1);
  CHECK(budget.exhausted());
  CHECK(Budget(0).exhausted());
}

TEST_CASE("a budget ends with its deadline and reads the clock seldom") {
  now = 0;
  readings = 0;
  Budget budget(1e12, clock_ms, 10);
  CHECK_FALSE(budget.exhausted());
  CHECK(readings == 1);
  now = 20;
  for (int k = 0; k < 99; ++k) {
    budget.spend(1e3);
    CHECK_FALSE(budget.exhausted());
  }
  CHECK(readings == 1);
  budget.spend(1e3);
  CHECK(budget.exhausted());
  CHECK(readings == 2);
}

TEST_CASE("a deadline that has passed ends a budget before any work") {
  now = 20;
  CHECK(Budget(1e12, clock_ms, 10).exhausted());
}
