#include "lacuna/sparse/operations.hpp"
#include "lacuna/sparse/transposed.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Dense;
using test::Random;
using test::Real;

namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();

CsrMatrix sample(Random& random, bool square = false) {
  const int rows = random.between(1, 25);
  const int cols = square ? rows : random.between(1, 25);
  return test::arbitrary(rows, cols, 0.5 * random.unit(), random.bits()).matrix();
}

bool sorted(const CsrView& a) {
  for (int i = 0; i < a.rows(); ++i) {
    for (int p = a.indptr()[i] + 1; p < a.indptr()[i + 1]; ++p) {
      if (a.indices()[p - 1] >= a.indices()[p]) return false;
    }
  }
  return true;
}

void check_transpose(int samples) {
  Random random(11);
  for (int k = 0; k < samples; ++k) {
    const auto a = sample(random);
    const auto t = transpose(a.view());
    REQUIRE(t.ok());
    CHECK(t.value().view().nnz() == a.view().nnz());
    CHECK(sorted(t.value().view()));
    CHECK(Dense(t.value().view()).a == Dense(a.view()).transposed().a);

    Transposed pieces;
    REQUIRE(pieces.begin(a.view()) == Status::ok);
    const double* data = pieces.view().data();
    CHECK(pieces.view().nnz() == a.view().nnz());
    for (;;) {
      Budget little(random.between(1, 200));
      if (pieces.step(little) == TaskState::done) break;
    }
    CHECK(pieces.view().data() == data);
    CHECK(Dense(pieces.view()).a == Dense(t.value().view()).a);
    CHECK(sorted(pieces.view()));
  }
}

void check_permutation(int samples) {
  Random random(12);
  for (int k = 0; k < samples; ++k) {
    const auto a = sample(random, true);
    const auto p = random.permutation(a.view().rows());
    const auto b = permute_symmetric(a.view(), p);
    REQUIRE(b.ok());
    CHECK(sorted(b.value().view()));
    CHECK(b.value().view().nnz() == a.view().nnz());
    const Dense before(a.view()), after(b.value().view());
    for (int i = 0; i < before.rows; ++i) {
      for (int j = 0; j < before.cols; ++j) REQUIRE(after(i, j) == before(p[i], p[j]));
    }
  }
}

void check_products(int samples) {
  Random random(13);
  for (int k = 0; k < samples; ++k) {
    const auto a = sample(random);
    const Dense dense(a.view());
    const auto x = random.vector(dense.cols);
    const auto u = random.vector(dense.rows);
    std::vector<double> y(dense.rows, 1e99), v(dense.cols, 1e99);
    multiply(a.view(), x, y);
    multiply_transposed(a.view(), u, v);
    const Real bound = 30 * epsilon * 25;
    CHECK(test::largest(test::minus(y, dense.times(x))) <= bound);
    CHECK(test::largest(test::minus(v, dense.transposed().times(u))) <= bound);
    CHECK(std::fabs(norm_inf(a.view()) - dense.norm_inf()) <= bound);
    CHECK(std::fabs(norm_frobenius(a.view()) - dense.norm_frobenius()) <= bound);
  }
}

}  // namespace

TEST_CASE("no step of a transpose does more than its budget and a row") {
  Random random(14);
  const auto a = test::arbitrary(900, 700, 0.03, random.bits()).matrix();
  int longest = 0;
  for (int i = 0; i < 900; ++i) {
    longest = std::max(longest, a.view().indptr()[i + 1] - a.view().indptr()[i]);
  }
  Transposed pieces;
  REQUIRE(pieces.begin(a.view()) == Status::ok);
  int steps = 1;
  for (;; ++steps) {
    Budget budget(4000);
    const TaskState state = pieces.step(budget);
    REQUIRE(budget.work_left() >= -8.0 * (longest + 2));
    if (state == TaskState::done) break;
  }
  CHECK(steps > 2 * 8 * a.view().nnz() / 5000);
  CHECK(Dense(pieces.view()).a == Dense(a.view()).transposed().a);
}

LACUNA_SAMPLED(check_transpose, "the transpose has the entries of the matrix, sorted", 40, 30000)
LACUNA_SAMPLED(check_permutation, "a symmetric permutation renumbers rows and columns", 40, 30000)
LACUNA_SAMPLED(check_products, "products and norms agree with dense ones", 40, 30000)

TEST_CASE("what is no permutation is refused where it goes wrong") {
  const auto a = test::grid(2, 2).matrix();
  const auto fault = [&](std::vector<std::int32_t> p) {
    return permute_symmetric(a.view(), p).fault();
  };
  CHECK(fault({0, 1, 2}).status == Status::shape_mismatch);
  for (const std::vector<std::int32_t>& p :
       {std::vector<std::int32_t>{0, 1, 1, 3}, {0, 1, 4, 3}, {0, 1, -1, 3}}) {
    CHECK(fault(p).status == Status::invalid_argument);
    CHECK(fault(p).position == 2);
  }
  const auto wide = test::arbitrary(2, 3, 1, 1).matrix();
  CHECK(permute_symmetric(wide.view(), std::vector<std::int32_t>{0, 1}).fault().status ==
        Status::not_square);
}

TEST_CASE("runs of rows cover a matrix once, in bounded pieces") {
  Random random(14);
  for (int k = 0; k < 60; ++k) {
    const auto made = sample(random);
    const CsrView a = made.view();
    const double flops = random.chance(0.2) ? 0 : random.below(80);
    std::int32_t row = 0;
    while (row < a.rows()) {
      const std::int32_t end = rows_within(a, row, flops);
      REQUIRE(end > row);
      REQUIRE(end <= a.rows());
      const double work = 2.0 * (a.indptr()[end] - a.indptr()[row]);
      // One row alone may be longer than asked.
      if (end > row + 1) {
        CHECK(work <= flops);
        CHECK(end - row <= flops);
      }
      // Nor is a piece shorter than it has to be.
      if (end < a.rows() && end - row < flops) {
        CHECK(2.0 * (a.indptr()[end + 1] - a.indptr()[row]) > flops);
      }
      row = end;
    }
    CHECK(row == a.rows());
  }
}
