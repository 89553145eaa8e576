#include "lacuna/sparse/triangular.hpp"

#include <limits>
#include <vector>

#include "lacuna/sparse/operations.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Dense;
using test::Random;

namespace {

/// Random lower triangular matrix whose columns come out as the rows of the returned transpose.
/// With a unit diagonal, the diagonal is left out.
CsrMatrix lower_columns(int n, Diagonal diagonal, Random& random) {
  test::Triplets t(n, n);
  for (int j = 0; j < n; ++j) {
    if (diagonal == Diagonal::stored) t.add(j, j, 1.5 + random.unit());
    for (int i = j + 1; i < n; ++i) {
      if (random.chance(0.3)) t.add(j, i, 0.5 * random.sign());
    }
  }
  return t.matrix();
}

template <Diagonal diagonal>
void check() {
  Random random(21);
  for (int k = 0; k < 30; ++k) {
    const int n = random.between(1, 20);
    const auto stored = lower_columns(n, diagonal, random);
    const CsrView l = stored.view();
    Dense lower = Dense(l).transposed();
    if (diagonal == Diagonal::unit) {
      for (int i = 0; i < n; ++i) lower(i, i) = 1;
    }
    const auto b = random.vector(n);
    auto x = b, y = b;
    solve_lower_by_columns<diagonal>(n, l.indptr(), l.indices(), l.data(), x.data());
    solve_lower_transposed_by_columns<diagonal>(n, l.indptr(), l.indices(), l.data(), y.data());
    const auto scale = 1 + lower.norm_inf() * (test::largest(x) + test::largest(y));
    CHECK(test::largest(test::minus(lower.times(x), b)) <= 1e-14L * scale);
    CHECK(test::largest(test::minus(lower.transposed().times(y), b)) <= 1e-14L * scale);
  }
}

}  // namespace

TEST_CASE("substitution with a stored diagonal") { check<Diagonal::stored>(); }
TEST_CASE("substitution with a unit diagonal") { check<Diagonal::unit>(); }
