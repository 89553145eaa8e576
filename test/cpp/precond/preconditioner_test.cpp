#include "lacuna/precond/preconditioner.hpp"

#include <limits>
#include <vector>

#include "lacuna/precond/fill_reducing.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/elimination.hpp"
#include "support/failing_memory.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Dense;
using test::Random;
using test::Real;
using test::Triplets;

namespace {

/// M⁻¹ as a dense matrix, column by column.
Dense inverse_of(Preconditioner& m, int n) {
  Dense inverse(n, n);
  for (int j = 0; j < n; ++j) {
    std::vector<double> e(n, 0), z(n, 1e99);
    e[j] = 1;
    m.apply(e, z);
    for (int i = 0; i < n; ++i) inverse(i, j) = z[i];
  }
  return inverse;
}

Real distance_to_identity(const Dense& product) {
  Real largest = 0;
  for (int i = 0; i < product.rows; ++i) {
    for (int j = 0; j < product.cols; ++j) {
      largest = std::fmax(largest, std::fabs(product(i, j) - (i == j)));
    }
  }
  return largest;
}

/// Applying twice, or to a multiple, must be the same linear map.
void check_linear(Preconditioner& m, int n, Random& random) {
  const auto r = random.vector(n);
  std::vector<double> z(n), again(n), twice(n), r2(r);
  for (double& v : r2) v *= 2;
  m.apply(r, z);
  m.apply(r, again);
  m.apply(r2, twice);
  CHECK(z == again);
  for (double& v : z) v *= 2;
  CHECK(z == twice);
}

/// Entries of the complete factor in the ordering that the incomplete one uses.
double complete_entries(const CsrView& a) {
  PivotOrdering ordering;
  Budget unlimited;
  REQUIRE(ordering.begin(a) == Status::ok);
  REQUIRE(ordering.step(unlimited) == TaskState::done);
  const PivotOrder order = ordering.take();
  return test::DenseFactor(a, test::Order(order.row.data(), order.row.data() + a.rows())).nnz();
}

}  // namespace

TEST_CASE("no preconditioner is the identity") {
  auto m = make_identity_preconditioner();
  const auto a = test::grid(3, 3).matrix();
  REQUIRE(m->compute(a.view()).ok());
  CHECK(distance_to_identity(inverse_of(*m, 9)) == 0);
  CHECK(m->flops() == 0);
  CHECK(m->nnz() == 0);
}

TEST_CASE("Jacobi divides by the diagonal and refuses what it cannot divide by") {
  Triplets t(3, 3);
  t.add(0, 0, 4);
  t.add(1, 1, -0.5);
  t.add(2, 2, 8);
  t.add(0, 2, 100);
  auto any = make_jacobi(false);
  REQUIRE(any->compute(t.matrix().view()).ok());
  std::vector<double> z(3);
  any->apply(std::vector<double>{1, 1, 1}, z);
  CHECK(z == std::vector<double>{0.25, -2, 0.125});
  CHECK(any->nnz() == 3);

  const auto fault = [](const Triplets& s, bool positive) {
    return make_jacobi(positive)->compute(s.matrix().view());
  };
  CHECK(fault(t, true).status == Status::indefinite_matrix);
  CHECK(fault(t, true).position == 1);
  t.v[1] = 0;
  CHECK(fault(t, false).status == Status::singular_matrix);
  CHECK(fault(t, false).position == 1);
  Triplets absent(2, 2);
  absent.add(0, 0, 1);
  absent.add(1, 0, 1);
  CHECK(fault(absent, false).position == 1);
  // Its reciprocal overflows.
  t.v[1] = 1e-310;
  CHECK(fault(t, false).status == Status::singular_matrix);
  CHECK(fault(t, false).position == 1);
}

