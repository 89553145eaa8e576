#include "lacuna/simd/kernels.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "lacuna/simd/vector.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/random.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Random;
using test::Real;

namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Lengths around every unrolling, and a long one.
const std::vector<std::size_t> lengths{0,  1,  2,  3,  4,   5,    7,    8,    9,
                                       15, 16, 17, 31, 100, 1023, 1024, 1025, 3001};

/// The order of summation that kernels.hpp promises, in plain double: eight interleaved lanes,
/// added pairwise, then the tail.
double sum_in_order(const std::vector<double>& v) {
  double lane[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= v.size(); i += 8) {
    for (int k = 0; k < 8; ++k) lane[k] += v[i + k];
  }
  const double even = (lane[0] + lane[2]) + (lane[4] + lane[6]);
  const double odd = (lane[1] + lane[3]) + (lane[5] + lane[7]);
  double sum = even + odd;
  for (; i < v.size(); ++i) sum += v[i];
  return sum;
}

}  // namespace

TEST_CASE("the backend says what it is") {
  CHECK(std::strlen(simd::backend_name()) > 0);
  CHECK((simd::backend_width() == 1 || simd::backend_width() == 2));
  CHECK((simd::backend_width() == 1) == (std::string(simd::backend_name()) == "scalar"));
}

TEST_CASE("dot is close to the exact value and sums in the stated order") {
  Random random(1);
  for (const std::size_t n : lengths) {
    const auto x = random.vector(n);
    const auto y = random.vector(n);
    std::vector<double> products(n);
    Real exact = 0, magnitude = 0;
    for (std::size_t i = 0; i < n; ++i) {
      products[i] = x[i] * y[i];
      exact += static_cast<Real>(x[i]) * y[i];
      magnitude += std::fabs(static_cast<Real>(x[i]) * y[i]);
    }
    const double value = simd::dot(x, y);
    CHECK(value == sum_in_order(products));
    CHECK(std::fabs(value - exact) <= static_cast<Real>(n) * epsilon * magnitude);
  }
}

TEST_CASE("norm2 is accurate from the smallest to the largest numbers") {
  Random random(2);
  for (const std::size_t n : lengths) {
    const auto base = random.vector(n);
    for (const int exponent : {-1070, -1022, -600, -520, -400, 0, 400, 500, 520, 600, 1000, 1015}) {
      std::vector<double> x(n);
      for (std::size_t i = 0; i < n; ++i) x[i] = std::ldexp(base[i], exponent);
      // Scaled back exactly where it is not denormal already; the reference cannot overflow.
      Real sum = 0;
      for (const double v : x) {
        const Real s = std::ldexp(static_cast<Real>(v), -exponent);
        sum += s * s;
      }
      const Real exact = std::ldexp(std::sqrt(sum), exponent);
      const Real value = simd::norm2(x);
      const Real spacing = std::numeric_limits<double>::denorm_min();
      CHECK(std::fabs(value - exact) <= (n + 4) * epsilon * exact + spacing);
    }
  }
}

TEST_CASE("norms of special values") {
  CHECK(simd::norm2({}) == 0);
  CHECK(simd::norm2(std::vector<double>{0, -0.0, 0}) == 0);
  CHECK(simd::norm2(std::vector<double>{3e300, 4e300}) == Approx(5e300));
  CHECK(simd::norm2(std::vector<double>{3e-310, 4e-310}) == Approx(5e-310));
  CHECK(simd::norm2(std::vector<double>{1, infinity}) == infinity);
  CHECK(std::isnan(simd::norm2(std::vector<double>{1, not_a_number, 2})));
  // Too large for a double as a norm, although every element is finite.
  CHECK(simd::norm2(std::vector<double>{1.7e308, 1.7e308}) == infinity);
  CHECK(simd::norm_inf({}) == 0);
  CHECK(simd::norm_inf(std::vector<double>{1, -5, 3}) == 5);
  CHECK(simd::norm_inf(std::vector<double>{1, -infinity}) == infinity);
  for (int at = 0; at < 3; ++at) {
    std::vector<double> x{1, infinity, 3};
    x[at] = not_a_number;
    CHECK(std::isnan(simd::norm_inf(x)));
  }
}

TEST_CASE("first_not_finite finds the first offender wherever it is") {
  Random random(3);
  for (const std::size_t n : lengths) {
    auto x = random.vector(n);
    CHECK(simd::first_not_finite(x) == -1);
    if (n == 0) continue;
    for (int k = 0; k < 20; ++k) {
      const auto first = static_cast<std::size_t>(random.below(static_cast<int>(n)));
      auto y = x;
      y[n - 1] = -infinity;
      y[first] = k % 2 ? not_a_number : infinity;
      CHECK(simd::first_not_finite(y) == static_cast<std::int64_t>(first));
    }
    for (double& v : x) v = 1.7e308;  // finite, but their sum is not
    CHECK(simd::first_not_finite(x) == -1);
  }
}

