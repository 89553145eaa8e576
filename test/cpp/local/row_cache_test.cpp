#include "lacuna/local/row_cache.hpp"

#include <algorithm>
#include <cmath>
#include <list>
#include <map>
#include <vector>

#include "support/catch.hpp"
#include "support/failing_memory.hpp"
#include "support/local.hpp"
#include "support/random.hpp"

using namespace lacuna;
using namespace lacuna::test;
using Ids = std::vector<std::int64_t>;
using Doubles = std::vector<double>;

namespace {

constexpr std::int64_t far_away = std::int64_t{1} << 53;

RowCache cache_of(std::int64_t n, const Declared& declared = {},
                  std::size_t limit = RowCache::default_limit) {
  auto made = RowCache::create(n, declared, limit);
  REQUIRE(made.ok());
  return made.take();
}

struct Supply {
  std::vector<std::int32_t> counts;
  Ids ids;
  Doubles values;

  void row(const Ids& row_ids, const Doubles& row_values) {
    counts.push_back(std::int32_t(row_ids.size()));
    ids.insert(ids.end(), row_ids.begin(), row_ids.end());
    values.insert(values.end(), row_values.begin(), row_values.end());
  }
  Fault to(RowCache& cache) const { return cache.supply(counts, ids, values); }
};

/// What became of one row, asked for and supplied alone.
Fault offer(RowCache& cache, std::int64_t v, const Ids& ids, const Doubles& values) {
  Line line;
  if (!cache.get(v, line)) {
    Supply s;
    s.row(ids, values);
    const Fault fault = s.to(cache);
    CHECK(cache.get(v, line) == fault.ok());
    return fault;
  }
  return Status::internal;
}

void check_row(const Line& line, std::int64_t v, const std::map<std::int64_t, double>& row) {
  REQUIRE(std::size_t(line.count) == row.size());
  std::int32_t k = 0;
  for (const auto& [id, value] : row) {
    REQUIRE(line.id(k) == id);
    REQUIRE(line.value(k) == value);
    if (id == v) REQUIRE(line.diagonal == value);
    ++k;
  }
}

/// Against a list in the order of use: what is here are the most recently used ones, each as it was
/// supplied, and memory stays within the limit.
void check_lru(int samples) {
  for (int s = 0; s < samples; ++s) {
    Random random(s + 1);
    const std::size_t limit = 6000 + random.below(60000);
    const int longest = random.between(1, 40);
    RowCache cache = cache_of(far_away, {}, limit);
    std::map<std::int64_t, std::map<std::int64_t, double>> matrix;
    std::list<std::int64_t> used;  // most recent first; may hold what has gone
    double found = 0, asked = 0;
    for (int t = 0; t < 400; ++t) {
      const std::int64_t v = far_away - 1 - random.below(random.chance(0.5) ? 10 : 300);
      Line line;
      ++asked;
      const bool here = cache.get(v, line);
      if (!here) {
        auto& row = matrix[v];
        if (row.empty()) {
          row[v] = 1 + random.unit();
          for (int k = random.below(longest); k > 0; --k) {
            row[std::int64_t(random.bits() >> 11)] = random.sign();
          }
        }
        // In any order of its entries.
        std::vector<std::pair<std::int64_t, double>> entries(row.begin(), row.end());
        const auto order = random.permutation(std::int32_t(entries.size()));
        Supply supply;
        Ids ids;
        Doubles values;
        for (const int k : order) {
          ids.push_back(entries[k].first), values.push_back(entries[k].second);
        }
        supply.row(ids, values);
        REQUIRE(supply.to(cache).ok());
        REQUIRE(cache.get(v, line));
      }
      found += here;
      check_row(line, v, matrix[v]);
      used.remove(v);
      used.push_front(v);
      REQUIRE(cache.bytes() <= limit + 64 * 40 + 12000);  // lists of one wanted row on top
    }
    // Those that are here come before all that are not, in the order of use.
    int before_gap = 0;
    bool gap = false;
    for (const std::int64_t v : Ids(used.begin(), used.end())) {
      RowCache& c = cache;
      const bool here = c.forget(v);
      if (here) REQUIRE_FALSE(gap);
      before_gap += here;
      gap = gap || !here;
    }
    CHECK(before_gap > 0);
    CHECK(cache.rows() == 0);
    CHECK(cache.work().hits == asked);
    CHECK(cache.work().misses == asked - found);
    CHECK(cache.work().rows == asked - found);
  }
}

}  // namespace

LACUNA_SAMPLED(check_lru, "the cache keeps what was used last, unchanged, within its limit", 40,
               5000)

