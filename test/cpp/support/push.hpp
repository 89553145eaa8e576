#pragma once
#include <cmath>
#include <limits>
#include <vector>

#include "lacuna/local/push.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/local.hpp"

/// What the tests of the push share.
namespace lacuna::test {

inline constexpr PushOrder all_orders[] = {PushOrder::buckets, PushOrder::fifo, PushOrder::sor,
                                           PushOrder::chebyshev};
/// Far above what any of these systems takes: a push that does not end fails instead of hanging.
inline constexpr double plenty = 2e8;

struct System {
  CsrMatrix lines;  ///< line v is column v of M
  Conditions conditions;

  explicit System(CsrMatrix&& a) : lines(std::move(a)), conditions(conditions_of(lines)) {}
};

/// One of every kind: margins 0.01 … 10, all shapes, both signs.
inline System random_system(Random& random, std::int32_t most) {
  const Shape shape = all_shapes[random.below(5)];
  const auto couplings = random.chance(0.5) ? Couplings::mixed : Couplings::negative;
  const double margins[] = {0.01, 0.1, 1, 10};
  const double margin = margins[random.below(4)];
  // A full matrix with a small margin takes n² entries for each of very many sweeps.
  const std::int32_t n = random.between(1, shape == Shape::full ? most / 5 : most);
  return System(dominant(shape, n, margin, couplings, random.bits()).matrix());
}

/// Σ w|a − b| in the units that goals are given in.
inline Real weighted_gap(const Push& push, const Weights* w, const Vector& r) {
  Real sum = 0;
  Vector stored(r.size(), 0);
  for (std::uint32_t k = 0; k < push.touched(); ++k) {
    stored[push.vertex(k).id] = push.vertex(k).residual;
  }
  for (std::size_t v = 0; v < r.size(); ++v) {
    sum += std::fabs(stored[v] - r[v]) * (w != nullptr ? Real((*w)(v)) : 1);
  }
  return sum;
}

inline Real weighted_sum(const Weights* w, const Vector& r) {
  Real sum = 0;
  for (std::size_t v = 0; v < r.size(); ++v) {
    sum += std::fabs(r[v]) * (w != nullptr ? Real((*w)(v)) : 1);
  }
  return sum;
}

/// The stored residual is the true one up to the slack, and the slack is of the size of rounding.
inline void check_invariant(const Push& push, const System& s, const Weights* w, const Vector& f) {
  const Vector r = true_residual(push, s.lines.view(), f);
  CHECK(weighted_gap(push, w, r) <= Real(push.slack()) * (1 + 1e-15L));
  CHECK(weighted_sum(w, r) <= (Real(push.recompute_sum()) + Real(push.slack())) * (1 + 1e-15L));
  const double stored = push.recompute_sum();
  CHECK(std::fabs(push.weighted_residual() - stored) <= 1e-9 * stored + push.slack());
  Real largest = 0;
  for (std::uint32_t k = 0; k < push.touched(); ++k) {
    largest = std::fmax(largest, std::fabs(Real(push.vertex(k).residual)));
  }
  CHECK(push.largest_residual() == double(largest));
}

}  // namespace lacuna::test
