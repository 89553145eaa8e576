#pragma once
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include "lacuna/local/conditions.hpp"
#include "lacuna/local/walks.hpp"
#include "support/dense.hpp"
#include "support/systems.hpp"

namespace lacuna::test {

/// A small row-dominant system, a functional of its solution, and what that truly is.
struct Problem {
  CsrMatrix a;
  std::vector<double> b;
  std::vector<WalkStart> starts;
  Weights weights;
  WalkTable table;
  double margin = 0;
  double contraction = 0;
  Real truth = 0;

  Problem(CsrMatrix&& a_, std::vector<double> b_, std::vector<WalkStart> starts_)
      : a(std::move(a_)), b(std::move(b_)), starts(std::move(starts_)) {
    settle();
  }

  /// Random, of `least` … 30 rows with any signs; `dense_rows`: the share of them that have an
  /// entry nearly everywhere.
  Problem(Random& random, double dense_rows, std::int32_t least = 1)
      : a(draw(random, dense_rows, least)), b(random.vector(a.view().rows())) {
    const std::int32_t n = a.view().rows();
    const std::int32_t count = random.between(1, 2 * n);
    for (std::int32_t k = 0; k < count; ++k) {
      const std::int32_t id = random.below(n);
      starts.push_back({id, random.sign()});
    }
    settle();
  }

  /// The same with a table of A·diag(w), w near ⟨A⟩⁻¹1.
  void weigh() {
    auto conditions = measure_conditions(a.view(), false, nullptr);
    if (!conditions.ok()) throw std::runtime_error("no conditions");
    weights = std::move(conditions.value().rows);
    build();
  }

  /// Σ|s|·‖b‖∞/δ.
  double reach() const {
    double sum = 0;
    for (const WalkStart& s : starts) sum += std::fabs(s.weight);
    return sum * static_cast<double>(largest(b)) / margin;
  }

  WalkResult run(const WalkSettings& settings) const {
    LocalRhs rhs = LocalRhs::dense(b);
    Walks walks;
    if (!walks.begin(table, starts, rhs, settings).ok()) throw std::runtime_error("begin");
    Budget budget;
    const WalkOutcome outcome = walks.step(budget);
    if (outcome != WalkOutcome::reached && outcome != WalkOutcome::limit) {
      throw std::runtime_error("step");
    }
    return walks.result();
  }

 private:
  static CsrMatrix draw(Random& random, double dense_rows, std::int32_t least) {
    const std::int32_t n = random.between(least, 30);
    Triplets t(n, n);
    const double strength = 0.05 + random.unit();
    for (std::int32_t i = 0; i < n; ++i) {
      std::map<std::int32_t, double> row;
      const std::int32_t count = random.chance(dense_rows) ? 4 * n : random.below(7);
      for (std::int32_t k = 0; k < count; ++k) {
        const std::int32_t j = random.below(n);
        const double v = random.sign();
        if (j != i) row[j] = v;
      }
      double sum = 0;
      for (const auto& [j, v] : row) {
        t.add(i, j, v);
        sum += std::fabs(v);
      }
      const double d = sum * (1 + strength) + (sum == 0 ? 1 : 0);
      t.add(i, i, random.chance(0.3) ? -d : d);
    }
    return t.matrix();
  }

  void build() {
    Budget budget;
    const Weights* scaling = weights.known() ? &weights : nullptr;
    if (table.begin(a.view(), scaling) != Status::ok || table.step(budget) != TaskState::done) {
      throw std::runtime_error("no table");
    }
  }

  void settle() {
    build();
    const Dense dense(a.view());
    margin = INFINITY;
    for (int i = 0; i < dense.rows; ++i) {
      Real sum = 0;
      for (int j = 0; j < dense.cols; ++j) sum += j == i ? 0 : std::fabs(dense(i, j));
      const Real d = std::fabs(dense(i, i));
      margin = std::fmin(margin, static_cast<double>((d - sum) * (1 - 1e-15L)));
      contraction = std::fmax(contraction, static_cast<double>(sum / d * (1 + 1e-15L)));
    }
    const Elimination solved(dense, to_real(b), 0);
    for (const WalkStart& s : starts) truth += Real(s.weight) * solved.x[s.id];
  }
};

}  // namespace lacuna::test
