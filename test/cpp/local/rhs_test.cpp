#include "lacuna/local/rhs.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "support/catch.hpp"
#include "support/failing_memory.hpp"
#include "support/random.hpp"

using namespace lacuna;
using test::Random;
using Ids = std::vector<std::int64_t>;
using Doubles = std::vector<double>;

namespace {

long double exact_norm1(const Doubles& v) {
  long double sum = 0;
  for (const double e : v) sum += std::fabs(static_cast<long double>(e));
  return sum;
}

void check_facts(int samples) {
  for (int s = 0; s < samples; ++s) {
    Random random(s + 1);
    const int n = random.between(1, 60);
    const double scale = random.chance(0.5) ? 1 : 1e-3;
    Doubles dense(n, 0);
    Ids ids;
    Doubles values;
    const int entries = random.below(2 * n);
    for (int k = 0; k < entries; ++k) {
      const int i = random.below(n);
      const double v = scale * (random.chance(0.3) ? random.unit() : random.sign());
      ids.push_back(i);
      values.push_back(v);
      dense[i] += v;
    }
    double least = dense[0], greatest = dense[0];
    for (const double v : dense) least = std::fmin(least, v), greatest = std::fmax(greatest, v);
    auto made = LocalRhs::sparse(n, ids, values);
    REQUIRE(made.ok());
    LocalRhs sparse = made.take();
    LocalRhs full = LocalRhs::dense(dense);
    for (LocalRhs* rhs : {&sparse, &full}) {
      CHECK(rhs->facts().least == least);
      CHECK(rhs->facts().greatest == greatest);
      CHECK(rhs->facts().norm_inf == std::fmax(-least, greatest));
      CHECK(rhs->facts().norm1 >= exact_norm1(dense));
      CHECK(rhs->facts().norm1 <= exact_norm1(dense) * (1 + 1e-13L));
      for (int i = 0; i < n; ++i) {
        double value = 77;
        REQUIRE(rhs->get(i, value));
        CHECK(value == dense[i]);
      }
      CHECK(rhs->wanted().empty());
    }
  }
}

}  // namespace

LACUNA_SAMPLED(check_facts, "a right-hand side knows its extremes and norms, zeros included", 300,
               100000)

TEST_CASE("what is no right-hand side is refused where it is wrong") {
  const auto fault = [](const Ids& ids, const Doubles& values) {
    return LocalRhs::sparse(5, ids, values).fault();
  };
  CHECK(fault({0, 1}, {1}).status == Status::shape_mismatch);
  CHECK(fault({0, 5}, {1, 1}).status == Status::index_out_of_range);
  CHECK(fault({0, 5}, {1, 1}).position == 1);
  CHECK(fault({-1}, {1}).position == 0);
  CHECK(fault({0, 1}, {1, NAN}).status == Status::not_finite);
  CHECK(fault({0, 1}, {1, NAN}).position == 1);
  // Two finite entries at one place that overflow together.
  CHECK(fault({3, 3}, {1.5e308, 1.5e308}).status == Status::not_finite);
  CHECK(fault({3, 3}, {1.5e308, 1.5e308}).position == 3);
}

TEST_CASE("entries of a sparse one come in the order of their first mention") {
  const auto rhs = LocalRhs::sparse(std::int64_t{1} << 53, Ids{9, (std::int64_t{1} << 53) - 1, 9},
                                    Doubles{1, 2, 3});
  REQUIRE(rhs.ok());
  REQUIRE(rhs.value().entries() == 2);
  CHECK(rhs.value().entry(0).id == 9);
  CHECK(rhs.value().entry(0).value == 4);
  CHECK(rhs.value().entry(1).id == (std::int64_t{1} << 53) - 1);
}

TEST_CASE("values on demand are asked for once, in order, and kept") {
  RhsFacts declared;
  declared.norm_inf = 2;
  LocalRhs rhs = LocalRhs::on_demand(declared);
  double value = 0;
  for (const std::int64_t v : {70, 3, 70, 5, 3}) CHECK_FALSE(rhs.get(v, value));
  CHECK(Ids(rhs.wanted().begin(), rhs.wanted().end()) == Ids{70, 3, 5});
  CHECK(rhs.supply(Doubles{1, 2}).status == Status::shape_mismatch);
  CHECK(rhs.supply(Doubles{1, -2, 0.5}).ok());
  CHECK(rhs.wanted().empty());
  REQUIRE(rhs.get(3, value));
  CHECK(value == -2);
  REQUIRE(rhs.get(70, value));
  CHECK(value == 1);
  CHECK_FALSE(rhs.get(4, value));
  CHECK(rhs.wanted().size() == 1);
}

TEST_CASE("values that break what was declared are refused, and nothing is taken") {
  RhsFacts declared{-1, 2, 2, 4};
  const auto fault = [&](double v) {
    LocalRhs rhs = LocalRhs::on_demand(declared);
    double value;
    rhs.get(8, value);
    rhs.get(9, value);
    const Fault f = rhs.supply(Doubles{0, v});
    CHECK(rhs.get(8, value) == f.ok());
    return f;
  };
  CHECK(fault(2).ok());
  CHECK(fault(-1).ok());
  for (const double v : {2.5, -1.5, double(NAN), double(INFINITY)}) {
    CHECK(fault(v).status == Status::invalid_argument);
    CHECK(fault(v).position == 9);
  }
  // Every value fits, their sum does not.
  LocalRhs rhs = LocalRhs::on_demand(declared);
  double value;
  for (int v = 0; v < 2; ++v) rhs.get(v, value);
  CHECK(rhs.supply(Doubles{2, 2}).ok());
  rhs.get(2, value);
  CHECK(rhs.supply(Doubles{0.5}).position == 2);
  CHECK(rhs.supply(Doubles{0}).ok());
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("a value that could not be noted is asked for again") {
  for (int failing = 1;; ++failing) {
    LocalRhs rhs = LocalRhs::on_demand(RhsFacts{0, 1, 1, 1});
    double value;
    bool got = false, struck = false;
    {
      test::FailingMemory memory(failing, false);
      got = rhs.get(4, value);
      struck = memory.struck();
    }
    if (!struck) {
      CHECK(failing > 2);
      break;
    }
    CHECK_FALSE(got);
    CHECK(rhs.failed());
    CHECK_FALSE(rhs.get(4, value));
    CHECK_FALSE(rhs.failed());
    REQUIRE(rhs.wanted().size() == 1);
    CHECK(rhs.supply(Doubles{1}).ok());
    CHECK(rhs.get(4, value));
  }
}
#endif
