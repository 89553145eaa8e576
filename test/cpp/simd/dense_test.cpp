#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "lacuna/simd/dense.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

using namespace lacuna;
using test::Random;

namespace {

/// Column-major block with more rows of storage than it uses; what it does not use holds 7.
struct Block {
  int rows, cols, ld;
  std::vector<double> a;

  Block(int rows_, int cols_, int spare = 0)
      : rows(rows_), cols(cols_), ld(rows_ + spare), a(std::size_t(ld) * cols_ + 1, 7) {}
  double& operator()(int i, int j) { return a[i + std::size_t(j) * ld]; }
  double operator()(int i, int j) const { return a[i + std::size_t(j) * ld]; }
  const double* data() const { return a.data(); }
  double* data() { return a.data(); }
};

Block random_block(int rows, int cols, Random& random) {
  Block b(rows, cols, random.below(4));
  for (int j = 0; j < cols; ++j) {
    for (int i = 0; i < rows; ++i) b(i, j) = random.sign();
  }
  return b;
}

bool same(const std::vector<double>& x, const std::vector<double>& y) {
  return std::memcmp(x.data(), y.data(), x.size() * sizeof(double)) == 0;
}

/// The sums of `dense.hpp`, one element after the other; `transposed`: B is n × k.
void expect_product(Block& c, const Block& a, const Block& b, bool negate, bool lower,
                    bool transposed) {
  for (int j = 0; j < c.cols; ++j) {
    for (int i = lower ? j : 0; i < c.rows; ++i) {
      bool first = negate;
      for (int p = 0; p < a.cols || first; p += simd::dense_depth) {
        double sum = 0;
        for (int q = p; q < a.cols && q < p + simd::dense_depth; ++q) {
          sum += a(i, q) * (transposed ? b(j, q) : b(q, j));
        }
        c(i, j) = first ? 0 - sum : c(i, j) - sum;
        first = false;
      }
    }
  }
}

struct Scratch {
  std::vector<double> work = std::vector<double>(simd::dense_work);
};

void check_products(int samples) {
  Random random(91);
  Scratch scratch;
  double* const work = scratch.work.data();
  for (int s = 0; s < samples; ++s) {
    const bool large = s % 8 == 0;
    const int m = large ? random.between(60, 260) : random.between(1, 40);
    const int n = large ? random.between(1, m) : random.between(1, m < 21 ? m : 21);
    const int k = large ? random.between(1, 600) : random.between(0, 30);
    const Block a = random_block(m, k, random);
    const Block b = random_block(n, k, random);
    const Block plain = random_block(k, n, random);
    const Block c = random_block(m, n, random);
    Block mine = c, expected = c;
    simd::gemm(m, n, k, a.data(), a.ld, b.data(), b.ld, mine.data(), c.ld, work);
    expect_product(expected, a, b, false, false, true);
    REQUIRE(same(mine.a, expected.a));
    mine = expected = c;
    simd::gemm_negative(m, n, k, a.data(), a.ld, b.data(), b.ld, mine.data(), c.ld, work);
    expect_product(expected, a, b, true, false, true);
    REQUIRE(same(mine.a, expected.a));
    mine = expected = c;
    simd::syrk(m, n, k, a.data(), a.ld, mine.data(), c.ld, work);
    expect_product(expected, a, a, false, true, true);
    REQUIRE(same(mine.a, expected.a));
    mine = expected = c;
    simd::syrk_negative(m, n, k, a.data(), a.ld, mine.data(), c.ld, work);
    expect_product(expected, a, a, true, true, true);
    REQUIRE(same(mine.a, expected.a));
    mine = expected = c;
    simd::gemmt(m, n, k, a.data(), a.ld, b.data(), b.ld, mine.data(), c.ld, work);
    expect_product(expected, a, b, false, true, true);
    REQUIRE(same(mine.a, expected.a));
    mine = expected = c;
    simd::gemmt_negative(m, n, k, a.data(), a.ld, b.data(), b.ld, mine.data(), c.ld, work);
    expect_product(expected, a, b, true, true, true);
    REQUIRE(same(mine.a, expected.a));
    mine = expected = c;
    simd::gemm_plain(m, n, k, a.data(), a.ld, plain.data(), plain.ld, mine.data(), c.ld);
    expect_product(expected, a, plain, false, false, false);
    REQUIRE(same(mine.a, expected.a));
    // With a vector, as with a matrix of one row or column.
    const Block x = random_block(1, k, random);
    const Block y = random_block(1, m, random);
    Block product(m, 1), transposed = random_block(1, k, random);
    Block of_row = product, of_columns = transposed;
    std::vector<double> flat(k), flat_c(k);
    for (int p = 0; p < k; ++p) flat[p] = x(0, p);
    simd::gemv_negative(m, k, a.data(), a.ld, flat.data(), product.data());
    expect_product(of_row, a, x, true, false, true);
    REQUIRE(same(product.a, of_row.a));
    for (int p = 0; p < k; ++p) flat_c[p] = transposed(0, p);
    std::vector<double> flat_y(m);
    for (int i = 0; i < m; ++i) flat_y[i] = y(0, i);
    simd::gemv_transposed(m, k, a.data(), a.ld, flat_y.data(), flat_c.data());
    expect_product(of_columns, y, a, false, false, false);
    bool equal = true;
    for (int p = 0; p < k; ++p) equal = equal && flat_c[p] == of_columns(0, p);
    REQUIRE(equal);
  }
}

/// Lower triangular, its diagonal well away from zero; 1e300 above the diagonal, which nobody may
/// read.
Block random_triangle(int n, Random& random) {
  Block l = random_block(n, n, random);
  for (int j = 0; j < n; ++j) {
    for (int i = 0; i < j; ++i) l(i, j) = 1e300;
    for (int i = j + 1; i < n; ++i) l(i, j) *= 0.3;
    l(j, j) = (random.chance(0.5) ? 1 : -1) * (1 + random.unit());
  }
  return l;
}

/// Row i of X·Lᵀ (or X·L), column j, and the sum of its moduli.
std::array<double, 2> times_triangle(const Block& x, const Block& l, int i, int j,
                                     bool transposed) {
  double sum = 0, modulus = 0;
  for (int p = 0; p < l.rows; ++p) {
    if (transposed ? p > j : p < j) continue;
    const double product = x(i, p) * (transposed ? l(j, p) : l(p, j));
    sum += product;
    modulus += std::fabs(product);
  }
  return {sum, modulus};
}

void check_triangular_solves(int samples) {
  Random random(92);
  Scratch scratch;
  for (int s = 0; s < samples; ++s) {
    const bool large = s % 8 == 0;
    const int n = large ? random.between(60, 200) : random.between(1, 30);
    const int m = large ? random.between(1, 150) : random.between(1, 20);
    const Block l = random_triangle(n, random);
    const Block b = random_block(m, n, random);
    for (const bool transposed : {true, false}) {
      Block x = b;
      if (transposed) {
        simd::trsm(m, n, l.data(), l.ld, x.data(), x.ld, scratch.work.data());
      } else {
        simd::trsm_plain(m, n, l.data(), l.ld, x.data(), x.ld);
      }
      // Backward stable row by row: Higham, Accuracy and Stability, theorem 8.5.
      double worst = 0;
      for (int j = 0; j < n; ++j) {
        for (int i = 0; i < m; ++i) {
          const auto [sum, modulus] = times_triangle(x, l, i, j, transposed);
          worst = std::fmax(worst, std::fabs(sum - b(i, j)) / (modulus + std::fabs(b(i, j))));
        }
      }
      CHECK(worst <= (n + 4) * 0x1p-52);
      CHECK(x.a.back() == 7);
      // A row solved alone has the same bits as among others.
      const int i = random.below(m);
      Block alone(1, n);
      for (int j = 0; j < n; ++j) alone(0, j) = b(i, j);
      if (transposed) {
        simd::trsm(1, n, l.data(), l.ld, alone.data(), 1, scratch.work.data());
      } else {
        simd::trsm_plain(1, n, l.data(), l.ld, alone.data(), 1);
      }
      bool equal = true;
      for (int j = 0; j < n; ++j) equal = equal && alone(0, j) == x(i, j);
      CHECK(equal);
    }
  }
}

Block random_definite(int n, Random& random) {
  const Block l = random_triangle(n, random);
  Block a = random_block(n, n, random);
  for (int j = 0; j < n; ++j) {
    for (int i = 0; i < n; ++i) {
      a(i, j) = 1e300;
      if (i < j) continue;
      double sum = 0;
      for (int p = 0; p <= j; ++p) sum += l(i, p) * l(j, p);
      a(i, j) = sum;
    }
  }
  return a;
}

void check_cholesky(int samples) {
  Random random(93);
  Scratch scratch;
  for (int s = 0; s < samples; ++s) {
    const int n = s % 8 == 0 ? random.between(60, 200) : random.between(1, 30);
    const Block a = random_definite(n, random);
    Block l = a;
    REQUIRE(simd::potrf(n, l.data(), l.ld, scratch.work.data()) == -1);
    double worst = 0;
    bool above = true;
    for (int j = 0; j < n; ++j) {
      for (int i = 0; i < j; ++i) above = above && l(i, j) == 1e300;
      for (int i = j; i < n; ++i) {
        double sum = 0, modulus = 0;
        for (int p = 0; p <= j; ++p) {
          sum += l(i, p) * l(j, p);
          modulus += std::fabs(l(i, p) * l(j, p));
        }
        worst = std::fmax(worst, std::fabs(sum - a(i, j)) / modulus);
      }
    }
    CHECK(worst <= (n + 4) * 0x1p-52);
    CHECK(above);
    CHECK(l.a.back() == a.a.back());
  }
}

}  // namespace

