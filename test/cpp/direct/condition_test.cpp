#include "lacuna/direct/condition.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "lacuna/direct/lu.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Dense;
using test::Random;
using test::Real;
using Ask = OneNormEstimate::Ask;

namespace {

double norm_one(const Dense& a) { return static_cast<double>(a.transposed().norm_inf()); }

double estimate(const Dense& b, int& products) {
  OneNormEstimate e;
  REQUIRE(e.begin(b.rows) == Status::ok);
  products = 0;
  for (Ask ask = e.next(); ask != Ask::done; ask = e.next()) {
    const std::vector<double> v(e.vector().begin(), e.vector().end());
    const auto image = (ask == Ask::multiply ? b : b.transposed()).times(v);
    for (std::size_t k = 0; k < image.size(); ++k) e.vector()[k] = static_cast<double>(image[k]);
    ++products;
  }
  CHECK(e.next() == Ask::done);
  return e.norm();
}

void check_estimates(int samples) {
  Random random(61);
  int exact = 0;
  for (int k = 0; k < samples; ++k) {
    const int n = random.between(1, 30);
    Dense b(n, n);
    for (Real& v : b.a) v = random.chance(0.5) ? random.sign() : 0;
    int products = 0;
    const double found = estimate(b, products), norm = norm_one(b);
    CHECK(found <= norm * (1 + 1e-14));
    CHECK(found >= norm / 4);
    CHECK(products <= 11);
    exact += found >= norm * (1 - 1e-14);
  }
  CHECK(exact > samples / 3);
}

/// ‖A⁻¹‖₁, column by column.
Real inverse_norm(const Dense& a) {
  Real largest = 0;
  for (int j = 0; j < a.rows; ++j) {
    test::Vector unit(a.rows, 0);
    unit[j] = 1;
    Real sum = 0;
    for (const Real v : test::Elimination(a, unit, 1e-30L).x) sum += std::fabs(v);
    largest = std::fmax(largest, sum);
  }
  return largest;
}

}  // namespace

LACUNA_SAMPLED(check_estimates, "the estimate is below the 1-norm, and near it", 60, 10000)

TEST_CASE("LU estimates the reciprocal condition number") {
  for (int seed = 0; seed < 12; ++seed) {
    auto t = test::scattered(25, 3, seed);
    for (std::size_t k = 0; k < t.v.size(); ++k) t.v[k] *= t.i[k] == 3 ? 1e-6 : 1;
    const auto a = t.matrix();
    LuFactorization f;
    REQUIRE(f.analyze(a.view()).ok());
    REQUIRE(f.factorize(a.view()).ok());
    const Dense dense(a.view());
    const auto exact = static_cast<double>(1 / (norm_one(dense) * inverse_norm(dense)));
    const auto found = f.reciprocal_condition(a.view());
    REQUIRE(found.ok());
    CHECK(found.value() >= exact * (1 - 1e-9));
    CHECK(found.value() <= 4 * exact);
  }
}

TEST_CASE("a product that is not finite ends the estimate") {
  OneNormEstimate e;
  REQUIRE(e.begin(3) == Status::ok);
  REQUIRE(e.next() == Ask::multiply);
  e.vector()[1] = std::numeric_limits<double>::infinity();
  CHECK(e.next() == Ask::done);
  CHECK(reciprocal_condition(1, e.norm()) == 0);
  CHECK(reciprocal_condition(2, 4) == 0.125);
  CHECK(reciprocal_condition(1e300, 1e300) == 0);
}
