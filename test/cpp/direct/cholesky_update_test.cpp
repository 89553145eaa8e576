#include "lacuna/direct/cholesky_update.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "support/cholesky.hpp"
#include "support/dense.hpp"
#include "support/failing_memory.hpp"
#include "support/spd_shapes.hpp"

using namespace lacuna;
using test::CholeskyOf;
using test::Dense;
using test::drive;
using test::Random;
using test::Triplets;

namespace {

struct Columns {
  std::vector<std::int32_t> begin{0};
  std::vector<std::int32_t> rows;
  std::vector<double> values;

  void add(std::int32_t row, double value) {
    rows.push_back(row);
    values.push_back(value);
  }
  void close() { begin.push_back(static_cast<std::int32_t>(rows.size())); }
  SparseColumns view() const { return {begin, rows, values}; }
  void scale(double factor) {
    for (double& v : values) v *= factor;
  }

  /// a + sign·W·Wᵀ.
  Dense added(Dense a, int sign) const {
    for (std::size_t j = 0; j + 1 < begin.size(); ++j) {
      for (int p = begin[j]; p < begin[j + 1]; ++p) {
        for (int q = begin[j]; q < begin[j + 1]; ++q) {
          a(rows[p], rows[q]) += sign * test::Real(values[p]) * values[q];
        }
      }
    }
    return a;
  }
};

/// Columns whose rows are some of those of a column of L.
Columns fitting(const Supernodes& s, int k, Random& random) {
  Columns w;
  for (int j = 0; j < k; ++j) {
    const std::int32_t column = random.below(s.n);
    const std::int32_t u = s.supernode_of[column];
    const std::int32_t own = column - s.first_column[u];
    w.add(s.permutation[column], random.sign());
    for (std::int32_t i = own + 1; i < s.height(u); ++i) {
      if (random.chance(0.4)) w.add(s.permutation[s.rows[s.row_begin[u] + i]], random.sign());
    }
    w.close();
  }
  return w;
}

/// max |L·Lᵀ − P A Pᵀ| / max|A|.
double distance(const Dense& a, const Supernodes& s, std::span<const double> values) {
  Dense l(s.n, s.n);
  for (std::int32_t u = 0; u < s.count; ++u) {
    for (std::int32_t j = 0; j < s.width(u); ++j) {
      for (std::int32_t i = j; i < s.height(u); ++i) {
        l(s.rows[s.row_begin[u] + i], s.first_column[u] + j) =
            values[s.value_begin[u] + i + std::size_t(j) * s.height(u)];
      }
    }
  }
  test::Real worst = 0, most = 0;
  for (int i = 0; i < s.n; ++i) {
    for (int j = 0; j <= i; ++j) {
      test::Real sum = -a(s.permutation[i], s.permutation[j]);
      most = std::fmax(most, std::fabs(sum));
      for (int p = 0; p <= j; ++p) sum += l(i, p) * l(j, p);
      worst = std::fmax(worst, std::fabs(sum));
      if (sum != sum) return 1e99;
    }
  }
  return static_cast<double>(worst / most);
}

std::vector<double> copy_of(const CholeskyOf& f) {
  const auto values = f.cholesky.values();
  return {values.begin(), values.end()};
}

/// On and below the diagonals.
bool same_factor(const Supernodes& s, std::span<const double> x, std::span<const double> y) {
  for (std::int32_t u = 0; u < s.count; ++u) {
    for (std::int32_t j = 0; j < s.width(u); ++j) {
      const std::size_t at = s.value_begin[u] + j + std::size_t(j) * s.height(u);
      if (std::memcmp(&x[at], &y[at], (s.height(u) - j) * sizeof(double)) != 0) return false;
    }
  }
  return true;
}

void check_updates(int samples) {
  Random random(521);
  for (int t = 0; t < samples; ++t) {
    for (const Triplets& shape : test::spd_shapes(t, random)) {
      CholeskyOf f(shape), sliced(shape);
      const Dense a(f.a.view());
      const Columns w = fitting(f.structure(), random.between(0, 9), random);
      CholeskyUpdate update, in_slices;
      REQUIRE(update.attach(f.structure(), f.cholesky.values().data()) == Status::ok);
      REQUIRE(in_slices.attach(sliced.structure(), sliced.cholesky.values().data()) == Status::ok);
      REQUIRE(update.begin_update(w.view(), false).ok());
      drive(update);
      REQUIRE(in_slices.begin_update(w.view(), false).ok());
      drive(in_slices, 1);
      CHECK(same_factor(f.structure(), f.cholesky.values(), sliced.cholesky.values()));
      CHECK(distance(w.added(a, 1), f.structure(), f.cholesky.values()) <= 1e-14);
      // And back.
      REQUIRE(update.begin_update(w.view(), true).ok());
      drive(update);
      CHECK(update.progress() == 1);
      CHECK(distance(a, f.structure(), f.cholesky.values()) <= 1e-12);
    }
  }
}

/// Downdates that may or may not leave a definite matrix.
void check_downdates(int samples) {
  Random random(522);
  int failed = 0, succeeded = 0;
  for (int t = 0; t < samples; ++t) {
    for (const Triplets& shape : test::spd_shapes(t, random)) {
      CholeskyOf f(shape);
      const Supernodes& s = f.structure();
      const Dense a(f.a.view());
      Columns w = fitting(s, random.between(1, 6), random);
      w.scale(random.chance(0.5) ? 0.2 : 2);
      const Dense changed = w.added(a, -1);
      Dense permuted(s.n, s.n);
      for (int i = 0; i < s.n; ++i) {
        for (int j = 0; j < s.n; ++j) permuted(i, j) = changed(s.permutation[i], s.permutation[j]);
      }
      const int bad = test::first_bad_minor(permuted, false, 0);
      const auto before = copy_of(f);
      CholeskyUpdate update;
      REQUIRE(update.attach(s, f.cholesky.values().data()) == Status::ok);
      REQUIRE(update.begin_update(w.view(), true).ok());
      if (bad < 0) {
        ++succeeded;
        drive(update);
        CHECK(distance(changed, s, f.cholesky.values()) <= 1e-12);
      } else {
        ++failed;
        drive(update, t % 2, TaskState::failed);
        CHECK(update.fault().status == Status::indefinite_matrix);
        CHECK(update.fault().position == s.permutation[bad]);
        CHECK(same_factor(s, before, f.cholesky.values()));
        drive(update, 0, TaskState::failed);
      }
    }
  }
  CHECK(failed > samples);
  CHECK(succeeded > samples);
}

Dense without_row(Dense a, int row) {
  for (int i = 0; i < a.rows; ++i) a(i, row) = a(row, i) = i == row;
  return a;
}

void check_rows(int samples) {
  Random random(523);
  for (int t = 0; t < samples; ++t) {
    for (const Triplets& shape : test::spd_shapes(t, random)) {
      CholeskyOf f(shape);
      const Supernodes& s = f.structure();
      const CsrView& a = f.a.view();
      const Dense dense(a);
      CholeskyUpdate update;
      REQUIRE(update.attach(s, f.cholesky.values().data()) == Status::ok);
      for (int again = 0; again < 3; ++again) {
        const std::int32_t row = random.below(s.n);
        REQUIRE(update.begin_delete(row).ok());
        drive(update, again);
        CHECK(distance(without_row(dense, row), s, f.cholesky.values()) <= 1e-12);
        // A row that cannot be: nothing changes.
        std::vector<std::int32_t> indices;
        std::vector<double> values, large;
        for (int p = a.indptr()[row]; p < a.indptr()[row + 1]; ++p) {
          indices.push_back(a.indices()[p]);
          values.push_back(a.data()[p]);
          large.push_back(a.indices()[p] == row ? 1e-3 : 50 * a.data()[p]);
        }
        if (indices.size() > 1) {
          const auto before = copy_of(f);
          REQUIRE(update.begin_add(row, {indices, large}).ok());
          drive(update, again, TaskState::failed);
          CHECK(update.fault().status == Status::indefinite_matrix);
          CHECK(same_factor(s, before, f.cholesky.values()));
        }
        REQUIRE(update.begin_add(row, {indices, values}).ok());
        drive(update, again);
        CHECK(distance(dense, s, f.cholesky.values()) <= 1e-12);
      }
    }
  }
}

}  // namespace

