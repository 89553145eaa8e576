#include "lacuna/ordering/symmetric_scaling.hpp"

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "support/symmetric.hpp"

using namespace lacuna;
using test::Random;
using test::Triplets;

namespace {

Buffer<double> scaling(const CsrView& a, double work = 0) {
  SymmetricScaling scaling;
  REQUIRE(scaling.begin(a) == Status::ok);
  TaskState state = TaskState::running;
  while (state == TaskState::running) {
    Budget budget = work > 0 ? Budget(work) : Budget();
    state = scaling.step(budget);
  }
  REQUIRE(state == TaskState::done);
  return scaling.take();
}

}  // namespace

TEST_CASE("symmetric scaling brings the largest entry of every row near 1, by powers of two") {
  Random random(321);
  for (int k = 0; k < 30; ++k) {
    const int n = random.between(1, 80);
    auto t = test::symmetric_scattered(n, 4 * random.unit(), random.bits());
    std::vector<double> factor(n);
    for (double& v : factor) v = std::ldexp(1 + random.unit(), random.between(-100, 100));
    for (std::size_t e = 0; e < t.v.size(); ++e) t.v[e] *= factor[t.i[e]] * factor[t.j[e]];
    const auto a = t.matrix();
    const auto s = scaling(a.view());
    const auto sliced = scaling(a.view(), 1);
    for (int i = 0; i < n; ++i) {
      int exponent;
      CHECK(std::frexp(s[i], &exponent) == 0.5);
      CHECK(s[i] == sliced[i]);
      double largest = 0;
      for (int p = a.view().indptr()[i]; p < a.view().indptr()[i + 1]; ++p) {
        largest =
            std::fmax(largest, std::fabs(a.view().data()[p]) * s[i] * s[a.view().indices()[p]]);
      }
      CHECK((largest > 0.2 && largest < 8));
    }
  }
}

TEST_CASE("symmetric scaling of what spreads widely makes the entries of a matching 1") {
  Random random(322);
  int matched = 0;
  for (int k = 0; k < 30; ++k) {
    const int n = random.between(2, 80);
    // One after another: the order of arguments is the compiler's.
    const double density = 4 * random.unit();
    const std::uint64_t seed = random.bits();
    auto t = test::symmetric_scattered(n, density, seed);
    std::vector<double> factor(n);
    for (double& v : factor) v = std::ldexp(1 + random.unit(), random.between(-120, 120));
    factor[0] = 0x1p120;
    factor[1] = 0x1p-120;
    for (std::size_t e = 0; e < t.v.size(); ++e) t.v[e] *= factor[t.i[e]] * factor[t.j[e]];
    const auto a = t.matrix();
    const auto s = scaling(a.view());
    WeightedMatching matching;
    Budget unlimited;
    REQUIRE(matching.begin(a.view(), false) == Status::ok);
    REQUIRE(matching.step(unlimited) == TaskState::done);
    const Matching pairs = matching.take();
    // Where rows are left over, no scaling makes every one of them 1.
    if (!pairs.perfect()) continue;
    ++matched;
    for (int i = 0; i < n; ++i) {
      const int j = pairs.index_of_line[i];
      double v = 0;
      for (int p = a.view().indptr()[i]; p < a.view().indptr()[i + 1]; ++p) {
        const int k = a.view().indices()[p];
        CHECK(std::fabs(a.view().data()[p]) * s[i] * s[k] < 2.01);
        if (k == j) v = a.view().data()[p];
      }
      CHECK(std::fabs(v) * s[i] * s[j] > 0.24);
    }
  }
  CHECK(matched > 20);
}

TEST_CASE("symmetric scaling leaves rows without entries, and extremes are bounded") {
  Triplets t(3, 3);
  t.add(0, 0, 5e-324);
  t.add(1, 1, 1e308);
  t.add(2, 2, 0);
  const auto a = t.matrix();
  const auto s = scaling(a.view());
  CHECK((s[0] > 1 && s[0] <= 0x1p500));
  CHECK((s[1] < 1 && s[1] >= 0x1p-500));
  CHECK(s[2] == 1);
}
