#include "lacuna/local/push.hpp"

#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/local.hpp"
#include "support/push.hpp"

using namespace lacuna;
using namespace lacuna::test;
using Outcome = Push::Outcome;

namespace {

void check_invariants(int samples) {
  Push push;  // one for all, as queries use it
  for (int s = 0; s < samples; ++s) {
    Random random(s + 1);
    const System system = random_system(random, 60);
    const std::int32_t n = system.lines.view().rows();
    const Weights* w = random.chance(0.3) ? nullptr : &system.conditions.rows;
    CsrLines lines(system.lines.view());
    const PushOrder order = all_orders[s % 4];
    push.begin(lines, {w, nullptr}, order, system.conditions.row_contraction);
    Vector f(n, 0);
    double start = 0;
    for (int round = 0; round < 3; ++round) {
      const std::int32_t v = random.below(n);
      const double value = random.sign();
      REQUIRE(push.add(v, value) == Status::ok);
      f[v] += Real(value);
      start += std::fabs(value) * (w != nullptr ? (*w)(v) : 1);
      check_invariant(push, system, w, f);
      // Stopped in the middle as well.
      Budget some(random.below(3000));
      const PushGoal goal{start * (round < 2 ? 1e-3 : 1e-9), 0};
      Outcome outcome = push.step(goal, some);
      check_invariant(push, system, w, f);
      Budget rest(plenty);
      outcome = push.step(goal, rest);
      REQUIRE(outcome == Outcome::reached);
      check_invariant(push, system, w, f);
      CHECK(weighted_sum(w, true_residual(push, system.lines.view(), f)) <= goal.weighted_sum);
      CHECK(push.slack() <= 0.3 * goal.weighted_sum);
    }
  }
}

/// The claim behind every certificate: |tᵀx − pᵀb| ≤ Σ wᵥ|rᵥ|·‖b‖∞ with Aᵀp ≈ t.
void check_bounds(int samples) {
  Push push;
  Real tightest = 0;
  for (int s = 0; s < samples; ++s) {
    Random random(s + 1000);
    const System system = random_system(random, 40);
    const std::int32_t n = system.lines.view().rows();
    const Dense a(system.lines.view());
    CsrLines lines(system.lines.view());
    const auto b = random.vector(n);
    Real norm = 0;
    for (const double v : b) norm = std::fmax(norm, std::fabs(Real(v)));
    const Vector x = Elimination(a, to_real(b)).x;
    push.begin(lines, {&system.conditions.rows, nullptr}, all_orders[s % 4],
               system.conditions.row_contraction);
    const std::int32_t i = random.below(n);
    REQUIRE(push.add(i, 1) == Status::ok);
    const double goals[] = {0.3, 1e-3, 1e-8, 1e-13};
    for (const double share : goals) {
      Budget budget(plenty);
      const PushGoal goal{share * system.conditions.rows.uniform, 0};
      const Outcome outcome = push.step(goal, budget);
      const bool expected = outcome == Outcome::reached || outcome == Outcome::rounding;
      REQUIRE(expected);
      if (share > 1e-10) CHECK(outcome == Outcome::reached);
      const Real bound = (Real(push.recompute_sum()) + Real(push.slack())) * norm;
      if (outcome == Outcome::reached) CHECK(bound <= goal.weighted_sum * norm * (1 + 1e-12L));
      Real estimate = 0;
      for (std::uint32_t k = 0; k < push.touched(); ++k) {
        estimate += Real(push.vertex(k).value) * Real(b[push.vertex(k).id]);
      }
      const Real error = std::fabs(estimate - x[i]);
      CHECK(error <= bound + 1e-18L * norm * Real(system.conditions.rows.uniform));
      tightest = std::fmax(tightest, error / bound);
    }
  }
  // The bound is not far off where it has to be sharp: chains and stars of one sign.
  CHECK(tightest > 0.1L);
}

void check_one_sign(int samples) {
  Push push;
  for (int s = 0; s < samples; ++s) {
    Random random(s + 1);
    const Shape shape = all_shapes[random.below(5)];
    const System system(
        dominant(shape, random.between(1, 60), 0.1, Couplings::negative, random.bits()).matrix());
    CHECK(system.conditions.inverse_nonnegative());
    CsrLines lines(system.lines.view());
    push.begin(lines, {&system.conditions.rows, nullptr},
               s % 2 == 0 ? PushOrder::buckets : PushOrder::fifo,
               system.conditions.row_contraction);
    REQUIRE(push.add(random.below(system.lines.view().rows()), 1) == Status::ok);
    Budget budget(plenty);
    REQUIRE(push.step({1e-7 * system.conditions.rows.uniform, 0}, budget) == Outcome::reached);
    for (std::uint32_t k = 0; k < push.touched(); ++k) {
      REQUIRE(push.vertex(k).residual >= 0);
      REQUIRE(push.vertex(k).value >= 0);
    }
  }
}

void check_same_bits(const Push& a, const Push& b) {
  REQUIRE(a.touched() == b.touched());
  for (std::uint32_t k = 0; k < a.touched(); ++k) {
    REQUIRE(a.vertex(k).id == b.vertex(k).id);
    REQUIRE(a.vertex(k).value == b.vertex(k).value);
    REQUIRE(a.vertex(k).residual == b.vertex(k).residual);
  }
  CHECK(a.slack() == b.slack());
  CHECK(a.weighted_residual() == b.weighted_residual());
  CHECK(a.work().pushes == b.work().pushes);
  CHECK(a.work().entries == b.work().entries);
}

void check_slices(int samples) {
  Push used;
  for (int s = 0; s < samples; ++s) {
    Random random(s + 1);
    const System system = random_system(random, 80);
    CsrLines lines(system.lines.view());
    const PushOrder order = all_orders[s % 4];
    // Goals that end in all ways, the refresh of the residual among them.
    const double shares[] = {1e-4, 1e-12, 1e-15, 0};
    const PushGoal goal{shares[s / 4 % 4] * system.conditions.rows.uniform, 0};
    const std::int32_t v = random.below(system.lines.view().rows());
    Push whole, sliced;
    Outcome ends[3];
    int at = 0;
    for (Push* push : {&whole, &sliced, &used}) {
      push->begin(lines, {&system.conditions.rows, nullptr}, order,
                  system.conditions.row_contraction);
      REQUIRE(push->add(v, 0.7) == Status::ok);
      Outcome outcome = Outcome::running;
      for (int k = 0; outcome == Outcome::running && k < 10000000; ++k) {
        Budget budget(push == &sliced ? double(random.below(300)) : plenty);
        outcome = push->step(goal, budget);
      }
      ends[at++] = outcome;
    }
    CHECK(ends[0] == ends[1]);
    CHECK(ends[0] == ends[2]);
    check_same_bits(whole, sliced);
    check_same_bits(whole, used);
  }
}

/// Goals at and below what double precision can hold.
void check_rounding(int samples) {
  Push push;
  int below = 0;
  for (int s = 0; s < samples; ++s) {
    Random random(s + 1);
    const System system = random_system(random, 40);
    const std::int32_t n = system.lines.view().rows();
    const Weights& w = system.conditions.rows;
    CsrLines lines(system.lines.view());
    push.begin(lines, {&w, nullptr}, all_orders[s % 4], system.conditions.row_contraction);
    Vector f(n, 0);
    const std::int32_t v = random.below(n);
    f[v] = 1;
    REQUIRE(push.add(v, 1) == Status::ok);
    Budget budget(plenty);
    const double start = w(v);
    const double share = s % 3 == 0 ? 0 : s % 3 == 1 ? 1e-25 : 1e-15;
    const Outcome outcome = push.step({share * start, 0}, budget);
    const bool ended = outcome == Outcome::reached || outcome == Outcome::rounding;
    REQUIRE(ended);
    below += outcome == Outcome::rounding;
    check_invariant(push, system, &w, f);
    const Real left = weighted_sum(&w, true_residual(push, system.lines.view(), f));
    if (outcome == Outcome::reached) CHECK(left <= share * start);
    // What can be had was had: the residual is that of rounding p, which is at most w·|A|.
    Real held = 0;
    for (std::uint32_t k = 0; k < push.touched(); ++k) {
      const auto u = std::int32_t(push.vertex(k).id);
      held += 2 * Real(w(u)) * std::fabs(Real(push.vertex(k).value)) *
              std::fabs(Dense(system.lines.view())(u, u));
    }
    CHECK(left <= 8192 * 0x1p-53L * (held + start));
  }
  CHECK(below > samples / 3);
}

void check_late_lines(int samples) {
  Push push;
  constexpr std::int64_t shift = std::int64_t{1} << 52;
  for (int s = 0; s < samples; ++s) {
    Random random(s + 1);
    const System system = random_system(random, 60);
    const std::int32_t n = system.lines.view().rows();
    // Constant weights, as a matrix that is not loaded has.
    Weights w;
    w.dominance = Dominance::declared;
    w.uniform = 1 / system.conditions.row_margin;
    const std::size_t rooms[] = {1, 7, 1000};
    FarLines lines(system.lines.view(), shift, rooms[random.below(3)]);
    push.begin(lines, {&w, nullptr}, all_orders[s % 4], system.conditions.row_contraction);
    const std::int32_t v = random.below(n);
    Vector f(n, 0);
    f[v] = 1;
    REQUIRE(push.add(shift + v, 1) == Status::ok);
    const double shares[] = {1e-5, 1e-15};
    const PushGoal goal{shares[s / 4 % 2] * w.uniform, 0};
    Outcome outcome = Outcome::needs_lines;
    for (int k = 0; k < 2000000 && outcome == Outcome::needs_lines; ++k) {
      Budget budget(plenty);
      outcome = push.step(goal, budget);
      if (outcome != Outcome::needs_lines) break;
      REQUIRE(lines.wanted() > 0);
      lines.deliver();
      push.lines_arrived();
    }
    const bool ended = outcome == Outcome::reached ||
                       (goal.weighted_sum < 1e-10 * w.uniform && outcome == Outcome::rounding);
    REQUIRE(ended);
    const Vector r = true_residual(push, system.lines.view(), f, shift);
    CHECK(weighted_sum(&w, r) <= Real(push.recompute_sum()) + Real(push.slack()));
    if (outcome == Outcome::reached) CHECK(weighted_sum(&w, r) <= goal.weighted_sum);
  }
}

}  // namespace

LACUNA_SAMPLED(check_invariants, "the residual is f − My up to the slack, whatever was done", 80,
               20000)
LACUNA_SAMPLED(check_bounds, "no bound is ever violated", 200, 20000)
LACUNA_SAMPLED(check_one_sign, "pushes on an M-matrix leave nothing negative", 60, 10000)
LACUNA_SAMPLED(check_slices, "slices and earlier queries change no bit", 48, 4000)
LACUNA_SAMPLED(check_rounding, "tiny goals are reached or refused, and what rounding allows is had",
               48, 6000)
LACUNA_SAMPLED(check_late_lines, "lines that arrive late lead to the same guarantee", 40, 6000)
