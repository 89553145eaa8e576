#include <algorithm>
#include <cmath>
#include <vector>

#include "lacuna/simd/dense.hpp"
#include "lacuna/simd/householder.hpp"
#include "lacuna/simd/kernels.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

using namespace lacuna;
using test::Random;

namespace {

double tail_norm(const std::vector<double>& x) {
  return x.size() < 2 ? 0 : simd::norm2({x.data() + 1, x.size() - 1});
}

/// (I − τ·v·vᵀ)·x, element by element.
std::vector<long double> reflected(const std::vector<double>& v, double tau,
                                   const std::vector<double>& x) {
  long double product = 0;
  for (std::size_t i = 0; i < v.size(); ++i) product += (long double)(v[i]) * x[i];
  std::vector<long double> y(x.begin(), x.end());
  for (std::size_t i = 0; i < v.size(); ++i) y[i] -= tau * product * v[i];
  return y;
}

}  // namespace

TEST_CASE("a reflection takes its vector to the first axis and keeps lengths") {
  Random random(191);
  for (int m = 1; m <= 40; ++m) {
    const auto x = random.vector(m);
    auto v = x;
    double beta = 0;
    const double tau = simd::make_reflection(m, v.data(), tail_norm(x), beta);
    CHECK(v[0] == 1);
    const auto image = reflected(v, tau, x);
    CHECK(std::fabs(image[0] - beta) <= 1e-15L * m);
    for (int i = 1; i < m; ++i) CHECK(std::fabs(image[i]) <= 1e-15L * m);
    CHECK(std::fabs(std::fabs(beta) - simd::norm2(x)) <= 1e-15 * m);
    CHECK((m == 1) == (tau == 0));
    auto y = random.vector(m);
    const auto expected = reflected(v, tau, y);
    simd::reflect_vector(m, v.data() + 1, tau, y.data());
    for (int i = 0; i < m; ++i) CHECK(std::fabs(y[i] - expected[i]) <= 1e-14L);
  }
}

TEST_CASE("nothing below the first element is nothing to reflect") {
  std::vector<double> x{-3, 0, 0};
  double beta = 0;
  CHECK(simd::make_reflection(3, x.data(), 0, beta) == 0);
  CHECK(beta == -3);
}

TEST_CASE("reflections one by one, on a block, and as one block reflection are the same") {
  Random random(192);
  for (int sample = 0; sample < 40; ++sample) {
    const int m = random.between(1, 60), k = random.between(1, std::min(m, 9));
    const int n = random.between(1, 12);
    std::vector<double> v(std::size_t(m) * k, 0), tau(k), t(std::size_t(k) * k), work(n);
    for (int j = 0; j < k; ++j) {
      auto x = random.vector(m - j);
      double beta = 0;
      // One of them does nothing.
      tau[j] = sample % 5 == 0 && j == 1
                   ? 0
                   : simd::make_reflection(m - j, x.data(), tail_norm(x), beta);
      for (int i = j; i < m && tau[j] != 0; ++i) v[std::size_t(j) * m + i] = x[i - j];
    }
    const auto a = random.vector(std::size_t(m) * n);
    auto single = a, block = a;
    for (int c = 0; c < n; ++c) {
      std::vector<double> x(a.begin() + std::ptrdiff_t(c) * m,
                            a.begin() + std::ptrdiff_t(c + 1) * m);
      for (int j = 0; j < k; ++j) {
        const std::vector<double> vj(v.begin() + std::ptrdiff_t(j) * m,
                                     v.begin() + std::ptrdiff_t(j + 1) * m);
        const auto y = reflected(vj, tau[j], x);
        x.assign(y.begin(), y.end());
      }
      std::copy(x.begin(), x.end(), single.begin() + std::ptrdiff_t(c) * m);
    }
    for (int j = 0; j < k; ++j) {
      simd::reflect(m - j, n, v.data() + std::size_t(j) * m + j, tau[j], block.data() + j, m,
                    work.data());
    }
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::fabs(single[i] - block[i]) <= 1e-13);
    simd::block_reflection(m, k, v.data(), m, tau.data(), t.data());
    for (int c = 0; c < n; ++c) {
      // (I − V·T·Vᵀ)ᵀ·x.
      std::vector<double> product(k, 0), scaled(k, 0);
      for (int j = 0; j < k; ++j) {
        for (int i = 0; i < m; ++i) {
          product[j] += v[std::size_t(j) * m + i] * a[std::size_t(c) * m + i];
        }
      }
      for (int j = 0; j < k; ++j) {
        for (int i = 0; i <= j; ++i) scaled[j] += t[std::size_t(j) * k + i] * product[i];
      }
      for (int i = 0; i < m; ++i) {
        double y = a[std::size_t(c) * m + i];
        for (int j = 0; j < k; ++j) y -= v[std::size_t(j) * m + i] * scaled[j];
        CHECK(std::fabs(y - single[std::size_t(c) * m + i]) <= 1e-13);
      }
    }
  }
}
