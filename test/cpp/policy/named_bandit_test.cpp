#include "lacuna/policy/named_bandit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/fail_everywhere.hpp"
#include "support/random.hpp"

using namespace lacuna;

namespace {

const std::string_view three_arms("days\0weekday\0months\0", 20);

NamedBandit made(std::uint64_t seed = 1, std::int32_t max_contexts = 100) {
  BanditOptions options;
  options.arms = 3;
  options.seed = seed;
  NamedBandit bandit;
  REQUIRE(bandit.begin(options, three_arms, max_contexts) == Status::ok);
  return bandit;
}

std::string saved(const NamedBandit& bandit) {
  Buffer<char> text;
  REQUIRE(bandit.write(text) == Status::ok);
  return {text.data(), text.size()};
}

/// Chooses and learns, so that what it becomes depends on every choice.
void live(NamedBandit& bandit, int steps, std::uint64_t seed, int contexts = 7) {
  test::Random random(seed);
  for (int k = 0; k < steps; ++k) {
    const std::string context = "context " + std::to_string(random.below(contexts));
    const Result<BanditChoice> choice = bandit.choose(context);
    REQUIRE(choice.ok());
    const std::int32_t arm = choice.value().arm;
    const bool censored = random.chance(0.2);
    REQUIRE(bandit.record(context, arm, {random.chance(0.8), 1 + arm + random.unit(), censored}) ==
            Status::ok);
  }
}

std::string pointer_of(const StateFault& fault) { return fault.pointer.data(); }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// A text that differs in its values: one character replaced, removed or doubled, a part cut out or
/// moved, a tail cut off.
std::string damaged(const std::string& text, test::Random& random) {
  std::string copy = text;
  const auto size = static_cast<std::int32_t>(text.size());
  const std::int32_t at = random.below(size);
  const std::int32_t length = random.between(1, std::min(40, size - at));
  switch (random.below(6)) {
    case 0:
    case 1: copy[at] = static_cast<char>(random.below(256)); break;
    case 2: copy.erase(at, 1); break;
    case 3: copy.erase(at, length); break;
    case 4: copy.resize(at); break;
    default: copy.insert(random.below(size), text.substr(at, length)); break;
  }
  return copy;
}

void check_damage(int samples) {
  NamedBandit bandit = made();
  live(bandit, 200, 1);
  const std::string text = saved(bandit);
  test::Random random(2);
  for (int k = 0; k < samples;) {
    const std::string other = damaged(text, random);
    NamedBandit restored = made(5);
    live(restored, 3, 3);
    const std::string before = saved(restored);
    const StateFault fault = restored.restore(other);
    // Another way to write the same values is no damage: a digit past the precision of a double,
    // a space.
    if (fault.ok() && saved(restored) == text) continue;
    INFO(other);
    REQUIRE(!fault.ok());
    REQUIRE(saved(restored) == before);
    ++k;
  }
}

}  // namespace

LACUNA_SAMPLED(check_damage, "every damaged state is refused", 1000, 50000)

TEST_CASE("a restored bandit goes on as the one that was saved") {
  NamedBandit bandit = made(0xfedcba9876543210u);
  live(bandit, 300, 1);
  const std::string text = saved(bandit);
  NamedBandit restored;
  const StateFault fault = restored.restore(text);
  INFO(fault.reason << " " << pointer_of(fault));
  REQUIRE(fault.ok());
  CHECK(saved(restored) == text);
  live(bandit, 300, 2);
  live(restored, 300, 2);
  CHECK(saved(restored) == saved(bandit));
}

TEST_CASE("the same seed and history give the same state in WebAssembly") {
  // The other half of this test is in test/js/runtime/bandit.test.ts.
  NamedBandit bandit = made(7, 1024);
  for (int k = 0; k < 300; ++k) {
    const std::string context = "context " + std::to_string(k % 4);
    const Result<BanditChoice> choice = bandit.choose(context);
    REQUIRE(choice.ok());
    const std::int32_t arm = choice.value().arm;
    const double cost = (1 + arm) * (1 + k % 7);
    REQUIRE(bandit.record(context, arm, {k % 4 != 1, cost, k % 5 == 0}) == Status::ok);
  }
  const std::string text = saved(bandit);
  CHECK(text.substr(text.size() - 66, 64) ==
        "12f4e8fb749d8e471eae7ca312441c717cde76036635f74279be1ad61bf728ec");
}

TEST_CASE("without a cut-off a state survives too") {
  BanditOptions options;
  options.cut_off = std::numeric_limits<double>::infinity();
  NamedBandit bandit;
  REQUIRE(bandit.begin(options, std::string_view("a\0b\0", 4), 10) == Status::ok);
  NamedBandit restored;
  REQUIRE(restored.restore(saved(bandit)).ok());
  CHECK(restored.bandit().options() == options);
}

