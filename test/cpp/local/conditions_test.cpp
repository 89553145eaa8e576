#include "lacuna/local/conditions.hpp"

#include <cmath>
#include <vector>

#include "lacuna/local/conditions_pass.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/fail_everywhere.hpp"
#include "support/local.hpp"
#include "support/random.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using namespace lacuna::test;

namespace {

Real comparison(const Dense& a, int i, const Weights& w) {
  Real sum = 0;
  for (int j = 0; j < a.cols; ++j) {
    const Real t = std::fabs(a(i, j)) * Real(w(j));
    sum += i == j ? t : -t;
  }
  return sum;
}

Real margin(const Dense& a, int i) {
  Real sum = 0;
  for (int j = 0; j < a.cols; ++j) sum += i == j ? std::fabs(a(i, j)) : -std::fabs(a(i, j));
  return sum;
}

/// Weights are what they say: ⟨A⟩w ≥ 1 entry by entry, and a bound on |A⁻¹|1 in any case.
void check_weights(const Dense& a, const Weights& w) {
  REQUIRE(w.known());
  if (!w.each.empty()) {
    REQUIRE(w.each.size() == std::size_t(a.rows));
    for (int i = 0; i < a.rows; ++i) {
      CHECK(comparison(a, i, w) >= 1);
      CHECK(w(i) > 0);
      CHECK(w(i) <= w.uniform);
    }
  }
  if (a.rows > 40) return;
  for (int i = 0; i < a.rows; ++i) {
    // Row i of A⁻¹.
    Vector unit(a.rows, 0);
    unit[i] = 1;
    Real sum = 0;
    for (const Real v : Elimination(a.transposed(), unit).x) sum += std::fabs(v);
    CHECK(sum <= Real(w(i)) * (1 + 1e-15L));
  }
}

void check_side(const Dense& a, double least_margin, double contraction, const Weights& w) {
  Real least = INFINITY, q = 0;
  for (int i = 0; i < a.rows; ++i) {
    least = std::fmin(least, margin(a, i));
    q = std::fmax(q, 1 - margin(a, i) / std::fabs(a(i, i)));
  }
  CHECK(Real(least_margin) <= least);
  CHECK(Real(least_margin) >= least - 1e-13L * a.norm_inf());
  CHECK(Real(contraction) >= q - 1e-19L);
  CHECK(Real(contraction) <= q * (1 + 1e-13L) + 1e-18L);
  if (least_margin > 0) {
    CHECK(w.dominance == Dominance::strict);
    CHECK(Real(w.uniform) * least <= 1 + 1e-10L * a.norm_inf() / least);
  }
}

void check_dominant(int samples) {
  for (int s = 0; s < samples; ++s) {
    Random random(s + 1);
    const Shape shape = all_shapes[random.below(5)];
    const auto couplings = random.chance(0.5) ? Couplings::mixed : Couplings::negative;
    const double margins[] = {0.01, 0.3, 10};
    const int n = random.between(1, shape == Shape::full ? 20 : 36);
    const CsrMatrix a =
        dominant(shape, n, margins[random.below(3)], couplings, random.bits()).matrix();
    const CsrMatrix t = transposed(a);
    const Conditions c = conditions_of(a, &t);
    const Dense dense(a.view());
    CHECK_FALSE(c.symmetric);
    CHECK(c.first_weak_row == -1);
    check_side(dense, c.row_margin, c.row_contraction, c.rows);
    check_side(dense.transposed(), c.column_margin, c.column_contraction, c.columns);
    check_weights(dense, c.rows);
    if (c.columns.known()) check_weights(dense.transposed(), c.columns);
    int off = 0;
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) off += i != j && dense(i, j) != 0;
    }
    CHECK(c.mean_degree == double(off) / n);
  }
}

/// D₁·B·D₂ with B dominant is rarely dominant itself; w = D₂⁻¹(…) shows that it could be.
void check_scaled(int samples) {
  int scaled = 0;
  for (int s = 0; s < samples; ++s) {
    Random random(s + 1);
    const int n = random.between(4, 30);
    Triplets t = dominant(all_shapes[random.below(5)], n, 2, Couplings::mixed, random.bits());
    std::vector<double> left(n), right(n);
    for (int i = 0; i < n; ++i) {
      left[i] = random.chance(0.5) ? 8 * random.unit() + 0.1 : 1;
      right[i] = random.chance(0.5) ? 8 * random.unit() + 0.1 : 1;
    }
    for (std::size_t k = 0; k < t.v.size(); ++k) t.v[k] *= left[t.i[k]] * right[t.j[k]];
    const CsrMatrix a = t.matrix();
    const Conditions c = conditions_of(a);
    const Dense dense(a.view());
    // 32 steps may be too few for the slowest of these, but then nothing is claimed.
    if (!c.rows.known()) {
      CHECK(c.power_steps == max_power_steps);
      continue;
    }
    check_weights(dense, c.rows);
    CHECK(c.columns.dominance == Dominance::none);
    if (c.rows.dominance != Dominance::scaled) continue;
    ++scaled;
    CHECK_FALSE(c.row_margin > 0);
    REQUIRE(c.first_weak_row >= 0);
    CHECK(margin(dense, int(c.first_weak_row)) <= 1e-13L);
    CHECK_FALSE(c.rows.each.empty());
    CHECK(c.power_steps > 0);
  }
  CHECK(scaled > samples / 3);
}

