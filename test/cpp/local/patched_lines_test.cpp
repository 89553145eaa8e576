#include "lacuna/local/patched_lines.hpp"

#include <cmath>
#include <map>
#include <vector>

#include "lacuna/local/push.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/failing_memory.hpp"
#include "support/local.hpp"

using namespace lacuna;
using namespace lacuna::test;
using Ids = std::vector<std::int64_t>;
using Doubles = std::vector<double>;

namespace {

using Row = std::map<std::int64_t, double>;

Row row_of(Lines& lines, std::int64_t v) {
  Line line;
  REQUIRE(lines.get(v, line));
  Row row;
  for (std::int32_t k = 0; k < line.count; ++k) {
    REQUIRE(row.count(line.id(k)) == 0);
    row[line.id(k)] = line.value(k);
  }
  CHECK(line.diagonal == (row.count(v) != 0 ? row[v] : 0));
  return row;
}

void check_difference(const PatchedLines& lines, std::int64_t v, const Row& before,
                      const Row& after) {
  Row expected;
  for (const auto& [id, value] : after) expected[id] += value;
  for (const auto& [id, value] : before) expected[id] -= value;
  const Line& d = lines.difference();
  CHECK(d.diagonal == (expected.count(v) != 0 ? expected[v] : 0));
  std::int32_t k = 0;
  for (const auto& [id, value] : expected) {
    if (id == v || value == 0) continue;
    REQUIRE(k < d.count);
    CHECK(d.id(k) == id);
    CHECK(d.value(k) == value);
    ++k;
  }
  CHECK(k == d.count);
}

void check_against_map(int samples) {
  for (int s = 0; s < samples; ++s) {
    Random random(s + 1);
    const std::int32_t n = random.between(2, 40);
    const CsrMatrix a = dominant(Shape::random, n, 1, Couplings::mixed, random.bits()).matrix();
    CsrLines base(a.view());
    PatchedLines lines(base);
    CHECK(lines.size() == n);
    std::map<std::int64_t, Row> patches;
    for (int t = 0; t < 60; ++t) {
      const std::int64_t v = random.below(n);
      const Row before = row_of(lines, v);
      if (random.chance(0.3)) {
        REQUIRE(lines.revert(v).ok());
        check_difference(lines, v, before, row_of(base, v));
        patches.erase(v);
      } else {
        Row after = random.chance(0.5) ? before : Row{};
        for (int k = random.below(5); k > 0; --k) after[random.below(n)] = random.sign();
        after[v] = 10;
        Ids ids;
        Doubles values;
        std::vector<std::pair<std::int64_t, double>> entries(after.begin(), after.end());
        for (const int k : random.permutation(std::int32_t(entries.size()))) {
          ids.push_back(entries[k].first), values.push_back(entries[k].second);
        }
        REQUIRE(lines.replace(v, ids, values).ok());
        check_difference(lines, v, before, after);
        patches[v] = after;
      }
      REQUIRE(lines.replaced_count() == patches.size());
      const std::int64_t u = random.below(n);
      REQUIRE(lines.replaced(u) == (patches.count(u) != 0));
      REQUIRE(row_of(lines, u) == (patches.count(u) != 0 ? patches[u] : row_of(base, u)));
    }
    // Margins and weights of what was replaced.
    Real margin = INFINITY, comparison = INFINITY;
    Weights w;
    w.dominance = Dominance::scaled;
    CHECK(w.each.allocate(n) == Status::ok);
    for (double& e : w.each.span()) e = 0.5 + random.unit();
    for (const auto& [v, row] : patches) {
      Real plain = 0, weighted = 0;
      for (const auto& [id, value] : row) {
        const Real size = id == v ? std::fabs(Real(value)) : -std::fabs(Real(value));
        plain += size;
        weighted += size * Real(w(id));
      }
      margin = std::fmin(margin, plain);
      comparison = std::fmin(comparison, weighted);
    }
    if (patches.empty()) {
      CHECK(std::isinf(lines.margin()));
      CHECK(std::isinf(lines.comparison(w)));
      continue;
    }
    CHECK(Real(lines.margin()) <= margin);
    CHECK(Real(lines.margin()) >= margin - 1e-12L);
    CHECK(Real(lines.comparison(w)) <= comparison);
    CHECK(Real(lines.comparison(w)) >= comparison - 1e-12L);
  }
}

/// A query after a change of a few rows: pushed on from the old answer, with the guarantee of the
/// new matrix, and with fewer pushes than from the start.
void check_updates(int samples) {
  double onward = 0, anew = 0;
  for (int s = 0; s < samples; ++s) {
    Random random(s + 1);
    const std::int32_t n = 100;
    Triplets t = dominant(Shape::grid, n, 1, Couplings::mixed, random.bits());
    const CsrMatrix a = t.matrix();
    CsrLines base(a.view());
    PatchedLines lines(base);
    Weights w;
    w.dominance = Dominance::declared;
    w.uniform = 1 / 0.9;  // changes below keep a margin of 0.9
    Push push;
    const auto order = static_cast<PushOrder>(s % 4);
    push.begin(lines, {&w, nullptr}, order, conditions_of(a).row_contraction);
    const std::int32_t v = random.below(n);
    REQUIRE(push.add(v, 1) == Status::ok);
    const PushGoal goal{1e-7 * w.uniform, 0};
    Budget budget(1e9);
    REQUIRE(push.step(goal, budget) == Push::Outcome::reached);
    double before = push.work().pushes;
    Dense changed(a.view());
    for (int k = 0; k < 3; ++k) {
      const std::int64_t u = random.chance(0.5) ? v : random.below(n);
      Row row = row_of(lines, u);
      for (auto& [id, value] : row) value *= 1 + 0.01 * random.unit();
      row[u] = (row[u] < 0 ? -1 : 1) * 0.99;
      for (const auto& [id, value] : row) {
        if (id != u) row[u] += (row[u] < 0 ? -1 : 1) * std::fabs(value);
      }
      Ids ids;
      Doubles values;
      for (const auto& [id, value] : row) {
        ids.push_back(id), values.push_back(value);
        changed(int(u), int(id)) = value;
      }
      REQUIRE(lines.replace(u, ids, values).ok());
      REQUIRE(push.change_line(u, lines.difference()) == Status::ok);
    }
    CHECK(lines.margin() > 0.9);
    REQUIRE(push.step(goal, budget) == Push::Outcome::reached);
    onward += push.work().pushes - before;
    Vector r(n, 0);
    r[v] = 1;
    Real gap = 0, sum = 0;
    for (std::uint32_t k = 0; k < push.touched(); ++k) {
      const int u = int(push.vertex(k).id);
      for (int j = 0; j < n; ++j) r[j] -= changed(u, j) * Real(push.vertex(k).value);
    }
    for (int j = 0; j < n; ++j) {
      const std::uint32_t k = push.find(j);
      const Real stored = k == VertexTable<Push::Vertex>::none ? 0 : Real(push.vertex(k).residual);
      gap += std::fabs(stored - r[j]) * Real(w.uniform);
      sum += std::fabs(r[j]) * Real(w.uniform);
    }
    CHECK(gap <= Real(push.slack()));
    CHECK(sum <= goal.weighted_sum);
    push.begin(lines, {&w, nullptr}, order, conditions_of(a).row_contraction);
    REQUIRE(push.add(v, 1) == Status::ok);
    REQUIRE(push.step(goal, budget) == Push::Outcome::reached);
    anew += push.work().pushes;
  }
  CHECK(onward < anew);
}

}  // namespace