LACUNA_SAMPLED(check_updates, "rank-k updates of Cholesky, and back", 8, 500)
LACUNA_SAMPLED(check_downdates, "downdates of Cholesky: right, or refused with the pivot", 8, 500)
LACUNA_SAMPLED(check_rows, "rows deleted from Cholesky and added again", 6, 300)

TEST_CASE("an update whose entries do not fit is refused with the first pair that does not") {
  Random random(524);
  int refused = 0;
  for (int t = 0; t < 300; ++t) {
    CholeskyOf f(t % 2 ? test::grid(5, 4) : test::mesh(4, 5, t));
    const Supernodes& s = f.structure();
    Columns w;
    for (int k = 0; k < 3; ++k) w.add(random.below(s.n), 0.1);
    w.close();
    bool fits = true;
    for (const std::int32_t i : w.rows) {
      for (const std::int32_t j : w.rows) fits = fits && find_entry(s, i, j) >= 0;
    }
    CholeskyUpdate update;
    REQUIRE(update.attach(s, f.cholesky.values().data()) == Status::ok);
    const auto before = copy_of(f);
    const Fault fault = update.begin_update(w.view(), false);
    CHECK(fault.ok() == fits);
    if (fits) continue;
    ++refused;
    CHECK(fault.status == Status::pattern_mismatch);
    CHECK(find_entry(s, fault.position, fault.partner) < 0);
    CHECK(same_factor(s, before, f.cholesky.values()));
  }
  CHECK(refused > 50);
}

