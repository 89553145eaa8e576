#include "lacuna/local/neumann.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/failing_memory.hpp"
#include "support/local.hpp"

using namespace lacuna;
using namespace lacuna::test;
using Outcome = Neumann::Outcome;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Σ w|stored − true| and Σ w|true|.
struct Residual {
  Real gap = 0;
  Real sum = 0;

  Residual(const Neumann& series, const CsrView& a, const Weights* w, const Vector& t,
           std::int64_t shift = 0) {
    const Vector r = true_residual(series, a, t, shift);
    Vector stored(r.size(), 0);
    for (std::uint32_t k = 0; k < series.touched(); ++k) {
      stored[series.vertex(k).id - shift] =
          Real(series.vertex(k).layer) + Real(series.vertex(k).next);
    }
    for (std::size_t v = 0; v < r.size(); ++v) {
      const Real weight = w != nullptr ? Real((*w)(v)) : 1;
      gap += weight * std::fabs(stored[v] - r[v]);
      sum += weight * std::fabs(r[v]);
    }
  }
};

/// The partial sums are those of the series, written down with dense matrices, and K is what the
/// bound says.
void check_series(int samples) {
  for (int s = 0; s < samples; ++s) {
    Random random(s + 1);
    const CsrMatrix a = random_matrix(random, 30);
    const std::int32_t n = a.view().rows();
    const Dense dense(a.view());
    const Conditions c = conditions_of(a);
    CsrLines lines(a.view());
    Neumann series;
    series.begin(lines, nullptr, c.row_contraction);
    Vector layer(n, 0), p(n, 0);
    for (int k = 0; k < 2; ++k) {
      const std::int32_t v = random.below(n);
      const double value = random.sign();
      REQUIRE(series.add(v, value) == Status::ok);
      layer[v] += Real(value);
    }
    for (int terms = 1; terms <= 6; ++terms) {
      Vector next(n, 0);
      for (int i = 0; i < n; ++i) {
        p[i] += layer[i] / dense(i, i);
        for (int j = 0; j < n; ++j) {
          if (j != i) next[j] -= dense(i, j) * layer[i] / dense(i, i);
        }
      }
      layer = next;
      Budget budget;
      NeumannGoal goal;
      goal.terms = terms;
      const Outcome outcome = series.step(goal, budget);
      Real left = 0;
      for (const Real v : layer) left += std::fabs(v);
      if (outcome != Outcome::limited) {
        CHECK(outcome == Outcome::rounding);  // a diagonal matrix, or all layers gone
        CHECK(left < 1e-14L);
        break;
      }
      REQUIRE(series.terms() == terms);
      for (std::uint32_t k = 0; k < series.touched(); ++k) {
        const auto v = series.vertex(k).id;
        CHECK(std::fabs(Real(series.vertex(k).value) - p[v]) <= 1e-14L);
        CHECK(std::fabs(Real(series.vertex(k).residual()) - layer[v]) <= 1e-14L);
      }
      CHECK(Real(series.weighted_residual()) + Real(series.slack()) >= left);
      CHECK(std::fabs(Real(series.weighted_residual()) - left) <= 1e-13L);
    }
  }
}