TEST_CASE("a fault of a state is named by its pointer") {
  NamedBandit bandit = made();
  REQUIRE(bandit.record("a/b", 1, {true, 2, false}) == Status::ok);
  REQUIRE(bandit.record("c", 2, {true, 2, false}) == Status::ok);
  const std::string text = saved(bandit);
  const auto refused = [&](const std::string& from, const std::string& to, const char* pointer,
                           Status status = Status::damaged_bytes) {
    INFO(from << " -> " << to);
    NamedBandit other;
    const StateFault fault = other.restore(replaced(text, from, to));
    CHECK(status_name(fault.fault.status) == std::string(status_name(status)));
    CHECK(pointer_of(fault) == pointer);
  };
  refused("lacuna-bandit", "lacuna-policy", "/schema", Status::invalid_argument);
  refused("\"version\":1", "\"version\":2", "/version", Status::invalid_argument);
  refused("\"version\":1", "\"version\":\"1\"", "/version", Status::invalid_argument);
  refused("\"weekday\"", "\"days\"", "/arms/1");
  refused("\"weekday\"", "\"\"", "/arms/1");
  refused("\"maxContexts\":100", "\"maxContexts\":1", "/contexts");
  refused("\"maxContexts\":100", "\"maxContexts\":1.5", "/maxContexts");
  refused("\"cutOff\":4", "\"cutOff\":1", "/cutOff");
  refused("\"seed\":\"1\"", "\"seed\":1", "/seed");
  refused("\"seed\":\"1\"", "\"seed\":\"18446744073709551616\"", "/seed");
  refused("\"seed\":\"1\"", "\"seed\":\"2\"", "/checksum");
  refused("\"seed\":", "\"need\":", "/need");
  refused("\"seed\":\"1\",", "", "/seed");
  refused("\"seed\":\"1\",", "\"seed\":\"1\",\"seed\":\"1\",", "");
  refused("\"name\":\"c\"", "\"name\":\"a/b\"", "/contexts/1/name");
  refused("\"name\":\"c\"", "\"mane\":\"c\"", "/contexts/1/name");
  refused("\"recorded\":1", "\"recorded\":0.5", "/contexts/0/arms/1/recorded");
  refused("\"recorded\":1", "\"recorded\":2", "/checksum");
  refused("\"kappa\":1.01", "\"kappa\":-1.01", "/contexts/0/arms/1/cost/kappa");
  refused("\"kappa\":1.01", "\"kappa\":1.01,\"kappa\":1.01", "/contexts/0/arms/1/cost/kappa");
  refused("\"chosen\":0", "\"ch/~n\":0", "/contexts/0/arms/0/chosen");
  refused("\"chosen\":0", "\"chosen\":0,\"ch/~n\":0", "/contexts/0/arms/0/ch~1~0n");
  NamedBandit other;
  const StateFault fault = other.restore(text.substr(0, 100));
  CHECK(fault.fault.status == Status::damaged_bytes);
  CHECK(fault.fault.position == 101);
  CHECK(pointer_of(other.restore("[]")).empty());
}

TEST_CASE("the context used least recently makes room") {
  NamedBandit bandit = made(1, 3);
  for (const char* context : {"a", "b", "c"}) REQUIRE(bandit.choose(context).ok());
  REQUIRE(bandit.record("a", 0, {true, 1, false}) == Status::ok);
  REQUIRE(bandit.choose("d").ok());  // in place of b
  CHECK(bandit.find("b") == -1);
  CHECK(bandit.contexts() == 3);
  CHECK(bandit.evicted() == 1);
  REQUIRE(bandit.choose("b").ok());  // in place of c
  CHECK(bandit.find("c") == -1);
  REQUIRE(bandit.find("a") >= 0);
  CHECK(bandit.bandit().record_of(bandit.find("a"), 0).recorded == 1);
  CHECK(bandit.bandit().record_of(bandit.find("b"), 0).recorded == 0);
}

TEST_CASE("contexts are found by name among many, through evictions") {
  NamedBandit bandit = made(1, 50);
  test::Random random(4);
  std::vector<int> order;  // by use, oldest first
  for (int k = 0; k < 3000; ++k) {
    const int context = random.below(80);
    REQUIRE(bandit.choose(std::to_string(context)).ok());
    order.erase(std::remove(order.begin(), order.end(), context), order.end());
    order.push_back(context);
    if (order.size() > 50) order.erase(order.begin());
    if (k % 50 != 0) continue;
    REQUIRE(bandit.contexts() == static_cast<int>(order.size()));
    for (int name = 0; name < 80; ++name) {
      const bool kept = std::find(order.begin(), order.end(), name) != order.end();
      const std::int32_t found = bandit.find(std::to_string(name));
      REQUIRE((found >= 0) == kept);
      if (kept) REQUIRE(bandit.context_name(found) == std::to_string(name));
    }
  }
}

