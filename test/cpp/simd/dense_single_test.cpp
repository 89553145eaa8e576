// Dense kernels in single precision: the bits of their sums, and what they solve.
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "lacuna/simd/dense.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

using namespace lacuna;
using test::Random;

namespace {

/// Column-major block with more rows of storage than it uses; what it does not use holds 7.
struct Singles {
  int rows, cols, ld;
  std::vector<float> a;

  Singles(int rows_, int cols_, Random& random)
      : rows(rows_), cols(cols_), ld(rows_ + random.below(5)), a(std::size_t(ld) * cols_ + 1, 7) {
    for (int j = 0; j < cols; ++j) {
      for (int i = 0; i < rows; ++i) (*this)(i, j) = static_cast<float>(random.sign());
    }
  }
  float& operator()(int i, int j) { return a[i + std::size_t(j) * ld]; }
  float operator()(int i, int j) const { return a[i + std::size_t(j) * ld]; }
};

bool same(const Singles& x, const Singles& y) {
  return std::memcmp(x.a.data(), y.a.data(), x.a.size() * sizeof(float)) == 0;
}

/// C − A·Bᵀ or −A·Bᵀ by the sums of `dense.hpp`, one element after the other.
Singles product(Singles c, const Singles& a, const Singles& b, bool negate, bool lower) {
  for (int j = 0; j < c.cols; ++j) {
    for (int i = lower ? j : 0; i < c.rows; ++i) {
      bool first = negate;
      for (int p = 0; p < a.cols || first; p += simd::dense_depth) {
        float sum = 0;
        for (int q = p; q < a.cols && q < p + simd::dense_depth; ++q) sum += a(i, q) * b(j, q);
        c(i, j) = first ? 0 - sum : c(i, j) - sum;
        first = false;
      }
    }
  }
  return c;
}

void check_products(int samples) {
  Random random(71);
  std::vector<float> work(simd::dense_work_of<float>);
  for (int s = 0; s < samples; ++s) {
    const bool large = s % 8 == 0;
    const int m = large ? random.between(60, 260) : random.between(1, 40);
    const int n = large ? random.between(1, m) : random.between(1, std::min(m, 21));
    const int k = large ? random.between(1, 600) : random.between(0, 30);
    const Singles a(m, k, random), b(n, k, random), c(m, n, random);
    const auto with = [&](const auto& f) {
      Singles mine = c;
      f(mine);
      return mine;
    };
    CHECK(same(product(c, a, b, false, false), with([&](Singles& x) {
                 simd::gemm(m, n, k, a.a.data(), a.ld, b.a.data(), b.ld, x.a.data(), x.ld,
                            work.data());
               })));
    CHECK(same(product(c, a, b, true, false), with([&](Singles& x) {
                 simd::gemm_negative(m, n, k, a.a.data(), a.ld, b.a.data(), b.ld, x.a.data(), x.ld,
                                     work.data());
               })));
    CHECK(same(product(c, a, b, false, true), with([&](Singles& x) {
                 simd::gemmt(m, n, k, a.a.data(), a.ld, b.a.data(), b.ld, x.a.data(), x.ld,
                             work.data());
               })));
    CHECK(same(product(c, a, b, true, true), with([&](Singles& x) {
                 simd::gemmt_negative(m, n, k, a.a.data(), a.ld, b.a.data(), b.ld, x.a.data(), x.ld,
                                      work.data());
               })));
    CHECK(same(product(c, a, a, false, true), with([&](Singles& x) {
                 simd::syrk(m, n, k, a.a.data(), a.ld, x.a.data(), x.ld, work.data());
               })));
    CHECK(same(product(c, a, a, true, true), with([&](Singles& x) {
                 simd::syrk_negative(m, n, k, a.a.data(), a.ld, x.a.data(), x.ld, work.data());
               })));
  }
}

/// L·Lᵀ = A and X·Lᵀ = B, element by element within the rounding of the sums.
void check_factors(int samples) {
  Random random(72);
  std::vector<float> work(simd::dense_work_of<float>);
  const double unit = std::numeric_limits<float>::epsilon();
  for (int s = 0; s < samples; ++s) {
    const int n = s % 5 == 0 ? random.between(60, 200) : random.between(1, 40);
    const int m = random.between(1, 50);
    Singles a(n, n, random);
    for (int i = 0; i < n; ++i) a(i, i) = static_cast<float>(n);
    Singles l = a;
    REQUIRE(simd::potrf(n, l.a.data(), l.ld, work.data()) == -1);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) {
        if (j > i) {
          CHECK(l(i, j) == a(i, j));
          continue;
        }
        double sum = 0, size = 0;
        for (int p = 0; p <= j; ++p) {
          sum += double(l(i, p)) * l(j, p);
          size += std::fabs(double(l(i, p)) * l(j, p));
        }
        CHECK(std::fabs(sum - a(i, j)) <= unit * (n + 4) * (size + std::fabs(a(i, j))));
      }
    }
    const Singles b(m, n, random);
    Singles x = b;
    simd::trsm(m, n, l.a.data(), l.ld, x.a.data(), x.ld, work.data());
    for (int i = 0; i < m; ++i) {
      for (int j = 0; j < n; ++j) {
        double sum = 0, size = 0;
        for (int p = 0; p <= j; ++p) {
          sum += double(x(i, p)) * l(j, p);
          size += std::fabs(double(x(i, p)) * l(j, p));
        }
        CHECK(std::fabs(sum - b(i, j)) <= unit * (n + 4) * (size + std::fabs(b(i, j))));
      }
    }
  }
}

/// What is small is cleared, and nothing else.
void check_flush(int samples) {
  Random random(73);
  for (int s = 0; s < samples; ++s) {
    Singles a(random.between(1, 40), random.between(1, 9), random);
    for (float& v : a.a) v = std::ldexp(v, -random.between(0, 140));
    a(0, 0) = std::numeric_limits<float>::quiet_NaN();
    Singles b = a;
    simd::flush(b.rows, b.cols, b.a.data(), b.ld);
    CHECK(std::isnan(b(0, 0)));
    for (int j = 0; j < a.cols; ++j) {
      for (int i = j == 0; i < a.rows; ++i) {
        CHECK(b(i, j) == (std::fabs(a(i, j)) < 0x1p-60f ? 0 : a(i, j)));
      }
    }
  }
}

}  // namespace

LACUNA_SAMPLED(check_flush, "floats that are small are cleared", 20, 500)
LACUNA_SAMPLED(check_products, "products of floats have the bits of their sums in order", 40, 2000)
LACUNA_SAMPLED(check_factors, "floats: L·Lᵀ = A, X·Lᵀ = B", 30, 1000)

TEST_CASE("floats: a pivot that is not positive, or too large, is found") {
  std::vector<float> work(simd::dense_work_of<float>);
  for (const int bad : {0, 3, 4, 63, 64, 99}) {
    for (const float value : {-1.0f, 0.0f, std::numeric_limits<float>::infinity()}) {
      std::vector<float> a(100 * 100, 0);
      for (int i = 0; i < 100; ++i) a[i * 101] = i == bad ? value : 2;
      CHECK(simd::potrf(100, a.data(), 100, work.data()) == bad);
    }
  }
}