void check_goals(int samples) {
  Neumann series;
  for (int s = 0; s < samples; ++s) {
    Random random(s + 1);
    const CsrMatrix a = random_matrix(random, 40);
    const CsrMatrix t = transposed(a);
    const std::int32_t n = a.view().rows();
    const Conditions c = conditions_of(a);
    const Weights& w = c.rows;
    const double q = weighted_contraction(a.view(), w, 0, a.view().rows());
    CsrLines lines(a.view());
    series.begin(lines, &w, q);
    const auto b = random.vector(n);
    Real norm = 0;
    for (const double v : b) norm = std::fmax(norm, std::fabs(Real(v)));
    const std::int32_t i = random.below(n);
    Vector f(n, 0);
    f[i] = 1;
    REQUIRE(series.add(i, 1) == Status::ok);
    const Real exact = Elimination(Dense(a.view()), to_real(b)).x[i];
    for (const double share : {0.5, 1e-3, 1e-9}) {
      const double goal = share * w.uniform;
      const double planned = series.planned_terms(goal);
      // K by its definition: the least number that is enough.
      const Real start = Real(w(i));
      if (planned < 1e5) {
        Real left = start;
        for (int k = 0; k < planned; ++k) left *= Real(q);
        CHECK(left <= Real(goal));
        if (planned > 0 && q > 0) CHECK(left / Real(q) * (1 + 1e-10L) > Real(goal));
      }
      // Slices, with the invariant after each.
      Outcome outcome = Outcome::running;
      int slices = 0;
      while (outcome == Outcome::running) {
        Budget budget(double(random.below(3000)));
        outcome = series.step({goal}, budget);
        if (++slices % 7 != 0) continue;
        const Residual r(series, a.view(), &w, f);
        REQUIRE(r.gap <= Real(series.slack()));
        REQUIRE(r.sum <= Real(series.weighted_residual()) + Real(series.slack()));
      }
      REQUIRE(outcome == Outcome::reached);
      CHECK(series.terms() <= planned);
      const Residual r(series, a.view(), &w, f);
      CHECK(r.gap <= Real(series.slack()));
      CHECK(r.sum <= Real(goal));
      Real estimate = 0;
      for (std::uint32_t k = 0; k < series.touched(); ++k) {
        estimate += Real(series.vertex(k).value) * Real(b[series.vertex(k).id]);
      }
      const Real bound = (Real(series.weighted_residual()) + Real(series.slack())) * norm;
      CHECK(std::fabs(estimate - exact) <= bound + 1e-17L * norm * Real(w.uniform));
    }
  }
}

void check_slices_and_batches(int samples) {
  for (int s = 0; s < samples; ++s) {
    Random random(s + 1);
    const CsrMatrix a = random_matrix(random, 50);
    const std::int32_t v = random.below(a.view().rows());
    const Conditions c = conditions_of(a);
    constexpr std::int64_t shift = std::int64_t{1} << 52;
    CsrLines lines(a.view());
    const std::size_t rooms[] = {1, 6, 1000};
    FarLines far(a.view(), shift, rooms[random.below(3)]);
    Weights w;
    w.dominance = Dominance::declared;
    w.uniform = 1 / c.row_margin;
    const NeumannGoal goal{1e-6 * w.uniform};
    Neumann whole, sliced, late;
    whole.begin(lines, &w, c.row_contraction);
    sliced.begin(lines, &w, c.row_contraction);
    late.begin(far, &w, c.row_contraction);
    for (Neumann* series : {&whole, &sliced}) REQUIRE(series->add(v, 0.3) == Status::ok);
    REQUIRE(late.add(shift + v, 0.3) == Status::ok);
    Budget all;
    REQUIRE(whole.step(goal, all) == Outcome::reached);
    Outcome outcome = Outcome::running;
    while (outcome == Outcome::running) {
      Budget budget(double(random.below(200)));
      outcome = sliced.step(goal, budget);
    }
    REQUIRE(outcome == Outcome::reached);
    for (;;) {
      outcome = late.step(goal, all);
      if (outcome != Outcome::needs_lines) break;
      REQUIRE(far.wanted() > 0);
      far.deliver();
      late.lines_arrived();
    }
    REQUIRE(outcome == Outcome::reached);
    for (const Neumann* other : {&sliced, &late}) {
      REQUIRE(other->touched() == whole.touched());
      const std::int64_t offset = other == &late ? shift : 0;
      for (std::uint32_t k = 0; k < whole.touched(); ++k) {
        REQUIRE(other->vertex(k).id == whole.vertex(k).id + offset);
        REQUIRE(other->vertex(k).value == whole.vertex(k).value);
        REQUIRE(other->vertex(k).residual() == whole.vertex(k).residual());
      }
      CHECK(other->slack() == whole.slack());
      CHECK(other->terms() == whole.terms());
      CHECK(other->work().entries == whole.work().entries);
    }
  }
}

}  // namespace

LACUNA_SAMPLED(check_series, "the terms are those of the series", 80, 20000)
LACUNA_SAMPLED(check_goals, "K terms are enough, and the bound holds at any time", 80, 20000)
LACUNA_SAMPLED(check_slices_and_batches, "neither slices nor batches of lines change a bit", 40,
               6000)