TEST_CASE("incomplete Cholesky without fill to drop is complete") {
  // Of trees: where the complete factor has no more entries than A, the two are the same.
  int complete = 0;
  Random random(71);
  for (int k = 0; k < 30; ++k) {
    const int n = random.between(1, 25);
    Triplets t(n, n);
    for (int i = 0; i < n; ++i) {
      t.add(i, i, 0.1 + random.unit());
      if (i > 0) t.add_edge(i, random.below(i), 0.2 + random.unit());
    }
    const auto a = t.matrix();
    auto m = make_incomplete_cholesky();
    REQUIRE(m->compute(a.view()).ok());
    if (complete_entries(a.view()) == m->nnz()) {
      ++complete;
      CHECK(distance_to_identity(inverse_of(*m, n).times(Dense(a.view()))) < 1e-12L);
    }
    CHECK(m->nnz() == (a.view().nnz() + n) / 2);
    CHECK(m->flops() == 4 * m->nnz());
    check_linear(*m, n, random);
  }
  CHECK(complete > 8);
}

TEST_CASE("incomplete Cholesky is symmetric and positive definite") {
  Random random(72);
  for (int k = 0; k < 25; ++k) {
    const auto t = k % 2 ? test::mesh(random.between(2, 5), random.between(2, 5), k)
                         : test::random_spd(random.between(2, 25), 5, k);
    const auto a = t.matrix();
    auto m = make_incomplete_cholesky();
    REQUIRE(m->compute(a.view()).ok());
    const Dense inverse = inverse_of(*m, t.rows);
    Real asymmetry = 0;
    for (int i = 0; i < t.rows; ++i) {
      for (int j = 0; j < i; ++j) {
        asymmetry = std::fmax(asymmetry, std::fabs(inverse(i, j) - inverse(j, i)));
      }
    }
    CHECK(asymmetry <= 1e-13L * inverse.norm_inf());
    CHECK(test::first_bad_minor(inverse, false, 0) == -1);
  }
}

TEST_CASE("ILUT that drops nothing is a complete LU") {
  Random random(73);
  for (int k = 0; k < 30; ++k) {
    const auto t = test::convection(random.between(1, 5), random.between(1, 5), 5, k);
    const auto a = t.matrix();
    // 1000 times the average row: all that there is.
    auto m = make_ilut(0, 1000);
    REQUIRE(m->compute(a.view()).ok());
    CHECK(distance_to_identity(inverse_of(*m, t.rows).times(Dense(a.view()))) < 1e-12L);
    auto generous = make_ilut(0, std::numeric_limits<int>::max());
    REQUIRE(generous->compute(a.view()).ok());
    CHECK(inverse_of(*generous, t.rows).a == inverse_of(*m, t.rows).a);
    check_linear(*m, t.rows, random);
  }
}

TEST_CASE("ILUT keeps no more entries than it was allowed, and those that are largest") {
  Random random(75);
  for (int k = 0; k < 20; ++k) {
    const auto t = test::convection(random.between(4, 9), random.between(4, 9), 5, k);
    const auto a = t.matrix();
    const double mean = static_cast<double>(a.view().nnz()) / t.rows;
    for (const int fill : {1, 2, 3}) {
      auto m = make_ilut(0, fill);
      REQUIRE(m->compute(a.view()).ok());
      CHECK(m->nnz() <= t.rows * (std::floor(fill * mean) + 2));
    }
    // The better of two factors is the larger one.
    auto small = make_ilut(0, 1);
    auto large = make_ilut(0, 3);
    REQUIRE(small->compute(a.view()).ok());
    REQUIRE(large->compute(a.view()).ok());
    const Dense dense(a.view());
    CHECK(distance_to_identity(inverse_of(*large, t.rows).times(dense)) <
          distance_to_identity(inverse_of(*small, t.rows).times(dense)));
  }
}

TEST_CASE("ILUT with a small tolerance is close to A") {
  Random random(74);
  for (int k = 0; k < 20; ++k) {
    const auto t = test::convection(5, 5, 3, k);
    const auto a = t.matrix();
    auto m = make_ilut(1e-6, 4);
    REQUIRE(m->compute(a.view()).ok());
    CHECK(distance_to_identity(inverse_of(*m, 25).times(Dense(a.view()))) < 0.05L);
    CHECK(m->flops() == 2 * m->nnz());
  }
}