TEST_CASE("room for what will come: zeros in the matrix that is analyzed") {
  Triplets t = test::grid(6, 6);
  CholeskyOf f(t);
  Columns w;
  w.add(0, 1);
  w.add(35, -1);
  w.close();
  CholeskyUpdate update;
  REQUIRE(update.attach(f.structure(), f.cholesky.values().data()) == Status::ok);
  REQUIRE(update.begin_update(w.view(), false).status == Status::pattern_mismatch);
  t.add_symmetric(0, 35, 0);
  CholeskyOf roomy(t);
  REQUIRE(update.attach(roomy.structure(), roomy.cholesky.values().data()) == Status::ok);
  REQUIRE(update.begin_update(w.view(), false).ok());
  drive(update);
  CHECK(distance(w.added(Dense(roomy.a.view()), 1), roomy.structure(), roomy.cholesky.values()) <=
        1e-15);
}

TEST_CASE("an update that is given up leaves one factor or the other") {
  const auto shape = test::cube(10);
  Random random(525);
  CholeskyOf f(shape), after(shape);
  const Supernodes& s = f.structure();
  const Columns w = fitting(s, 12, random);
  CholeskyUpdate update;
  REQUIRE(update.attach(s, after.cholesky.values().data()) == Status::ok);
  REQUIRE(update.begin_update(w.view(), false).ok());
  const int slices = drive(update, 1);
  CHECK(slices > 5);
  const auto before = copy_of(f);
  bool kept = false, changed = false;
  for (int given_up = 0; given_up <= slices; ++given_up) {
    CholeskyOf one(shape);
    auto task = std::make_unique<CholeskyUpdate>();
    REQUIRE(task->attach(s, one.cholesky.values().data()) == Status::ok);
    REQUIRE(task->begin_update(w.view(), false).ok());
    for (int k = 0; k < given_up; ++k) {
      Budget little(1);
      task->step(little);
    }
    task.reset();
    const bool old = same_factor(s, before, one.cholesky.values());
    CHECK(old != same_factor(s, after.cholesky.values(), one.cholesky.values()));
    (old ? kept : changed) = true;
  }
  CHECK(kept);
  CHECK(changed);
}

