#include "lacuna/local/declared.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/random.hpp"

using namespace lacuna;
using namespace lacuna::test;
using Ids = std::vector<std::int64_t>;
using Doubles = std::vector<double>;

namespace {

constexpr std::int64_t far_away = std::int64_t{1} << 53;

Fault held(const Declared& declared, std::int64_t v, const Ids& ids, const Doubles& values) {
  Line line;
  line.ids64 = ids.data();
  line.values = values.data();
  line.count = std::int32_t(ids.size());
  for (std::size_t k = 0; k < ids.size(); ++k) {
    if (ids[k] == v) line.diagonal = values[k];
  }
  return hold_against(declared, v, line);
}

}  // namespace

TEST_CASE("each promise is held against each row") {
  Declared d;
  d.row_margin = 4;
  CHECK(held(d, 5, {4, 5, 6}, {-1, 6, 1}).ok());
  CHECK(held(d, 5, {4, 5, 6}, {-1, 5.999, 1}).status == Status::declaration_violated);
  CHECK(held(d, 5, {4, 5, 6}, {-1, 5.999, 1}).position == 5);
  // Sums that are exact pass at the margin itself, however long the row; 2⁻⁴⁰ below they do not.
  Ids ids;
  Doubles values;
  for (int k = 0; k < 100; ++k) ids.push_back(k), values.push_back(k % 2 == 0 ? 0.5 : -0.5);
  values[5] = 4 + 99 * 0.5;
  CHECK(held(d, 5, ids, values).ok());
  values[5] -= 1e-11;
  CHECK(held(d, 5, ids, values).status == Status::declaration_violated);
  // A small margin beside large entries: plain rounding would refuse this one.
  d.row_margin = 1e-9;
  CHECK(held(d, 5, {4, 5, 6}, {-1e6, 2e6 + 0x1p-29, 1e6}).ok());
  CHECK(held(d, 5, {4, 5, 6}, {-1e6, 2e6, 1e6}).status == Status::declaration_violated);

  d = {};
  d.norm_inf = 8;
  CHECK(held(d, 5, {4, 5}, {-1, -7}).ok());
  CHECK(held(d, 5, {4, 5}, {-1.001, -7}).status == Status::declaration_violated);
  d = {};
  d.max_degree = 2;
  CHECK(held(d, 5, {4, 5, 6}, {1, 1, 1}).ok());
  CHECK(held(d, 5, {4, 5, 6, 7}, {1, 1, 1, 1}).status == Status::declaration_violated);
  d = {};
  d.signs = Signs::positive;
  CHECK(held(d, 5, {4, 5}, {1, 1}).ok());
  CHECK(held(d, 5, {4, 5}, {1, -1}).partner == 5);
  d.signs = Signs::m_matrix;
  CHECK(held(d, 5, {4, 5}, {-1, 1}).ok());
  CHECK(held(d, 5, {4, 5}, {1, 1}).partner == 4);
  CHECK(held(d, 5, {4, 5}, {1, 1}).status == Status::declaration_violated);
  d.signs = Signs::laplacian;
  d.symmetric = true;
  CHECK(held(d, 5, {4, 5, 6}, {-0.1, 0.1 + 0.2, -0.2}).ok());
  CHECK(held(d, 5, {4, 5, 6}, {-0.1, 0.4, -0.2}).status == Status::declaration_violated);
}