TEST_CASE("ILUT refuses a row of zeros, and needs no more memory than its entries") {
  Triplets t(3, 3);
  t.add(0, 0, 1);
  t.add(1, 1, 0);
  t.add(2, 2, 1);
  const Fault fault = make_ilut(1e-3, 5)->compute(t.matrix().view());
  CHECK(fault.status == Status::singular_matrix);
  CHECK(fault.position == 1);

  const int n = 60000;
  Triplets wide(n, n);
  for (int i = 0; i < n; ++i) wide.add(i, i, 1);
  auto m = make_ilut(1e-3, std::numeric_limits<int>::max());
  CHECK(m->compute(wide.matrix().view()).ok());
  CHECK(m->nnz() == n);
}

TEST_CASE("incomplete Cholesky shifts the diagonal of what is barely definite") {
  // Kershaw's matrix (J. Comput. Phys. 26, 1978): definite, and its plain incomplete factor is not.
  const auto kershaw = [](double scale) {
    Triplets t(4, 4);
    for (int i = 0; i < 4; ++i) t.add(i, i, 3 * scale);
    t.add_symmetric(0, 1, -2 * scale);
    t.add_symmetric(1, 2, -2 * scale);
    t.add_symmetric(2, 3, -2 * scale);
    t.add_symmetric(3, 0, 2 * scale);
    return t.matrix();
  };
  auto m = make_incomplete_cholesky();
  REQUIRE(m->compute(kershaw(1).view()).ok());
  const Dense inverse = inverse_of(*m, 4);
  CHECK(test::first_bad_minor(inverse, false, 0) == -1);
  // Its shift is relative: nothing but the scale changes, up to where squares would overflow.
  for (const double scale : {0x1p-900, 0x1p600, 0x1p1000}) {
    REQUIRE(m->compute(kershaw(scale).view()).ok());
    const Dense scaled = inverse_of(*m, 4);
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 4; ++j) {
        CHECK(std::fabs(scaled(i, j) * Real(scale) - inverse(i, j)) <= 1e-14L);
      }
    }
  }
}

TEST_CASE("preconditioners in slices have the bits of those in a piece, and no slice is long") {
  Random random(41);
  const auto grid = test::mesh(40, 40, 1).matrix();
  using Make = std::unique_ptr<Preconditioner> (*)();
  const Make makers[] = {make_identity_preconditioner, [] { return make_jacobi(true); },
                         make_incomplete_cholesky, [] { return make_ilut(1e-3, 5); }};
  const int n = grid.view().rows();
  const auto r = random.vector(n);
  for (const Make make : makers) {
    auto whole = make();
    auto sliced = make();
    REQUIRE(whole->compute(grid.view()).ok());
    REQUIRE(sliced->begin(grid.view()).ok());
    double progress = 0;
    int steps = 0;
    for (TaskState state = TaskState::running; state == TaskState::running; ++steps) {
      Budget little(2000);
      state = sliced->step(little);
      REQUIRE(state != TaskState::failed);
      CHECK(sliced->progress() >= progress);
      CHECK(little.work_left() > -2 * Budget::piece);
      progress = sliced->progress();
    }
    std::vector<double> z(n), pieces(n);
    whole->apply(r, z);
    sliced->apply(r, pieces);
    CHECK(z == pieces);
    CHECK(whole->work() == sliced->work());
    CHECK((steps > 40) == (sliced->work() > 0));
  }
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("incomplete factors survive a failed computation of others") {
  const auto small = test::grid(4, 4).matrix();
  const auto large = test::mesh(7, 7, 1).matrix();
  for (const bool symmetric : {true, false}) {
    auto m = symmetric ? make_incomplete_cholesky() : make_ilut(1e-3, 5);
    REQUIRE(m->compute(small.view()).ok());
    const Dense before = inverse_of(*m, 16);
    int refused = 0;
    for (long first = 1;; ++first) {
      bool struck = false;
      Fault fault;
      {
        test::FailingMemory memory(first, false);
        fault = m->compute(large.view());
        struck = memory.struck();
      }
      if (!struck) break;
      REQUIRE(fault.status == Status::out_of_memory);
      ++refused;
      REQUIRE(inverse_of(*m, 16).a == before.a);
    }
    CHECK(refused > 10);
  }
}
#endif