TEST_CASE("elementwise kernels round each operation once") {
  Random random(4);
  for (const std::size_t n : lengths) {
    const auto x = random.vector(n);
    const auto y = random.vector(n);
    const double alpha = random.sign();
    auto axpy = y, xpby = y, scaled = y;
    std::vector<double> product(n, not_a_number);
    simd::axpy(alpha, x, axpy);
    simd::xpby(x, alpha, xpby);
    simd::scale(alpha, scaled);
    simd::multiply(x, y, product);
    for (std::size_t i = 0; i < n; ++i) {
      // volatile: a compiler may not fuse what the test itself computes.
      volatile double ax = alpha * x[i];
      volatile double ay = alpha * y[i];
      CHECK(axpy[i] == y[i] + ax);
      CHECK(xpby[i] == x[i] + ay);
      CHECK(scaled[i] == ay);
      CHECK(product[i] == x[i] * y[i]);
    }
  }
}

TEST_CASE("a CG step equals its parts") {
  Random random(5);
  for (const std::size_t n : lengths) {
    const auto p = random.vector(n);
    const auto q = random.vector(n);
    auto x = random.vector(n);
    auto r = random.vector(n);
    auto x2 = x, r2 = r;
    const double alpha = random.sign();
    const double square = simd::step_and_square(alpha, p, q, x, r);
    simd::axpy(alpha, p, x2);
    simd::axpy(-alpha, q, r2);
    CHECK(x == x2);
    CHECK(r == r2);
    CHECK(square == simd::dot(r, r));
  }
}

TEST_CASE("row kernels agree with a dense product") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed + 100);
    const auto m =
        test::arbitrary(random.between(1, 30), random.between(1, 30), 0.3, seed).matrix();
    const CsrView a = m.view();
    const test::Dense dense(a);
    const auto x = random.vector(a.cols());
    const auto b = random.vector(a.rows());
    std::vector<double> y(a.rows(), not_a_number), r(a.rows(), not_a_number),
        w(a.rows(), not_a_number);
    const std::int32_t cut = random.below(a.rows());
    for (const auto& [begin, end] : {std::pair{0, cut}, std::pair{cut, a.rows()}}) {
      simd::spmv_rows(begin, end, a.indptr(), a.indices(), a.data(), x.data(), y.data());
      simd::residual_rows(begin, end, a.indptr(), a.indices(), a.data(), x.data(), b.data(),
                          r.data(), w.data());
    }
    for (int i = 0; i < a.rows(); ++i) {
      Real product = 0, magnitude = std::fabs(static_cast<Real>(b[i]));
      for (int j = 0; j < a.cols(); ++j) {
        product += dense(i, j) * x[j];
        magnitude += std::fabs(dense(i, j) * x[j]);
      }
      CHECK(std::fabs(y[i] - product) <= 40 * epsilon * magnitude);
      CHECK(std::fabs(r[i] - (b[i] - product)) <= 40 * epsilon * magnitude);
      CHECK(std::fabs(w[i] - magnitude) <= 40 * epsilon * magnitude);
    }
  }
}

TEST_CASE("a residual in twice the precision survives cancellation") {
  // Integers whose products take 100 bits: r = b − Ax is exact in __int128, and many times smaller
  // than its terms, since b is Ax rounded.
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed + 300);
    const int n = random.between(1, 12);
    std::vector<double> values(n * n), x(n), b(n);
    const auto integer = [&] {
      const double v =
          static_cast<double>(random.below(1 << 25)) * (1 << 25) + random.below(1 << 25);
      return random.below(2) == 0 ? v + 1 : -v - 1;
    };
    for (double& v : values) v = integer();
    for (double& v : x) v = integer();
    std::vector<__int128> exact(n);
    for (int i = 0; i < n; ++i) {
      __int128 product = 0;
      for (int j = 0; j < n; ++j) {
        product += static_cast<__int128>(values[i * n + j]) * static_cast<__int128>(x[j]);
      }
      b[i] = static_cast<double>(product);
      exact[i] = static_cast<__int128>(b[i]) - product;
    }
    auto matrix = CsrMatrix::from_dense(n, n, values);
    REQUIRE(matrix.ok());
    const CsrView a = matrix.value().view();
    std::vector<double> r(n, not_a_number), w(n, not_a_number);
    simd::residual_rows_twice(0, n, a.indptr(), a.indices(), a.data(), x.data(), b.data(), r.data(),
                              w.data());
    for (int i = 0; i < n; ++i) {
      const double expected = static_cast<double>(exact[i]);
      const double slack = 4.0 * (n + 1) * (n + 1) * 0x1p-106 * w[i];
      CHECK(std::fabs(r[i] - expected) <= 0x1p-52 * std::fabs(expected) + slack);
    }
  }
}

TEST_CASE("a residual in twice the precision where splitting overflows is the plain one") {
  const std::vector<double> value{0x1p1000};
  auto matrix = CsrMatrix::from_dense(1, 1, value);
  REQUIRE(matrix.ok());
  const CsrView a = matrix.value().view();
  const double x = 0x1p-2, b = 0x1p999;
  double r = not_a_number, w = not_a_number;
  simd::residual_rows_twice(0, 1, a.indptr(), a.indices(), a.data(), &x, &b, &r, &w);
  CHECK(r == 0x1p998);
  CHECK(w == 0x1p999 + 0x1p998);
}