TEST_CASE("merging is learning in sequence") {
  NamedBandit one = made(1);
  NamedBandit other = made(2);
  NamedBandit both = made(1);
  test::Random random(5);
  for (NamedBandit* half : {&one, &other}) {
    for (int k = 0; k < 200; ++k) {
      const std::string context = std::to_string(random.below(half == &one ? 5 : 8));
      const std::int32_t arm = random.below(3);
      const BanditOutcome outcome{random.chance(0.7), 1 + random.unit(), false};
      REQUIRE(half->record(context, arm, outcome) == Status::ok);
      REQUIRE(both.record(context, arm, outcome) == Status::ok);
    }
  }
  REQUIRE(one.merge(other) == Status::ok);
  REQUIRE(one.contexts() == both.contexts());
  for (std::int32_t k = 0; k < both.contexts(); ++k) {
    const std::int32_t merged = one.find(both.context_name(k));
    REQUIRE(merged >= 0);
    for (std::int32_t arm = 0; arm < 3; ++arm) {
      const ArmRecord& a = one.bandit().record_of(merged, arm);
      const ArmRecord& b = both.bandit().record_of(k, arm);
      CHECK(a.success == b.success);
      CHECK(a.recorded == b.recorded);
      CHECK(std::fabs(a.cost.mean - b.cost.mean) < 1e-12);
      CHECK(std::fabs(a.cost.kappa - b.cost.kappa) < 1e-12 * b.cost.kappa);
      CHECK(std::fabs(a.cost.alpha - b.cost.alpha) < 1e-12 * b.cost.alpha);
      CHECK(std::fabs(a.cost.beta - b.cost.beta) < 1e-11 * b.cost.beta);
    }
  }
  // The order of use is that of the sequence.
  const auto names = [](const NamedBandit& bandit) {
    std::string list;
    const std::string text = saved(bandit);
    for (std::size_t at = 0; (at = text.find("\"name\":", at)) != std::string::npos; ++at) {
      list += text.substr(at + 7, 4);
    }
    return list;
  };
  CHECK(names(one) == names(both));
}

TEST_CASE("only bandits of the same kind merge") {
  NamedBandit one = made();
  CHECK(one.merge(one) == Status::invalid_argument);
  BanditOptions options;
  options.arms = 3;
  NamedBandit other;
  REQUIRE(other.begin(options, std::string_view("days\0weekday\0years\0", 19), 100) == Status::ok);
  CHECK(one.merge(other) == Status::shape_mismatch);
  options.cost.kappa = 2;
  REQUIRE(other.begin(options, three_arms, 100) == Status::ok);
  CHECK(one.merge(other) == Status::shape_mismatch);
}

TEST_CASE("names of arms and contexts have their rules") {
  BanditOptions options;
  NamedBandit bandit;
  const std::string longest(NamedBandit::longest_name, 'x');
  const std::string list = longest + '\0' + "b" + '\0';
  CHECK(bandit.begin(options, list, 1) == Status::ok);
  CHECK(bandit.choose(longest).ok());
  CHECK(bandit.choose("").ok());
  CHECK(bandit.choose(longest + "x").fault().status == Status::invalid_argument);
  CHECK(bandit.record("a", 2, {}) == Status::invalid_argument);
  CHECK(bandit.record("a", 0, {true, -1, false}) == Status::invalid_argument);
  CHECK(bandit.find("a") == -1);
  for (const std::string_view bad :
       {std::string_view("a\0a\0", 4), std::string_view("a\0\0", 3), std::string_view("a\0b", 3),
        std::string_view("a\0", 2), std::string_view("a\0b\0c\0", 6), std::string_view()}) {
    CHECK(bandit.begin(options, bad, 1) == Status::invalid_argument);
  }
  CHECK(bandit.begin(options, "x" + list, 1) == Status::invalid_argument);
  CHECK(bandit.begin(options, list, 0) == Status::invalid_argument);
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("bandits survive any failure of memory") {
  NamedBandit other = made(2);
  live(other, 100, 6, 40);
  const std::string text = saved(other);
  Buffer<char> out;
  test::fail_everywhere(
      [&] {
        NamedBandit bandit;
        BanditOptions options;
        options.arms = 3;
        Status status = bandit.begin(options, three_arms, 100);
        for (int k = 0; status == Status::ok && k < 40; ++k) {
          const char name[] = {static_cast<char>('0' + k)};
          status = bandit.choose({name, 1}).fault().status;
          // What was refused left nothing.
          if (status != Status::ok && bandit.find({name, 1}) != -1) status = Status::internal;
        }
        if (status == Status::ok) {
          status = bandit.merge(other);
          if (status != Status::ok && bandit.contexts() != 40) status = Status::internal;
        }
        if (status == Status::ok) {
          status = bandit.restore(text).fault.status;
          if (status != Status::ok && bandit.contexts() != 40 + other.contexts())
            status = Status::internal;
        }
        return status == Status::ok ? bandit.write(out) : status;
      },
      [&](Status status) {
        if (status == Status::ok) CHECK(std::string(out.data(), out.size()) == text);
      });
}
#endif