LACUNA_SAMPLED(check_products, "products have the bits of the plain sums", 120, 20000)
LACUNA_SAMPLED(check_triangular_solves, "triangular solves are backward stable", 60, 6000)
LACUNA_SAMPLED(check_cholesky, "L·Lᵀ is the matrix that was factored", 60, 6000)

TEST_CASE("the first pivot that is not positive is named") {
  Random random(94);
  Scratch scratch;
  for (int s = 0; s < 200; ++s) {
    const int n = random.between(1, 150);
    Block a = random_definite(n, random);
    const int bad = random.below(n);
    const double broken[] = {-1, 0, -1e300, NAN, INFINITY};
    a(bad, bad) = broken[s % 5];
    CHECK(simd::potrf(n, a.data(), a.ld, scratch.work.data()) == bad);
  }
}

TEST_CASE("sizes of zero change nothing") {
  Scratch scratch;
  double one = 5;
  simd::gemm<double>(0, 0, 3, nullptr, 1, nullptr, 1, nullptr, 1, scratch.work.data());
  simd::gemm<double>(1, 1, 0, nullptr, 1, nullptr, 1, &one, 1, scratch.work.data());
  simd::syrk<double>(1, 1, 0, nullptr, 1, &one, 1, scratch.work.data());
  simd::trsm<double>(0, 1, &one, 1, nullptr, 1, scratch.work.data());
  simd::trsm<double>(1, 0, nullptr, 1, &one, 1, scratch.work.data());
  simd::trsm_plain(1, 0, nullptr, 1, &one, 1);
  CHECK(simd::potrf<double>(0, nullptr, 1, scratch.work.data()) == -1);
  CHECK(one == 5);
}
