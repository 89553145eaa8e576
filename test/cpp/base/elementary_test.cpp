#include "lacuna/base/elementary.hpp"

#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "support/random.hpp"

using namespace lacuna;
using test::Random;

namespace {

using Reference = long double;

/// Distance in units of the last place of the reference.
double ulps(double value, Reference reference) {
  const double rounded = static_cast<double>(reference);
  const double next = std::nextafter(std::fabs(rounded), std::numeric_limits<double>::infinity());
  return static_cast<double>(std::fabs(value - reference) / (Reference(next) - std::fabs(rounded)));
}

void check_log(int samples) {
  Random random(31);
  double worst = 0;
  for (int k = 0; k < samples; ++k) {
    // Every exponent, and the neighbourhood of 1.
    const double wide = __builtin_bit_cast(double, random.bits() >> 1 & 0x7fefffffffffffffu);
    const double near = 1 + random.sign() / (1 << random.below(30));
    for (const double x : {wide, near}) {
      if (!(x > 0)) continue;
      worst = std::fmax(worst, ulps(natural_log(x), std::log(Reference(x))));
    }
  }
  CHECK(worst < 1.2);
}

void check_exp(int samples) {
  Random random(32);
  double worst = 0;
  for (int k = 0; k < samples; ++k) {
    const double wide = 708 * random.sign();
    const double near = random.sign() / (1 << random.below(30));
    for (const double x : {wide, near}) {
      worst = std::fmax(worst, ulps(exponential(x), std::exp(Reference(x))));
    }
  }
  CHECK(worst < 1.5);
}

}  // namespace

LACUNA_SAMPLED(check_log, "the logarithm keeps to 2 ulp", 20000, 3000000)
LACUNA_SAMPLED(check_exp, "the exponential keeps to 2 ulp", 20000, 3000000)

TEST_CASE("the logarithm of special values") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(natural_log(1) == 0);
  CHECK(natural_log(0) == -infinity);
  CHECK(natural_log(infinity) == infinity);
  CHECK(std::isnan(natural_log(-1)));
  CHECK(std::isnan(natural_log(std::numeric_limits<double>::quiet_NaN())));
  const double least = std::numeric_limits<double>::denorm_min();
  CHECK(ulps(natural_log(least), std::log(Reference(least))) < 1.2);
}

TEST_CASE("the exponential of special values") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(exponential(0) == 1);
  CHECK(exponential(-infinity) == 0);
  CHECK(exponential(infinity) == infinity);
  CHECK(exponential(710) == infinity);
  CHECK(std::isnan(exponential(std::numeric_limits<double>::quiet_NaN())));
  CHECK(std::isfinite(exponential(709.78)));
  const Reference subnormal = std::exp(Reference(-740));
  CHECK(std::fabs(exponential(-740) - subnormal) <= 2 * std::numeric_limits<double>::denorm_min());
}

TEST_CASE("logarithm and exponential have the same bits everywhere") {
  Random random(33);
  std::uint64_t hash = 0;
  for (int k = 0; k < 5000; ++k) {
    const double x = 300 * random.unit() + 1e-3;
    hash = hash * 1099511628211u + __builtin_bit_cast(std::uint64_t, natural_log(x));
    hash = hash * 1099511628211u + __builtin_bit_cast(std::uint64_t, exponential(x - 150));
  }
  CHECK(hash == 0xbe3eb4302139a493u);
}