TEST_CASE("what an update cannot use is refused before anything is changed") {
  CholeskyOf f(test::grid(4, 4));
  const double inf = std::numeric_limits<double>::infinity();
  CholeskyUpdate update;
  const std::vector<std::int32_t> begin{0, 2}, rows{0, 1}, outside{0, 16}, down{0, 2, 1},
      late{1, 2};
  const std::vector<double> values{1, 1}, bad{1, inf};
  CHECK(update.begin_update({begin, rows, values}, false).status == Status::not_ready);
  CHECK(update.begin_delete(0).status == Status::not_ready);
  REQUIRE(update.attach(f.structure(), f.cholesky.values().data()) == Status::ok);
  CHECK(update.begin_update({begin, outside, values}, false).position == 1);
  CHECK(update.begin_update({begin, rows, bad}, false).status == Status::not_finite);
  CHECK(update.begin_update({down, rows, values}, false).status == Status::shape_mismatch);
  CHECK(update.begin_update({late, rows, values}, false).status == Status::shape_mismatch);
  CHECK(update.begin_update({{}, {}, {}}, false).status == Status::shape_mismatch);
  CHECK(update.begin_delete(16).status == Status::index_out_of_range);
  CHECK(update.begin_delete(-1).status == Status::index_out_of_range);
  const Fault present = update.begin_add(3, {rows, values});
  CHECK((present.status == Status::invalid_argument || present.status == Status::pattern_mismatch));
  const std::vector<std::int32_t> own{3};
  const std::vector<double> four{4};
  const Fault fault = update.begin_add(3, {own, four});
  CHECK(fault.status == Status::invalid_argument);
  CHECK(fault.position == 3);
}

TEST_CASE("overflow in an update is refused, and leaves the factor") {
  CholeskyOf f(test::grid(3, 3));
  const auto before = copy_of(f);
  CholeskyUpdate update;
  REQUIRE(update.attach(f.structure(), f.cholesky.values().data()) == Status::ok);
  for (const double huge : {1.7e308, 1e300}) {
    Columns w;
    w.add(0, huge);
    w.add(1, -huge);
    w.close();
    REQUIRE(update.begin_update(w.view(), false).ok());
    Budget unlimited;
    if (update.step(unlimited) == TaskState::failed) {
      CHECK(update.fault().status == Status::indefinite_matrix);
      CHECK(same_factor(f.structure(), before, f.cholesky.values()));
    } else {
      for (std::int32_t j = 0; j < 9; ++j) {
        const std::int64_t at = find_entry(f.structure(), j, j);
        CHECK(std::isfinite(f.cholesky.values()[at]));
      }
      f.cholesky.factorize(f.a.view());
      REQUIRE(update.attach(f.structure(), f.cholesky.values().data()) == Status::ok);
    }
  }
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("an update without memory leaves the factor and can be tried again") {
  Random random(526);
  CholeskyOf f(test::cube(4));
  const Columns w = fitting(f.structure(), 3, random);
  const auto before = copy_of(f);
  int refused = 0;
  for (long k = 1; k < 30; ++k) {
    CholeskyUpdate update;
    Fault fault;
    {
      test::FailingMemory memory(k, true);
      fault = update.attach(f.structure(), f.cholesky.values().data());
      if (fault.ok()) fault = update.begin_update(w.view(), false);
    }
    if (fault.ok()) break;
    ++refused;
    CHECK(fault.status == Status::out_of_memory);
    CHECK(same_factor(f.structure(), before, f.cholesky.values()));
    REQUIRE(update.attach(f.structure(), f.cholesky.values().data()) == Status::ok);
    REQUIRE(update.begin_update(w.view(), false).ok());
  }
  CHECK(refused > 5);
}
#endif
