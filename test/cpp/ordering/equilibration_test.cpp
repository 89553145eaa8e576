#include "lacuna/ordering/equilibration.hpp"

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "support/drive.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Random;
using test::Triplets;

namespace {

struct Scales {
  Buffer<double> rows;
  Buffer<double> columns;
};

Scales scales_of(const CsrView& a, double work = 0) {
  Equilibration scaling;
  REQUIRE(scaling.begin(a) == Status::ok);
  test::drive(scaling, work);
  return {scaling.take_rows(), scaling.take_columns()};
}

void spoil(Triplets& t, int range, Random& random) {
  std::vector<double> rows(t.rows), columns(t.cols);
  for (auto* list : {&rows, &columns}) {
    for (double& v : *list) v = std::ldexp(1 + random.unit(), random.between(-range, range));
  }
  for (std::size_t e = 0; e < t.v.size(); ++e) t.v[e] *= rows[t.i[e]] * columns[t.j[e]];
}

/// Powers of two, the same in slices; the largest entry of each row and column after scaling.
void check(const CsrView& a, double least, double most) {
  const Scales s = scales_of(a), sliced = scales_of(a, 1);
  std::vector<double> rows(a.rows(), 0), columns(a.rows(), 0);
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    int exponent;
    CHECK(std::frexp(s.rows[i], &exponent) == 0.5);
    CHECK(std::frexp(s.columns[i], &exponent) == 0.5);
    CHECK((s.rows[i] == sliced.rows[i] && s.columns[i] == sliced.columns[i]));
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      const std::int32_t j = a.indices()[p];
      const double v = std::fabs(a.data()[p]) * s.rows[i] * s.columns[j];
      rows[i] = std::fmax(rows[i], v);
      columns[j] = std::fmax(columns[j], v);
    }
  }
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    CHECK((rows[i] >= least && rows[i] <= most));
    CHECK((columns[i] >= least && columns[i] <= most));
  }
}

}  // namespace

TEST_CASE("equilibration brings the largest entries of rows and columns to 1 … 2") {
  Random random(331);
  for (int k = 0; k < 30; ++k) {
    auto t = test::scattered(random.between(1, 80), 3, k);
    spoil(t, 5, random);
    check(t.matrix().view(), 1, 2);
  }
}

TEST_CASE("equilibration of what differs widely is that of a matching") {
  Random random(332);
  for (int k = 0; k < 30; ++k) {
    auto t = test::scattered(random.between(2, 80), 3, k);
    spoil(t, 100, random);
    // In one row and one column at least.
    for (std::size_t e = 0; e < t.v.size(); ++e) {
      if (t.i[e] == 0) t.v[e] *= 0x1p300;
    }
    check(t.matrix().view(), 0.25 - 1e-9, 1 + 1e-9);
  }
}

TEST_CASE("equilibration leaves what has no entries as it is") {
  Triplets t(3, 3);
  t.add(0, 0, 12);
  t.add(1, 0, 0.3);
  t.add(2, 2, 0);
  const auto s = scales_of(t.matrix().view());
  CHECK(s.rows[0] == 0x1p-3);
  CHECK(s.rows[1] == 4);
  CHECK(s.rows[2] == 1);
  CHECK(s.columns[0] == 1);
  CHECK(s.columns[1] == 1);
  CHECK(s.columns[2] == 1);
}
