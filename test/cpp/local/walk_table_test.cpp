#include "lacuna/local/walk_table.hpp"

#include <cmath>
#include <map>
#include <vector>

#include "support/catch.hpp"
#include "support/failing_memory.hpp"
#include "support/random.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Random;
using test::Triplets;

namespace {

/// Row-dominant with any signs; `degree` entries a row at the most, some rows dense.
CsrMatrix sample(std::int32_t n, std::int32_t degree, double dense_rows, Random& random) {
  Triplets t(n, n);
  for (std::int32_t i = 0; i < n; ++i) {
    const bool dense = random.chance(dense_rows);
    std::map<std::int32_t, double> row;
    const std::int32_t count = dense ? 3 * n : random.below(degree + 1);
    for (std::int32_t k = 0; k < count; ++k) {
      const std::int32_t j = random.below(n);
      const double v = random.sign();
      // Entries of very different size, and zeros that are stored.
      if (j != i) row[j] = random.chance(0.1) ? 0 : random.chance(0.3) ? 1e-3 * v : v;
    }
    double sum = 0;
    for (const auto& [j, v] : row) {
      t.add(i, j, v);
      sum += std::fabs(v);
    }
    const double d = sum + 0.01 + random.unit();
    t.add(i, i, random.chance(0.3) ? -d : d);
  }
  return t.matrix();
}

WalkTable built(const CsrMatrix& a, double slice = 0, const Weights* weights = nullptr) {
  WalkTable table;
  REQUIRE(table.begin(a.view(), weights) == Status::ok);
  for (;;) {
    Budget budget = slice > 0 ? Budget(slice) : Budget();
    const TaskState state = table.step(budget);
    if (state == TaskState::done) return table;
    REQUIRE(state == TaskState::running);
  }
}

/// Probabilities that a record simulates, by vertex and sign; of long rows from its words.
std::map<std::pair<int, bool>, long double> simulated(const WalkTable& table, std::uint32_t at) {
  std::map<std::pair<int, bool>, long double> law;
  const auto add = [&](std::uint64_t to, long double p) {
    const auto target = static_cast<std::uint32_t>(to);
    law[{table.vertex(target & WalkTable::target_mask), target > WalkTable::target_mask}] += p;
  };
  const std::uint64_t* words = table.words() + at;
  const std::uint32_t last_end = table.last_end(at);
  const long double unit = 0x1p-32L;
  const long double onward = (0xffffffffu - last_end) * unit;
  if (onward == 0) return law;
  if (words[0] >> 63 == 0) {
    // Each target has an interval of draws, whose end is found by halving.
    const auto leads = [&](std::uint32_t u) { return table.onward(at, words[0], u, 0, 0); };
    for (std::uint32_t before = last_end; before != 0xffffffffu;) {
      const std::uint32_t to = leads(before + 1);
      std::uint32_t inside = before + 1, beyond = 0xffffffffu;
      if (leads(beyond) == to) inside = beyond;
      while (beyond - inside > 1) {
        const std::uint32_t middle = inside + (beyond - inside) / 2;
        (leads(middle) == to ? inside : beyond) = middle;
      }
      add(to, (inside - before) * unit);
      before = inside;
    }
    return law;
  }
  const std::uint64_t slots = words[2];
  for (std::uint64_t k = 0; k < slots; ++k) {
    const long double kept = static_cast<std::uint32_t>(words[3 + k]) * unit;
    const std::uint64_t pair = words[3 + slots + k / 2];
    add(words[3 + k] >> 32, onward * kept / slots);
    add(k % 2 == 0 ? pair & 0xffffffffu : pair >> 32, onward * (1 - kept) / slots);
  }
  return law;
}

/// The largest Σⱼ|P̃ − P|/(1 − q) over the rows, each row held against its own bound.
double check_law(const CsrView& a, const WalkTable& table) {
  double worst = 0;
  double largest = 0;
  double contraction = 0;
  for (int i = 0; i < a.rows(); ++i) {
    const std::uint32_t at = table.record(i);
    REQUIRE(table.vertex(at) == i);
    auto law = simulated(table, at);
    long double d = 0, q = 0, error = 0;
    int entries = 0;
    for (int p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      if (a.indices()[p] == i) d = a.data()[p];
    }
    for (int p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      if (a.indices()[p] == i || a.data()[p] == 0) continue;
      const long double share = -a.data()[p] / d;
      q += std::fabs(share);
      ++entries;
      auto& found = law[{a.indices()[p], share < 0}];
      error += std::fabs(found - std::fabs(share));
      found = 0;
    }
    for (const auto& [to, rest] : law) error += rest;
    const double bound =
        entries <= WalkLaw::longest_scanned ? WalkLaw::scanned_error(entries) : WalkLaw::long_error;
    CHECK(error <= bound);
    const long double end = (table.last_end(at) + 1.0L) * 0x1p-32L;
    CHECK(end >= (1 - q) * (1 - 1e-15L));
    CHECK(end <= 1 - q + WalkLaw::end_error);
    CHECK(std::fabs(table.factor(at) * d * end - 1) <= 0x1p-51L);
    worst = std::fmax(worst, static_cast<double>(error / (1 - q)));
    largest = std::fmax(largest, std::fabs(table.factor(at)));
    contraction = std::fmax(contraction, static_cast<double>(1 - end));
  }
  CHECK(table.largest_factor() == largest);
  CHECK(table.contraction() == contraction);
  return worst;
}

void check_laws(int samples) {
  Random random(3);
  for (int k = 0; k < samples; ++k) {
    const std::int32_t n = random.between(1, 70);
    const auto a = sample(n, random.between(0, 20), 0.2, random);
    const auto table = built(a);
    CHECK(check_law(a.view(), table) <= table.bias());
    CHECK(table.bias() < 1e-5);
    // The same of A·diag(w) with any w that leaves it dominant.
    Weights weights;
    REQUIRE(weights.each.allocate(static_cast<std::size_t>(n)) == Status::ok);
    for (double& w : weights.each.span()) w = 1 + 1e-4 * random.unit();
    test::Triplets scaled(n, n);
    for (std::int32_t i = 0; i < n; ++i) {
      for (std::int32_t p = a.view().indptr()[i]; p < a.view().indptr()[i + 1]; ++p) {
        const std::int32_t j = a.view().indices()[p];
        scaled.add(i, j, a.view().data()[p] * weights(j));
      }
    }
    const auto other = built(a, 0, &weights);
    CHECK(check_law(scaled.matrix().view(), other) <= other.bias());
    CHECK(other.weight(n - 1) == weights(n - 1));
  }
}

}  // namespace

