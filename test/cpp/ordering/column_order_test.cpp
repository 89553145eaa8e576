#include "lacuna/ordering/column_order.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "support/catch.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Random;
using test::Triplets;

namespace {

std::vector<int> order_of(const CsrView& a, double work = 0) {
  ColumnOrder order;
  REQUIRE(order.begin(PatternView(a)) == Status::ok);
  TaskState state = TaskState::running;
  while (state == TaskState::running) {
    Budget budget = work > 0 ? Budget(work) : Budget();
    state = order.step(budget);
  }
  REQUIRE(state == TaskState::done);
  const auto found = order.take();
  return {found.span().begin(), found.span().end()};
}

/// Entries of the Cholesky factor of AᵀA in this order of columns, by merging sets of columns.
long fill(const CsrView& a, const std::vector<int>& order) {
  const int n = a.cols();
  std::vector<int> place(n);
  for (int k = 0; k < n; ++k) place[order[k]] = k;
  std::vector<std::set<int>> below(n);
  const auto add = [&](const std::set<int>& clique) {
    if (clique.empty()) return;
    below[*clique.begin()].insert(clique.begin(), clique.end());
  };
  for (int i = 0; i < a.rows(); ++i) {
    std::set<int> row;
    for (int p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) row.insert(place[a.indices()[p]]);
    add(row);
  }
  long entries = 0;
  for (int k = 0; k < n; ++k) {
    below[k].erase(k);
    entries += 1 + static_cast<long>(below[k].size());
    add(below[k]);
  }
  return entries;
}

void check_orders(int samples) {
  Random random(11);
  for (int k = 0; k < samples; ++k) {
    const int rows = random.between(1, 60), cols = random.between(1, 60);
    const auto a = test::arbitrary(rows, cols, 4 * random.unit() / cols, k).matrix();
    auto order = order_of(a.view());
    CHECK(order == order_of(a.view(), 1));
    std::sort(order.begin(), order.end());
    for (int j = 0; j < cols; ++j) REQUIRE(order[j] == j);
  }
}

}  // namespace

LACUNA_SAMPLED(check_orders, "a column order is a permutation, however it is sliced", 200, 20000)

TEST_CASE("a column order of a grid fills in far less than the natural one") {
  const auto a = test::convection(30, 30, 2, 1).matrix();
  std::vector<int> natural(900);
  for (int k = 0; k < 900; ++k) natural[k] = k;
  const long ours = fill(a.view(), order_of(a.view()));
  CHECK(ours < 0.62 * double(fill(a.view(), natural)));
}

TEST_CASE("a column order beats a random one on scattered patterns") {
  for (int seed = 0; seed < 4; ++seed) {
    const auto a = test::scattered(200, 1.5, seed).matrix();
    Random random(seed);
    CHECK(fill(a.view(), order_of(a.view())) <
          0.7 * double(fill(a.view(), random.permutation(200))));
  }
}

TEST_CASE("an arrow loses nothing, and a dense row does not matter") {
  const int n = 400;
  Triplets t(n, n);
  for (int i = 0; i < n; ++i) {
    t.add(i, i, 1);
    if (i > 0) t.add(0, i, 1);
    if (i > 0) t.add(i, 0, 1);
  }
  const auto a = t.matrix();
  CHECK(order_of(a.view()).back() == 0);
}