void check_same(const Conditions& found, const Conditions& whole, int n) {
  CHECK(found.signs == whole.signs);
  CHECK(found.row_margin == whole.row_margin);
  CHECK(found.column_margin == whole.column_margin);
  CHECK(found.row_sum == whole.row_sum);
  CHECK(found.first_weak_row == whole.first_weak_row);
  CHECK(found.power_steps == whole.power_steps);
  CHECK(found.mean_degree == whole.mean_degree);
  CHECK(found.weighted_contraction == whole.weighted_contraction);
  CHECK(found.rows.dominance == whole.rows.dominance);
  CHECK(found.columns.dominance == whole.columns.dominance);
  CHECK(found.rows.each.size() == whole.rows.each.size());
  CHECK(found.columns.each.size() == whole.columns.each.size());
  for (int i = 0; i < n; ++i) {
    CHECK(found.rows(i) == whole.rows(i));
    CHECK(found.columns(i) == whole.columns(i));
  }
}

Signs signs_of(const Triplets& t, bool symmetric = false) {
  const CsrMatrix a = t.matrix();
  auto made = measure_conditions(a.view(), symmetric, nullptr);
  REQUIRE(made.ok());
  return made.value().signs;
}

}  // namespace

LACUNA_SAMPLED(check_dominant, "margins, contractions and weights of dominant matrices hold", 120,
               20000)
LACUNA_SAMPLED(check_scaled, "a scaling that makes dominance is found and proven", 150, 20000)

TEST_CASE("weights of a badly scaled matrix are proven after they were rounded") {
  // Row sums cancel to 10⁻⁶ of the entries: a rounding of the weights is as large as the proof.
  for (int s = 0; s < 40; ++s) {
    Triplets t = dominant(Shape::random, 30, 1e-6, Couplings::mixed, s + 1);
    const CsrMatrix a = t.matrix();
    const Conditions c = conditions_of(a);
    if (!c.rows.known() || c.rows.each.empty()) continue;
    const Dense dense(a.view());
    for (int i = 0; i < 30; ++i) CHECK(comparison(dense, i, c.rows) >= 1);
  }
}

TEST_CASE("a pure Laplacian has no weights") {
  Triplets ring(12, 12);
  for (int i = 0; i < 12; ++i) ring.add_edge(i, (i + 1) % 12, 0.1 * (i + 1));
  Triplets pair(2, 2);
  pair.add_edge(0, 1, 0.3);
  for (const Triplets* t : {&ring, &pair}) {
    const CsrMatrix a = t->matrix();
    auto c = measure_conditions(a.view(), true, nullptr);
    REQUIRE(c.ok());
    CHECK(c.value().signs == Signs::laplacian);
    CHECK(c.value().rows.dominance == Dominance::none);
    CHECK(c.value().columns.dominance == Dominance::none);
    CHECK_FALSE(c.value().inverse_nonnegative());
    CHECK(c.value().first_weak_row >= 0);
    CHECK(std::isinf(c.value().rows.uniform));
  }
}

TEST_CASE("a symmetric matrix has one side for both") {
  Triplets t = mesh(5, 4, 3);
  const CsrMatrix a = t.matrix();
  const auto c = measure_conditions(a.view(), true, nullptr);
  REQUIRE(c.ok());
  CHECK(c.value().symmetric);
  CHECK(c.value().column_margin == c.value().row_margin);
  CHECK(c.value().column_contraction == c.value().row_contraction);
  for (int i = 0; i < 20; ++i) CHECK(c.value().columns(i) == c.value().rows(i));
  CHECK(c.value().inverse_nonnegative());
}

TEST_CASE("signs are told apart") {
  CHECK(signs_of(grid(4, 4, 1), true) == Signs::m_matrix);
  CHECK(signs_of(convection(4, 4, 1, 2)) == Signs::m_matrix);
  Triplets t = grid(4, 4, 1);
  t.add(0, 9, 0.25);
  CHECK(signs_of(t) == Signs::positive);
  t.add(3, 3, -100);
  CHECK(signs_of(t) == Signs::general);
  Triplets weak(3, 3);
  weak.add_edge(0, 1, 1);
  weak.add_edge(1, 2, 1);
  CHECK(signs_of(weak, true) == Signs::laplacian);
  CHECK(signs_of(weak, false) == Signs::m_matrix);
  Triplets missing(2, 2);
  missing.add(0, 0, 1);
  missing.add(0, 1, -1);
  CHECK(signs_of(missing) == Signs::general);
}

TEST_CASE("a diagonal entry that is not there makes no bound") {
  Triplets t = grid(3, 3, 1);
  t.add(4, 4, -5);
  const Conditions c = conditions_of(t.matrix());
  CHECK(std::isinf(c.row_contraction));
  CHECK(c.first_weak_row == 4);
  CHECK(c.rows.dominance == Dominance::none);
}