TEST_CASE("rows are asked for once, in order") {
  RowCache cache = cache_of(far_away);
  Line line;
  for (const std::int64_t v : {far_away - 1, std::int64_t{4}, far_away - 1, std::int64_t{0}}) {
    CHECK_FALSE(cache.get(v, line));
  }
  CHECK(Ids(cache.wanted().begin(), cache.wanted().end()) == Ids{far_away - 1, 4, 0});
  CHECK(cache.batch().size() == 3);
  // A prefix may come first.
  Supply first;
  first.row({far_away - 1, 0}, {2, -1});
  REQUIRE(first.to(cache).ok());
  CHECK(Ids(cache.wanted().begin(), cache.wanted().end()) == Ids{4, 0});
  CHECK_FALSE(cache.get(4, line));
  CHECK_FALSE(cache.get(7, line));
  CHECK(Ids(cache.wanted().begin(), cache.wanted().end()) == Ids{4, 0, 7});
  REQUIRE(cache.get(far_away - 1, line));
  CHECK(line.diagonal == 2);
  CHECK(line.id(0) == 0);
  cache.clear();
  CHECK(cache.wanted().empty());
  CHECK(cache.rows() == 0);
  CHECK_FALSE(cache.get(far_away - 1, line));
}

TEST_CASE("what is no cache is refused") {
  CHECK(RowCache::create(0, {}).fault().status == Status::invalid_size);
  CHECK(RowCache::create(far_away + 1, {}).fault().status == Status::invalid_size);
  CHECK(RowCache::create(far_away, {}).ok());
  Declared bad;
  bad.row_margin = NAN;
  CHECK(RowCache::create(9, bad).fault().status == Status::invalid_argument);
}

TEST_CASE("rows that are no rows are refused, and nothing is taken in") {
  const auto fault = [](const Supply& supply) {
    RowCache cache = cache_of(10);
    Line line;
    cache.get(3, line);
    cache.get(4, line);
    const Fault f = supply.to(cache);
    CHECK(cache.rows() == 0);
    CHECK(cache.wanted().size() == 2);
    // Asked for as before, it can still come.
    Supply good;
    good.row({3}, {1});
    good.row({4}, {1});
    CHECK(good.to(cache).ok());
    return f;
  };
  const auto second = [&](const Ids& ids, const Doubles& values) {
    Supply s;
    s.row({3}, {1});
    s.row(ids, values);
    return fault(s);
  };
  const auto check = [](const Fault& f, Status status, std::int64_t row, std::int64_t column) {
    CHECK(f.status == status);
    CHECK(f.position == row);
    CHECK(f.partner == column);
  };
  check(second({4, 10}, {1, 1}), Status::index_out_of_range, 4, 10);
  check(second({-1, 4}, {1, 1}), Status::index_out_of_range, 4, -1);
  check(second({4, 5}, {1, NAN}), Status::not_finite, 4, 5);
  check(second({4, 5, 5}, {1, 1, 1}), Status::duplicate_entry, 4, 5);
  check(second({5, 4, 5}, {1, 1, 1}), Status::duplicate_entry, 4, 5);
  check(second({5}, {1}), Status::declaration_violated, 4, 4);
  check(second({4, 5}, {0, 1}), Status::declaration_violated, 4, 4);
  check(second({}, {}), Status::declaration_violated, 4, 4);
  Supply s;
  s.row({3}, {1});
  s.counts = {2};
  CHECK(fault(s).status == Status::shape_mismatch);
  s.counts = {-1};
  CHECK(fault(s).status == Status::shape_mismatch);
  s.counts = {};
  CHECK(fault(s).status == Status::shape_mismatch);
  s.counts = {1, 0, 0};
  CHECK(fault(s).status == Status::shape_mismatch);
  s.counts = {1};
  s.values.push_back(1);
  CHECK(fault(s).status == Status::shape_mismatch);
}

TEST_CASE("symmetry is held against rows that are here and those that come together") {
  Declared d;
  d.symmetric = true;
  const auto after = [&](const Ids& ids, const Doubles& values) {
    RowCache cache = cache_of(100, d);
    CHECK(offer(cache, 1, {1, 2, 9}, {5, -1, 2}).ok());
    return offer(cache, 2, ids, values);
  };
  CHECK(after({1, 2}, {-1, 5}).ok());
  CHECK(after({2, 1}, {5, -1}).ok());
  CHECK(after({1, 2}, {-1.5, 5}).status == Status::declaration_violated);
  CHECK(after({1, 2}, {-1.5, 5}).position == 2);
  CHECK(after({1, 2}, {-1.5, 5}).partner == 1);
  const auto together = [&](double other, bool sorted) {
    RowCache cache = cache_of(100, d);
    Line line;
    cache.get(1, line);
    cache.get(2, line);
    Supply s;
    s.row({1, 2}, {5, -1});
    sorted ? s.row({1, 2}, {other, 5}) : s.row({2, 1}, {5, other});
    const Fault fault = s.to(cache);
    CHECK(cache.rows() == (fault.ok() ? 2 : 0));
    return fault.status;
  };
  for (const bool sorted : {true, false}) {
    CHECK(together(-1, sorted) == Status::ok);
    CHECK(together(-2, sorted) == Status::declaration_violated);
  }
}