LACUNA_SAMPLED(check_laws, "the table simulates the matrix within its bias", 60, 5000)

TEST_CASE("slices change nothing") {
  Random random(4);
  const auto a = sample(200, 12, 0.1, random);
  const auto whole = built(a);
  for (const double slice : {1.0, 777.0, 5000.0}) {
    const auto sliced = built(a, slice);
    REQUIRE(sliced.bytes() == whole.bytes());
    CHECK(sliced.bias() == whole.bias());
    const std::size_t words = (whole.bytes() - 4 * 200) / 8 - (WalkTable::line_words - 1);
    for (std::size_t k = 0; k < words; ++k) REQUIRE(sliced.words()[k] == whole.words()[k]);
  }
}

TEST_CASE("a row of any length is cut into slices") {
  const std::int32_t n = 40000;
  Random random(8);
  Triplets t(n, n);
  double sum = 0;
  for (std::int32_t j = 1; j < n; ++j) {
    const double v = random.unit();
    t.add(0, j, -v);
    sum += v;
    t.add(j, j, 1);
  }
  t.add(0, 0, 1.25 * sum);
  const auto a = t.matrix();
  WalkTable table;
  REQUIRE(table.begin(a.view()) == Status::ok);
  int slices = 0;
  for (TaskState state = TaskState::running; state == TaskState::running; ++slices) {
    Budget budget(2e4);
    state = table.step(budget);
    // A stretch of a long row is the most that is done too much.
    CHECK(budget.work_left() > -6e4);
  }
  CHECK(slices > 20);
  CHECK(check_law(a.view(), table) <= table.bias());
  CHECK(table.nonnegative());
}

TEST_CASE("draws follow the law") {
  Random random(9);
  const auto a = sample(40, 10, 0.3, random);
  const auto table = built(a);
  const CounterRandom source(17);
  for (std::int32_t i = 0; i < 40; ++i) {
    const std::uint32_t at = table.record(i);
    const auto law = simulated(table, at);
    std::map<std::pair<int, bool>, int> seen;
    const int draws = 20000;
    int ended = 0;
    for (int k = 0; k < draws; ++k) {
      const std::uint64_t key = source.key(static_cast<std::uint64_t>(i) * draws + k);
      const std::uint32_t u = CounterRandom::word(CounterRandom::bits(key, 0));
      if (u <= table.last_end(at)) {
        ++ended;
        continue;
      }
      const std::uint32_t to = table.onward(at, table.words()[at], u, key, 1);
      ++seen[{table.vertex(to & WalkTable::target_mask), to > WalkTable::target_mask}];
    }
    const double end = (table.last_end(at) + 1.0) * 0x1p-32;
    CHECK(std::fabs(ended - draws * end) <= 5 * std::sqrt(draws * end * (1 - end)) + 1e-4);
    int found = ended;
    for (const auto& [to, p] : law) {
      const double q = static_cast<double>(p);
      CHECK(std::fabs(seen[to] - draws * q) <= 5 * std::sqrt(draws * q) + 5);
      found += seen[to];
    }
    CHECK(found == draws);
  }
}

