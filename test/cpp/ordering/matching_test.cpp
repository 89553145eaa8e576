#include "lacuna/ordering/matching.hpp"

#include <algorithm>
#include <vector>

#include "support/catch.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Random;
using test::Triplets;

namespace {

Matching match(const CsrView& a, double work = 0) {
  MaximumMatching search;
  REQUIRE(search.begin(PatternView(a)) == Status::ok);
  TaskState state = TaskState::running;
  while (state == TaskState::running) {
    Budget budget = work > 0 ? Budget(work) : Budget();
    state = search.step(budget);
  }
  REQUIRE(state == TaskState::done);
  return search.take();
}

/// Kuhn's algorithm, written down plainly.
struct Kuhn {
  const CsrView a;
  std::vector<int> row_of_col;
  std::vector<char> seen;

  explicit Kuhn(const CsrView& a_) : a(a_), row_of_col(a_.cols(), -1) {}

  bool augment(int i) {
    for (int p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      const int j = a.indices()[p];
      if (seen[j]) continue;
      seen[j] = 1;
      if (row_of_col[j] >= 0 && !augment(row_of_col[j])) continue;
      row_of_col[j] = i;
      return true;
    }
    return false;
  }
  int rank() {
    int found = 0;
    for (int i = 0; i < a.rows(); ++i) {
      seen.assign(a.cols(), 0);
      found += augment(i);
    }
    return found;
  }
};

void check(const CsrView& a) {
  const Matching m = match(a);
  int pairs = 0;
  for (int i = 0; i < a.rows(); ++i) {
    const int j = m.index_of_line[i];
    if (j < 0) continue;
    ++pairs;
    REQUIRE(j < a.cols());
    CHECK(m.line_of_index[j] == i);
    const int* begin = a.indices() + a.indptr()[i];
    CHECK(std::binary_search(begin, a.indices() + a.indptr()[i + 1], j));
  }
  CHECK(std::count_if(m.line_of_index.span().begin(), m.line_of_index.span().end(),
                      [](int i) { return i >= 0; }) == pairs);
  CHECK(m.rank == pairs);
  CHECK(m.rank == Kuhn(a).rank());
  CHECK(m.perfect() == (pairs == a.rows() && pairs == a.cols()));
  const Matching sliced = match(a, 3);
  CHECK(std::equal(m.index_of_line.span().begin(), m.index_of_line.span().end(),
                   sliced.index_of_line.span().begin()));
}

void check_matchings(int samples) {
  Random random(7);
  for (int k = 0; k < samples; ++k) {
    const int rows = random.between(1, 40), cols = random.between(1, 40);
    check(test::arbitrary(rows, cols, 3 * random.unit() / cols, k).matrix().view());
    check(test::arbitrary(rows, rows, 2 * random.unit() / rows, k).matrix().view());
    check(test::scattered(rows, 2 * random.unit(), k).matrix().view());
  }
}

}  // namespace

LACUNA_SAMPLED(check_matchings, "a maximum matching is a matching and as large as Kuhn's", 60, 5000)

TEST_CASE("a full diagonal is kept") {
  const auto a = test::convection(6, 5, 3, 1).matrix();
  const Matching m = match(a.view());
  for (int i = 0; i < 30; ++i) CHECK(m.index_of_line[i] == i);
  CHECK(m.first_free_line() == -1);
}

TEST_CASE("long augmenting paths need no stack") {
  // The last row only fits where every other pair moves on by one.
  const int n = 200000;
  Triplets t(n, n);
  for (int i = 0; i + 1 < n; ++i) {
    t.add(i, i, 1);
    t.add(i, i + 1, 1);
  }
  t.add(n - 1, 0, 1);
  const auto a = t.matrix();
  CHECK(match(a.view()).perfect());
}

TEST_CASE("what is left over is named") {
  Triplets t(4, 4);
  for (const int i : {0, 1, 2}) t.add(i, 1, 1);
  t.add(0, 0, 1);
  t.add(3, 3, 1);
  const auto a = t.matrix();
  const Matching m = match(a.view());
  CHECK(m.rank == 3);
  CHECK((m.first_free_line() == 1 || m.first_free_line() == 2));
  CHECK(m.first_free_index() == 2);
}