TEST_CASE("conditions measured in slices are those of one piece, and slices are short") {
  for (int s = 0; s < 60; ++s) {
    Random random(s + 1);
    Triplets t = dominant(all_shapes[random.below(5)], random.between(3, 60), 0.5, Couplings::mixed,
                          random.bits());
    // Some need power steps, some weights of their own, some have none.
    for (double& v : t.v) v *= random.chance(0.1) ? 3 * random.unit() : 1;
    const CsrMatrix a = t.matrix();
    const CsrMatrix b = transposed(a);
    const CsrView side = b.view();
    const Conditions whole = measure_conditions(a.view(), false, &side).take();
    ConditionsPass pass;
    REQUIRE(pass.begin(a.view(), false, &side) == Status::ok);
    int calls = 0;
    for (TaskState state = TaskState::running; state == TaskState::running; ++calls) {
      Budget budget(100);
      state = pass.step(budget);
      // A piece is a line at the least.
      CHECK(budget.work_left() >= -(2.0 * a.view().rows() + 100));
    }
    CHECK(calls >= (2.0 * a.view().nnz()) / 200);
    check_same(pass.take(), whole, a.view().rows());
    if (!whole.rows.each.empty()) {
      CHECK(whole.weighted_contraction ==
            weighted_contraction(a.view(), whole.rows, 0, a.view().rows()));
    } else if (whole.rows.known()) {
      CHECK(whole.weighted_contraction == whole.row_contraction);
    }
  }
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("memory that is short while conditions are measured is only a delay") {
  // Weights by value on both sides: of power steps, of sweeps, and of a symmetric matrix.
  Triplets scaled = dominant(Shape::random, 30, 2, Couplings::mixed, 7);
  for (std::size_t k = 0; k < scaled.v.size(); ++k) {
    scaled.v[k] *= (1 + 7.0 * (scaled.j[k] % 2)) * (1 + 6.0 * (scaled.i[k] % 3));
  }
  Triplets steep = grid(6, 6, 0.01);
  for (int i = 0; i < 18; ++i) steep.add(i, i, 30);
  for (const Triplets* t : {&scaled, &steep}) {
    const CsrMatrix a = t->matrix();
    const CsrMatrix b = transposed(a);
    const CsrView side = b.view();
    const bool symmetric = t == &steep;
    const Conditions whole = measure_conditions(a.view(), symmetric, &side).take();
    REQUIRE_FALSE(whole.rows.each.empty());
    ConditionsPass pass;
    fail_everywhere(
        [&] {
          if (const Status s = pass.begin(a.view(), symmetric, &side); s != Status::ok) return s;
          Budget unlimited;
          return pass.step(unlimited) == TaskState::done ? Status::ok : Status::out_of_memory;
        },
        [&](Status status) {
          Budget unlimited;
          REQUIRE(pass.step(unlimited) == TaskState::done);
          if (status != Status::ok) check_same(pass.take(), whole, a.view().rows());
        });
  }
}
#endif

TEST_CASE("only square matrices have conditions") {
  const CsrMatrix a = rectangular(3, 4, 2, 1).matrix();
  CHECK(measure_conditions(a.view(), false, nullptr).fault().status == Status::not_square);
}

TEST_CASE("the facts of a line bound its margin, scaled or of one value") {
  Random random(5);
  for (int s = 0; s < 300; ++s) {
    const int count = random.between(1, 200);
    std::vector<std::int64_t> ids;
    std::vector<double> values;
    Line line;
    line.scale = random.chance(0.5) ? random.sign() : 1;
    Real off = 0;
    bool positive = false;
    for (int k = 0; k < count; ++k) {
      ids.push_back((std::int64_t{1} << 40) + k);
      values.push_back(random.sign());
      const bool own = k == count / 2;
      if (own) continue;
      const Real exact = Real(values.back()) * Real(line.scale);
      off += std::fabs(exact);
      positive = positive || exact > 0;
    }
    line.ids64 = ids.data();
    line.values = values.data();
    line.count = count;
    line.diagonal = double(off) * (1 + 1e-15 * random.sign());
    const LineFacts facts = measure_line(ids[count / 2], line);
    const Real exact = std::fabs(Real(line.diagonal)) - off;
    CHECK(Real(facts.margin) <= exact);
    CHECK(Real(facts.margin) >= exact - 1e-15L * (count + 8) * (off + line.diagonal));
    CHECK(facts.positive_off_diagonal == positive);
    CHECK(facts.diagonal == line.diagonal);
  }
  Line constant;
  const std::int32_t ids[] = {1, 2, 3};
  constant.ids32 = ids;
  constant.scale = -0.25;
  constant.count = 3;
  constant.diagonal = -1;
  CHECK(measure_line(0, constant).off_diagonal == 0.75);
  CHECK(measure_line(2, constant).off_diagonal == 0.5);
  CHECK_FALSE(measure_line(0, constant).positive_off_diagonal);
}