TEST_CASE("the weighted contraction is that of the comparison matrix") {
  Random random(2);
  for (int s = 0; s < 40; ++s) {
    const CsrMatrix a = random_matrix(random, 30);
    const std::int32_t n = a.view().rows();
    Weights w;
    w.dominance = Dominance::scaled;
    REQUIRE(w.each.allocate(n) == Status::ok);
    for (double& e : w.each.span()) e = 0.5 + random.unit();
    const Dense dense(a.view());
    Real expected = 0;
    for (int i = 0; i < n; ++i) {
      Real others = 0;
      for (int j = 0; j < n; ++j) {
        if (j != i) others += std::fabs(dense(i, j)) * Real(w(j));
      }
      expected = std::fmax(expected, others / (std::fabs(dense(i, i)) * Real(w(i))));
    }
    const double q = weighted_contraction(a.view(), w, 0, a.view().rows());
    CHECK(Real(q) >= expected * (1 - 1e-18L));
    CHECK(Real(q) <= expected * (1 + 1e-13L));
  }
  Triplets t = test::grid(3, 3, 1);
  t.add(4, 4, -5);
  CHECK(std::isinf(weighted_contraction(t.matrix().view(), Weights{}, 0, 9)));
}

TEST_CASE("the number of terms is stated, or that there is none") {
  const CsrMatrix a = test::grid(5, 5, 4).matrix();
  CsrLines lines(a.view());
  Neumann series;
  series.begin(lines, nullptr, 0.5);
  REQUIRE(series.add(12, 1) == Status::ok);
  CHECK(series.planned_terms(2) == 0);
  CHECK(series.planned_terms(0.6) == 1);
  CHECK(series.planned_terms(0.4) == 2);
  CHECK(series.planned_terms(1e-9) == 30);
  CHECK(series.planned_terms(0) == infinity);
  series.begin(lines, nullptr, 1);
  REQUIRE(series.add(12, 1) == Status::ok);
  CHECK(series.planned_terms(0.4) == infinity);
  series.begin(lines, nullptr, infinity);
  REQUIRE(series.add(12, 1) == Status::ok);
  CHECK(series.planned_terms(0.4) == infinity);
  series.begin(lines, nullptr, 1 - 1e-9);
  REQUIRE(series.add(12, 1) == Status::ok);
  CHECK(series.planned_terms(1e-6) > 1.38e10);
  CHECK(series.planned_terms(1e-6) < 1.39e10);
  series.begin(lines, nullptr, 0);
  REQUIRE(series.add(12, 1) == Status::ok);
  CHECK(series.planned_terms(1e-300) == 1);
}

TEST_CASE("signs that cancel end the series before its last term") {
  const Triplets t = dominant(Shape::full, 30, 1, Couplings::mixed, 3);
  const CsrMatrix a = t.matrix();
  CsrLines lines(a.view());
  const Conditions c = conditions_of(a);
  Neumann series;
  series.begin(lines, &c.rows, c.row_contraction);
  REQUIRE(series.add(0, 1) == Status::ok);
  const double goal = 1e-4 * c.rows.uniform;
  const double planned = series.planned_terms(goal);
  Budget budget;
  REQUIRE(series.step({goal}, budget) == Outcome::reached);
  CHECK(series.terms() < 0.5 * planned);
}

TEST_CASE("the slack covers a solution that is built from very many small terms") {
  for (int s = 0; s < 6; ++s) {
    const CsrMatrix a = dominant(Shape::chain, 6, 1e-3, Couplings::negative, s + 1).matrix();
    const Conditions c = conditions_of(a);
    CsrLines lines(a.view());
    Vector f(6, 0);
    f[2] = 1;
    Neumann series;
    series.begin(lines, &c.rows, c.row_contraction);
    REQUIRE(series.add(2, 1) == Status::ok);
    Budget budget;
    REQUIRE(series.step({1e-7 * c.rows.uniform}, budget) == Outcome::reached);
    CHECK(series.terms() > 1000);
    const Residual r(series, a.view(), &c.rows, f);
    CHECK(r.gap <= Real(series.slack()));
    CHECK(r.gap >= 1e-5L * Real(series.slack()));
  }
}