TEST_CASE("promises that cannot be are refused") {
  const auto status = [](auto change) {
    Declared d;
    change(d);
    return check_declared(d);
  };
  CHECK(status([](Declared&) {}) == Status::ok);
  CHECK(status([](Declared& d) { d.row_margin = INFINITY; }) == Status::invalid_argument);
  CHECK(status([](Declared& d) { d.column_margin = NAN; }) == Status::invalid_argument);
  CHECK(status([](Declared& d) { d.norm_inf = NAN; }) == Status::invalid_argument);
  CHECK(status([](Declared& d) { d.norm1 = -1; }) == Status::invalid_argument);
  CHECK(status([](Declared& d) { d.max_degree = -1; }) == Status::invalid_argument);
  CHECK(status([](Declared& d) { d.row_margin = 3, d.norm_inf = 2; }) == Status::invalid_argument);
  CHECK(status([](Declared& d) { d.row_margin = 3, d.norm1 = 2; }) == Status::ok);
  CHECK(status([](Declared& d) { d.row_margin = 3, d.norm1 = 2, d.symmetric = true; }) ==
        Status::invalid_argument);
  CHECK(status([](Declared& d) { d.signs = Signs::laplacian; }) == Status::invalid_argument);
  CHECK(status([](Declared& d) { d.signs = Signs::laplacian, d.symmetric = true; }) == Status::ok);
  CHECK(status([](Declared& d) {
          d.signs = Signs::laplacian, d.symmetric = true, d.row_margin = 1;
        }) == Status::invalid_argument);
}

TEST_CASE("conditions follow from what was declared, no sharper than it") {
  Declared d;
  d.row_margin = 4;
  d.norm_inf = 12;
  d.max_degree = 4;
  d.signs = Signs::m_matrix;
  const Conditions c = conditions_from(d);
  CHECK(c.signs == Signs::m_matrix);
  CHECK(c.rows.dominance == Dominance::declared);
  CHECK(c.rows.each.empty());
  CHECK(c.rows(far_away - 1) == c.rows.uniform);
  CHECK(c.rows.uniform >= 0.25);
  CHECK(c.rows.uniform <= 0.25 * (1 + 1e-11));
  CHECK(c.rows.least == c.rows.uniform);
  CHECK(c.row_margin <= 4);
  CHECK(c.row_margin >= 4 * (1 - 1e-11));
  CHECK(c.row_contraction >= 0.5);
  CHECK(c.row_contraction <= 0.5 + 1e-5);
  CHECK(c.mean_degree == 4);
  CHECK(c.inverse_nonnegative());
  CHECK_FALSE(c.columns.known());
  const Conditions t = conditions_from(d.transposed());
  CHECK(t.columns.uniform == c.rows.uniform);
  CHECK(t.column_contraction == c.row_contraction);
  CHECK_FALSE(t.rows.known());
  d.symmetric = true;
  const Conditions s = conditions_from(d);
  CHECK(s.columns.uniform == c.rows.uniform);
  CHECK(s.columns.least == c.rows.uniform);
  CHECK(s.columns.dominance == Dominance::declared);
  d.norm_inf = Declared::unknown;
  CHECK(conditions_from(d).row_contraction == 1);
  d.row_margin = 0;
  CHECK_FALSE(conditions_from(d).rows.known());
  CHECK(std::isinf(conditions_from(Declared{}).row_contraction));
}

TEST_CASE("any row that passes keeps the bounds that were promised") {
  // Random rows near the edge of the declaration: those that are let in satisfy what is used.
  Random random(9);
  Declared d;
  d.row_margin = 0.25;
  d.norm_inf = 3;
  const Conditions c = conditions_from(d);
  int passed = 0;
  for (int s = 0; s < 3000; ++s) {
    Ids ids;
    Doubles values;
    Real off = 0;
    const int count = random.between(1, 20);
    for (int k = 0; k < count; ++k) {
      ids.push_back(k), values.push_back(random.sign() / count * 2);
      if (k > 0) off += std::fabs(Real(values[k]));
    }
    values[0] = double(off) + 0.25 + 1e-12 * random.sign();
    if (!held(d, 0, ids, values).ok()) continue;
    ++passed;
    const Real margin = Real(values[0]) - off;
    CHECK(margin >= Real(c.row_margin));
    CHECK(margin * Real(c.rows.uniform) >= 1);
    CHECK(off / Real(values[0]) <= Real(c.row_contraction));
  }
  CHECK(passed > 500);
  CHECK(passed < 2900);
}