TEST_CASE("signs of an M-matrix are told") {
  CHECK(built(test::grid(5, 4, 0.5).matrix()).nonnegative());
  Triplets t(2, 2);
  t.add(0, 0, 2);
  t.add(0, 1, 1);
  t.add(1, 1, 2);
  CHECK_FALSE(built(t.matrix()).nonnegative());
  Triplets negative(1, 1);
  negative.add(0, 0, -2);
  CHECK_FALSE(built(negative.matrix()).nonnegative());
}

TEST_CASE("a row of up to eight entries lies in one cache line") {
  Random random(12);
  const std::int32_t n = 500;
  Triplets t(n, n);
  for (std::int32_t i = 0; i < n; ++i) {
    t.add(i, i, 20);
    const auto count = static_cast<std::int32_t>(random.unit() * 9);
    for (std::int32_t k = 1; k <= count; ++k) t.add(i, (i + 7 * k) % n, -1);
  }
  const auto a = t.matrix();
  const auto table = built(a);
  CHECK(reinterpret_cast<std::uintptr_t>(table.words()) % 64 == 0);
  for (std::int32_t i = 0; i < n; ++i) {
    const std::size_t entries = a.view().indptr()[i + 1] - a.view().indptr()[i] - 1;
    // 16 bytes for the row, 2 and 4 for an entry, each kind in whole words.
    const std::size_t words = 2 + (entries + 3) / 4 + (entries + 1) / 2;
    REQUIRE(words <= WalkTable::line_words);
    CHECK(table.record(i) % WalkTable::line_words + words <= WalkTable::line_words);
  }
  CHECK(table.reach() == 0);
}

TEST_CASE("memory follows the entries") {
  Random random(10);
  const std::int32_t n = 3000;
  Triplets t(n, n);
  for (std::int32_t i = 0; i < n; ++i) {
    t.add(i, i, 10);
    for (std::int32_t k = 1; k <= 9; ++k) t.add(i, (i + k * k * 17) % n, -1);
  }
  const auto a = t.matrix();
  CHECK(built(a).bytes() <= static_cast<std::size_t>(n) * (9 * 8 + 16 + 4) + 256);
}

TEST_CASE("what cannot be walked is refused with the row") {
  WalkTable table;
  CHECK(table.begin(test::rectangular(3, 4, 1, 1).matrix().view()) == Status::not_square);
  Budget none;
  CHECK(WalkTable().step(none) == TaskState::failed);
  for (const double diagonal : {0.0, 1.0, -0.5}) {
    Triplets t(3, 3);
    for (int i = 0; i < 3; ++i) t.add(i, i, i == 1 ? diagonal : 2);
    t.add(1, 2, 1);
    const auto a = t.matrix();
    REQUIRE(table.begin(a.view()) == Status::ok);
    Budget budget;
    CHECK(table.step(budget) == TaskState::failed);
    CHECK(table.fault().status == Status::invalid_argument);
    CHECK(table.fault().position == 1);
    CHECK_FALSE(table.ready());
  }
}

TEST_CASE("a margin that is lost in 32 bits leaves no finite bias") {
  Triplets t(2, 2);
  t.add(0, 0, 1);
  t.add(0, 1, 1 - 0x1p-40);
  t.add(1, 1, 1);
  CHECK(std::isinf(built(t.matrix()).bias()));
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("short memory is a status") {
  const auto a = test::grid(6, 6, 1).matrix();
  for (long k = 1; k <= 2; ++k) {
    WalkTable table;
    test::FailingMemory failing(k, false);
    Status status = table.begin(a.view());
    Budget budget;
    if (status == Status::ok && table.step(budget) == TaskState::failed) {
      status = table.fault().status;
    }
    CHECK(failing.struck());
    CHECK(status == Status::out_of_memory);
  }
}
#endif