LACUNA_SAMPLED(check_against_map, "replaced lines are in force, and their difference is exact", 60,
               10000)
LACUNA_SAMPLED(check_updates, "a push goes on from the old answer to the new matrix", 24, 3000)

TEST_CASE("lines that are no lines are refused, and nothing changes") {
  const CsrMatrix a = test::grid(3, 3, 1).matrix();
  CsrLines base(a.view());
  PatchedLines lines(base);
  const auto check = [&](const Fault& f, Status status, std::int64_t row, std::int64_t column) {
    CHECK(f.status == status);
    CHECK(f.position == row);
    CHECK(f.partner == column);
    CHECK(lines.replaced_count() == 0);
  };
  check(lines.replace(9, Ids{9}, Doubles{1}), Status::index_out_of_range, 9, -1);
  check(lines.replace(-1, Ids{0}, Doubles{1}), Status::index_out_of_range, -1, -1);
  check(lines.replace(2, Ids{2, 9}, Doubles{1, 1}), Status::index_out_of_range, 2, 9);
  check(lines.replace(2, Ids{2, 1}, Doubles{1, INFINITY}), Status::not_finite, 2, 1);
  check(lines.replace(2, Ids{2, 1, 2}, Doubles{1, 1, 1}), Status::duplicate_entry, 2, 2);
  check(lines.replace(2, Ids{2, 1}, Doubles{1}), Status::shape_mismatch, 2, -1);
  CHECK(row_of(lines, 2) == row_of(base, 2));
  CHECK(lines.revert(2).ok());
  CHECK(lines.difference().count == 0);
  CHECK(lines.difference().diagonal == 0);
}

TEST_CASE("a line whose old one is not at hand waits for it") {
  const CsrMatrix a = test::grid(3, 3, 1).matrix();
  FarLines base(a.view(), 1000, 5);
  PatchedLines lines(base);
  CHECK(lines.replace(1004, Ids{1004}, Doubles{9}).status == Status::not_ready);
  CHECK(base.wanted() == 1);
  CHECK_FALSE(lines.replaced(1004));
  base.deliver();
  CHECK(lines.replace(1004, Ids{1004}, Doubles{9}).ok());
  CHECK(lines.difference().count == 4);
  CHECK(lines.difference().diagonal == 4);
  base.deliver();  // takes the old one away
  Line line;
  CHECK(lines.get(1004, line));
  CHECK(lines.revert(1004).status == Status::not_ready);
  CHECK(lines.replaced(1004));
  base.deliver();
  CHECK(lines.revert(1004).ok());
  CHECK(lines.difference().diagonal == -4);
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("a change that runs out of memory did not happen") {
  const CsrMatrix a = test::grid(5, 5, 1).matrix();
  CsrLines base(a.view());
  for (int failing = 1;; ++failing) {
    PatchedLines lines(base);
    const Ids ids{7, 8}, more{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
    const Doubles values{9, 1}, many(18, 1.5);
    REQUIRE(lines.replace(7, ids, values).ok());
    Fault fault;
    bool struck;
    {
      FailingMemory memory(failing, false);
      fault = lines.replace(8, more, many);
      struck = memory.struck();
    }
    CHECK(fault.ok() == !struck);
    CHECK(row_of(lines, 7) == Row{{7, 9}, {8, 1}});
    if (!fault.ok()) {
      CHECK(fault.status == Status::out_of_memory);
      CHECK(row_of(lines, 8) == row_of(base, 8));
      CHECK(lines.replaced_count() == 1);
      REQUIRE(lines.replace(8, more, many).ok());
    }
    CHECK(row_of(lines, 8).size() == 18);
    if (!struck) break;
  }
}
#endif