TEST_CASE("a supply that is larger than the cache keeps its first rows") {
  RowCache cache = cache_of(100000, {}, 8000);
  Line line;
  Supply supply;
  for (std::int64_t v = 0; v < 1000; ++v) {
    cache.get(v, line);
    supply.row({v, v + 1}, {4, 1});
  }
  CHECK(cache.batch().size() < 1000);
  CHECK(cache.batch().size() >= 1);
  REQUIRE(supply.to(cache).ok());
  CHECK(cache.bytes() - 1000 * 24 < 60000);
  const std::uint32_t kept = cache.rows();
  CHECK(kept > 20);
  CHECK(cache.work().turned_away == 1000 - kept);
  for (std::int64_t v = 0; v < kept; ++v) CHECK(cache.get(v, line));
  CHECK(cache.wanted().empty());
  CHECK_FALSE(cache.get(kept, line));
  CHECK(cache.wanted().size() == 1);
}

TEST_CASE("a row larger than the cache is named") {
  RowCache cache = cache_of(100000, {}, 8000);
  Ids ids;
  Doubles values;
  for (std::int64_t v = 0; v < 2000; ++v) ids.push_back(v), values.push_back(1);
  CHECK(offer(cache, 3, {3}, {1}).ok());
  Line line;
  cache.get(4, line);
  cache.get(5, line);
  Supply supply;
  supply.row(ids, values);
  supply.row({5}, {1});
  const Fault fault = supply.to(cache);
  CHECK(fault.status == Status::out_of_memory);
  CHECK(fault.position == 4);
  CHECK(Ids(cache.wanted().begin(), cache.wanted().end()) == Ids{4, 5});
}

TEST_CASE("a row of a quarter of the limit finds room, whatever was there before") {
  for (const std::size_t limit : {std::size_t{5000}, std::size_t{33000}, std::size_t{1000000}}) {
    for (const int short_row : {1, 7, 100}) {
      RowCache cache = cache_of(far_away, {}, limit);
      for (std::int64_t v = 0; v < std::int64_t(limit) / 20; ++v) {
        Ids ids;
        for (int k = 0; k < short_row; ++k) ids.push_back(v + k);
        REQUIRE(offer(cache, v, ids, Doubles(short_row, 1)).ok());
      }
      std::size_t length = 1;
      while (EntryArena::bytes_for(EntryArena::block_for(length + 1)) <= limit / 4) ++length;
      Ids ids;
      for (std::size_t k = 0; k < length; ++k) ids.push_back(1000000 + std::int64_t(k));
      CHECK(offer(cache, 1000000, ids, Doubles(length, 1)).ok());
    }
  }
}

TEST_CASE("short and long rows take turns in the same memory") {
  Random random(4);
  const std::size_t limit = 60000;
  RowCache cache = cache_of(far_away, {}, limit);
  for (int phase = 0; phase < 12; ++phase) {
    const int length = phase % 2 == 0 ? 3 : 900;
    for (std::int64_t v = 0; v < 200; ++v) {
      const std::int64_t id = phase * 1000 + v;
      Ids ids;
      Doubles values;
      for (int k = 0; k < length; ++k) ids.push_back(id + k), values.push_back(1 + k);
      REQUIRE(offer(cache, id, ids, values).ok());
      Line line;
      REQUIRE(cache.get(id, line));
      REQUIRE(line.count == length);
      REQUIRE(line.value(length - 1) == length);
    }
  }
  CHECK(cache.work().evictions > 1000);
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("a cache that runs out of memory goes on with what it has") {
  for (int failing = 1; failing < 12; ++failing) {
    for (const bool lasting : {false, true}) {
      RowCache cache = cache_of(1000);
      Supply supply;
      for (std::int64_t v = 0; v < 40; ++v) supply.row({v + 1, v}, {1, 4});
      Line line;
      bool struck = false, failed = false;
      Fault fault;
      std::size_t wanted = 0;
      {
        FailingMemory memory(failing, lasting);
        for (std::int64_t v = 0; v < 40; ++v) cache.get(v, line);
        failed = cache.failed();
        wanted = cache.wanted().size();
        if (wanted == 40) fault = cache.supply(supply.counts, supply.ids, supply.values);
        struck = memory.struck();
      }
      if (struck && lasting && wanted < 40) CHECK(failed);
      if (!fault.ok()) CHECK(fault.status == Status::out_of_memory);
      // Whatever is not here is asked for, and comes.
      for (int round = 0; round < 3; ++round) {
        Supply rest;
        for (std::int64_t v = 0; v < 40; ++v) cache.get(v, line);
        for (const std::int64_t v : cache.wanted()) rest.row({v, v + 1}, {4, 1});
        REQUIRE(rest.to(cache).ok());
      }
      CHECK(cache.rows() == 40);
      for (std::int64_t v = 0; v < 40; ++v) {
        REQUIRE(cache.get(v, line));
        check_row(line, v, {{v, 4}, {v + 1, 1}});
      }
    }
  }
}
#endif
