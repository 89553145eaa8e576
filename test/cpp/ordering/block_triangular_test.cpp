#include "lacuna/ordering/block_triangular.hpp"

#include <algorithm>
#include <vector>

#include "lacuna/ordering/matching.hpp"
#include "support/catch.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Random;
using test::Triplets;

namespace {

BlockTriangularForm form_of(const CsrView& a, const Matching& m, double work = 0) {
  BlockTriangularSearch search;
  REQUIRE(search.begin(PatternView(a), m.line_of_index.span()) == Status::ok);
  TaskState state = TaskState::running;
  while (state == TaskState::running) {
    Budget budget = work > 0 ? Budget(work) : Budget();
    state = search.step(budget);
  }
  REQUIRE(state == TaskState::done);
  return search.take();
}

Matching match(const CsrView& a) {
  MaximumMatching search;
  REQUIRE(search.begin(PatternView(a)) == Status::ok);
  Budget budget;
  REQUIRE(search.step(budget) == TaskState::done);
  return search.take();
}

/// reach(j, k): the row matched with j leads to column k in any number of steps.
std::vector<char> closure(const CsrView& a, const Matching& m) {
  const int n = a.rows();
  std::vector<char> reach(std::size_t(n) * n, 0);
  for (int j = 0; j < n; ++j) {
    reach[std::size_t(j) * n + j] = 1;
    const int i = m.line_of_index[j];
    for (int p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p)
      reach[std::size_t(j) * n + a.indices()[p]] = 1;
  }
  for (int via = 0; via < n; ++via) {
    for (int j = 0; j < n; ++j) {
      if (!reach[std::size_t(j) * n + via]) continue;
      for (int k = 0; k < n; ++k) reach[std::size_t(j) * n + k] |= reach[std::size_t(via) * n + k];
    }
  }
  return reach;
}

void check(const CsrView& a) {
  const Matching m = match(a);
  if (!m.perfect()) return;
  const int n = a.rows();
  const auto form = form_of(a, m);
  std::vector<int> place_of_col(n, -1), block(n);
  for (int b = 0; b < form.blocks(); ++b) {
    REQUIRE(form.start[b] < form.start[b + 1]);
    for (int k = form.start[b]; k < form.start[b + 1]; ++k) block[k] = b;
  }
  REQUIRE(form.start[form.blocks()] == n);
  for (int k = 0; k < n; ++k) {
    REQUIRE(place_of_col[form.cols[k]] == -1);
    place_of_col[form.cols[k]] = k;
    CHECK(form.rows[k] == m.line_of_index[form.cols[k]]);
    if (k > 0 && block[k] == block[k - 1]) CHECK(form.cols[k] > form.cols[k - 1]);
  }
  for (int k = 0; k < n; ++k) {
    const int i = form.rows[k];
    for (int p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p)
      CHECK(block[place_of_col[a.indices()[p]]] >= block[k]);
  }
  const auto reach = closure(a, m);
  for (int j = 0; j < n; ++j) {
    for (int k = 0; k < n; ++k) {
      const bool strong = reach[std::size_t(j) * n + k] && reach[std::size_t(k) * n + j];
      REQUIRE(strong == (block[place_of_col[j]] == block[place_of_col[k]]));
    }
  }
  const auto sliced = form_of(a, m, 2);
  CHECK(std::equal(form.cols.span().begin(), form.cols.span().end(), sliced.cols.span().begin()));
}

void check_forms(int samples) {
  Random random(9);
  for (int k = 0; k < samples; ++k) {
    check(test::scattered(random.between(1, 40), 1.5 * random.unit(), k).matrix().view());
    check(test::arbitrary(12, 12, 0.25, k).matrix().view());
  }
}

}  // namespace

LACUNA_SAMPLED(check_forms, "blocks are the strongly connected components, in order", 60, 3000)

TEST_CASE("a triangular matrix has blocks of one, either way round") {
  for (const bool upper : {false, true}) {
    Triplets t(30, 30);
    for (int i = 0; i < 30; ++i) {
      for (int j = 0; j <= i; ++j) upper ? t.add(j, i, 1) : t.add(i, j, 1);
    }
    const auto a = t.matrix();
    const auto form = form_of(a.view(), match(a.view()));
    REQUIRE(form.blocks() == 30);
    for (int k = 0; k < 30; ++k) CHECK(form.cols[k] == (upper ? k : 29 - k));
  }
}

TEST_CASE("a long cycle is one block, a long chain none, without recursion") {
  const int n = 300000;
  for (const bool closed : {false, true}) {
    Triplets t(n, n);
    for (int i = 0; i < n; ++i) {
      t.add(i, i, 1);
      if (i + 1 < n || closed) t.add(i, (i + 1) % n, 1);
    }
    const auto a = t.matrix();
    CHECK(form_of(a.view(), match(a.view())).blocks() == (closed ? 1 : n));
  }
}