TEST_CASE("a limit is told, with the bound that was reached, and can be lifted") {
  const CsrMatrix a = test::grid(30, 30, 1).matrix();
  CsrLines lines(a.view());
  const Conditions c = conditions_of(a);
  Vector f(900, 0);
  f[465] = 1;
  Neumann series;
  series.begin(lines, &c.rows, weighted_contraction(a.view(), c.rows, 0, a.view().rows()));
  REQUIRE(series.add(465, 1) == Status::ok);
  Budget budget;
  NeumannGoal goal{1e-6 * c.rows.uniform};
  goal.terms = 4;
  CHECK(series.step(goal, budget) == Outcome::limited);
  CHECK(series.terms() == 4);
  goal.terms = infinity;
  goal.entries = series.work().entries + 33;  // in the middle of a layer
  CHECK(series.step(goal, budget) == Outcome::limited);
  CHECK(series.terms() == 4);
  CHECK(series.work().entries <= goal.entries);
  CHECK(series.work().entries > goal.entries - 5);
  const Residual r(series, a.view(), &c.rows, f);
  CHECK(r.gap <= Real(series.slack()));
  CHECK(r.sum <= Real(series.weighted_residual()) + Real(series.slack()));
  CHECK(Real(series.weighted_residual()) <= r.sum * (1 + 1e-9L) + Real(series.slack()));
  CHECK(series.add(3, 1) == Status::busy);
  goal.entries = infinity;
  CHECK(series.step(goal, budget) == Outcome::reached);
  // And then to a lower goal.
  goal.weighted_sum *= 1e-3;
  const double terms = series.terms();
  CHECK(series.step(goal, budget) == Outcome::reached);
  CHECK(series.terms() > terms);
}

TEST_CASE("a goal that rounding does not allow is refused") {
  const CsrMatrix a = test::grid(10, 10, 1).matrix();
  CsrLines lines(a.view());
  const Conditions c = conditions_of(a);
  Neumann series;
  for (const double goal : {1e-17, 0.0}) {
    series.begin(lines, &c.rows, c.row_contraction);
    REQUIRE(series.add(45, 1) == Status::ok);
    Budget budget;
    CHECK(series.step({goal}, budget) == Outcome::rounding);
    CHECK(series.weighted_residual() + series.slack() < 1e-11);
  }
  series.begin(lines, &c.rows, c.row_contraction);
  Budget budget;
  CHECK(series.step({0}, budget) == Outcome::reached);  // t = 0
}

TEST_CASE("a zero diagonal entry, an overflow and what is not a number") {
  Triplets t = test::grid(5, 5, 1);
  t.add(12, 12, -5);
  const CsrMatrix a = t.matrix();
  CsrLines lines(a.view());
  Neumann series;
  series.begin(lines, nullptr, 0.9);
  CHECK(series.add(1, NAN) == Status::not_finite);
  REQUIRE(series.add(11, 1) == Status::ok);
  Budget budget;
  CHECK(series.step({1e-9}, budget) == Outcome::stuck);
  CHECK(series.stuck_at() == 12);
  CHECK(series.step({1e-9}, budget) == Outcome::stuck);
  // A series that diverges ends when its numbers do.
  Triplets wild(2, 2);
  for (int i = 0; i < 2; ++i) wild.add(i, i, 1), wild.add(i, 1 - i, 3);
  const CsrMatrix b = wild.matrix();
  CsrLines wild_lines(b.view());
  series.begin(wild_lines, nullptr, 3);
  REQUIRE(series.add(0, 1) == Status::ok);
  CHECK(series.step({1e-9}, budget) == Outcome::stuck);
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("a series that runs out of memory goes on where it was") {
  const CsrMatrix a = test::grid(20, 20, 4).matrix();
  const Conditions c = conditions_of(a);
  CsrLines lines(a.view());
  const NeumannGoal goal{1e-6 * c.rows.uniform};
  Neumann reference;
  reference.begin(lines, &c.rows, 0.5);
  REQUIRE(reference.add(210, 1) == Status::ok);
  Budget budget;
  REQUIRE(reference.step(goal, budget) == Outcome::reached);
  for (int failing = 1;; ++failing) {
    Neumann series;
    series.begin(lines, &c.rows, 0.5);
    bool struck;
    Status added;
    Outcome outcome = Outcome::running;
    {
      FailingMemory memory(failing, false);
      added = series.add(210, 1);
      if (added == Status::ok) outcome = series.step(goal, budget);
      struck = memory.struck();
    }
    if (added != Status::ok) REQUIRE(series.add(210, 1) == Status::ok);
    if (added == Status::ok && struck) CHECK(outcome == Outcome::out_of_memory);
    REQUIRE(series.step(goal, budget) == Outcome::reached);
    REQUIRE(series.touched() == reference.touched());
    for (std::uint32_t k = 0; k < series.touched(); ++k) {
      REQUIRE(series.vertex(k).value == reference.vertex(k).value);
    }
    if (!struck) break;
  }
}
#endif
