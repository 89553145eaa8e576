#include "lacuna/policy/bandit.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "lacuna/base/elementary.hpp"
#include "lacuna/policy/truncated_student.hpp"
#include "support/catch.hpp"
#include "support/quadrature.hpp"
#include "support/random.hpp"

using namespace lacuna;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

Bandit made(const BanditOptions& options, std::int32_t contexts = 1) {
  Bandit bandit;
  REQUIRE(bandit.begin(options) == Status::ok);
  REQUIRE(bandit.reserve(contexts) == Status::ok);
  for (std::int32_t k = 0; k < contexts; ++k) bandit.add_context();
  return bandit;
}

/// Distribution of an arm's score: a Student-t variable less ln of a Beta variable.
class Score {
 public:
  explicit Score(const ArmRecord& record)
      : t_(record.cost.marginal_mean()), success_(record.success) {}

  double density(double s) const {
    return over_chance([&](double log_p) {
      const double t = (s + log_p - t_.location) / t_.scale;
      return std::exp(log_constant() - (t_.dof + 1) / 2 * std::log1p(t * t / t_.dof)) / t_.scale;
    });
  }
  double above(double s) const {
    return over_chance([&](double log_p) {
      return truncated_student(t_.dof, (s + log_p - t_.location) / t_.scale).probability;
    });
  }
  double centre() const { return t_.location - std::log(success_.mean()); }
  double width() const { return t_.scale; }

 private:
  double log_constant() const {
    return std::lgamma((t_.dof + 1) / 2) - std::lgamma(t_.dof / 2) -
           0.5 * std::log(t_.dof * std::acos(-1.0));
  }
  template <class F>
  double over_chance(F&& f) const {
    const double a = success_.alpha;
    const double b = success_.beta;
    const double log_beta = std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
    return test::integrate_unit(
        [&](double p, double q) {
          return std::exp((a - 1) * std::log(p) + (b - 1) * std::log(q) - log_beta) *
                 f(std::log(p));
        },
        1.0 / 8);
  }

  StudentT t_;
  BetaPosterior success_;
};

/// The chance that Thompson sampling chooses each arm: P(its score is the least).
std::vector<double> exact_chances(const Bandit& bandit, std::int32_t arms) {
  std::vector<Score> scores;
  for (std::int32_t k = 0; k < arms; ++k) scores.emplace_back(bandit.record_of(0, k));
  std::vector<double> chances;
  for (std::int32_t k = 0; k < arms; ++k) {
    chances.push_back(test::integrate_line(
        scores[k].centre(), scores[k].width(),
        [&](double s) {
          double product = scores[k].density(s);
          for (std::int32_t j = 0; j < arms; ++j) {
            if (j != k && product > 0) product *= scores[j].above(s);
          }
          return product;
        },
        1.0 / 8));
  }
  return chances;
}

void check_frequencies(int draws) {
  test::Random random(1);
  for (int round = 0; round < 4; ++round) {
    BanditOptions options;
    options.arms = 3;
    options.seed = static_cast<std::uint64_t>(round);
    options.cost = {1, 0.5, 1.5, 1};
    Bandit bandit = made(options);
    for (std::int32_t arm = 0; arm < options.arms; ++arm) {
      for (int k = random.between(1, 8); k > 0; --k) {
        const bool censored = random.chance(0.25);
        const bool succeeded = random.chance(0.8);
        REQUIRE(bandit.record(0, arm, {succeeded, std::exp(1 + random.sign()), censored}) ==
                Status::ok);
      }
    }
    const std::vector<double> exact = exact_chances(bandit, options.arms);
    CHECK(std::fabs(exact[0] + exact[1] + exact[2] - 1) < 1e-3);
    double told[3];
    bandit.chances(0, draws, told);
    std::vector<int> chosen(3);
    for (int k = 0; k < draws; ++k) ++chosen[bandit.choose(0).arm];
    for (int k = 0; k < 3; ++k) {
      INFO("round " << round << ", arm " << k << ", chance " << exact[k]);
      // 4.5 standard deviations, and the quadrature's error.
      const double allowed = 4.5 * std::sqrt(exact[k] * (1 - exact[k]) / draws) + 1e-3;
      CHECK(std::fabs(double(chosen[k]) / draws - exact[k]) < allowed);
      CHECK(std::fabs(told[k] - exact[k]) < allowed);
    }
  }
}

}  // namespace

LACUNA_SAMPLED(check_frequencies, "arms are chosen with the chance that theirs is the least score",
               4000, 400000)

TEST_CASE("outcomes go to the posteriors of their arm and context alone") {
  BanditOptions options;
  options.arms = 3;
  options.cost = {2, 0.1, 1, 1};
  Bandit bandit = made(options, 2);
  REQUIRE(bandit.record(1, 2, {true, 8, false}) == Status::ok);
  REQUIRE(bandit.record(1, 2, {false, 3, false}) == Status::ok);
  REQUIRE(bandit.record(1, 2, {std::nullopt, 5, true}) == Status::ok);
  NormalPosterior cost = options.cost;
  cost.update(natural_log(8));
  cost.update(natural_log(3));
  cost.update_censored(natural_log(5));
  const ArmRecord& record = bandit.record_of(1, 2);
  CHECK(record.cost == cost);
  CHECK(record.success == BetaPosterior{2, 2});
  CHECK(record.recorded == 3);
  CHECK(record.censored == 1);
  for (std::int32_t context = 0; context < 2; ++context) {
    for (std::int32_t arm = 0; arm < 3 - context; ++arm) {
      CHECK(bandit.record_of(context, arm).cost == options.cost);
      CHECK(bandit.record_of(context, arm).success == options.success);
      CHECK(bandit.record_of(context, arm).recorded == 0);
    }
  }
}

TEST_CASE("a losing arm is cut off, the incumbent never") {
  BanditOptions options;
  options.cut_off = 3;
  Bandit bandit = made(options);
  for (int k = 0; k < 3; ++k) CHECK(bandit.choose(0).limit == infinity);
  // Dearer than the prior has it: an arm that was never run is no incumbent all the same.
  for (int k = 0; k < 5; ++k) REQUIRE(bandit.record(0, 1, {true, 5, false}) == Status::ok);
  int cut = 0;
  for (int k = 0; k < 200; ++k) {
    const BanditChoice choice = bandit.choose(0);
    CHECK(choice.incumbent == 1);
    const double predicted = exponential(bandit.record_of(0, 1).cost.mean);
    CHECK(choice.limit == (choice.arm == 1 ? infinity : 3 * predicted));
    cut += choice.arm == 0;
  }
  CHECK(cut > 0);
  CHECK(cut < 200);
}

TEST_CASE("a cost that is none is refused, and so are options that make no sense") {
  Bandit bandit = made({});
  for (const double cost : {0.0, -1.0, infinity, std::nan("")}) {
    CHECK(bandit.record(0, 0, {true, cost, false}) == Status::invalid_argument);
  }
  CHECK(bandit.record_of(0, 0).recorded == 0);
  const auto refused = [](auto&& change) {
    BanditOptions options;
    change(options);
    return Bandit().begin(options) == Status::invalid_argument;
  };
  CHECK(refused([](BanditOptions& o) { o.arms = 0; }));
  CHECK(refused([](BanditOptions& o) { o.cut_off = 1; }));
  CHECK(refused([](BanditOptions& o) { o.cut_off = std::nan(""); }));
  CHECK(refused([](BanditOptions& o) { o.success.alpha = 0; }));
  CHECK(refused([](BanditOptions& o) { o.cost.kappa = -1; }));
  CHECK(refused([](BanditOptions& o) { o.cost.mean = infinity; }));
}

TEST_CASE("asking for chances changes no choice") {
  Bandit one = made({});
  Bandit other = made({});
  double told[2];
  for (int k = 0; k < 50; ++k) {
    one.chances(0, 10, told);
    CHECK(one.choose(0).arm == other.choose(0).arm);
  }
}

TEST_CASE("choices of a bandit that learns are the same everywhere") {
  BanditOptions options;
  options.arms = 5;
  options.seed = 9;
  Bandit bandit = made(options, 3);
  test::Random random(2);
  std::uint64_t hash = 0;
  for (int k = 0; k < 3000; ++k) {
    const std::int32_t context = k % 3;
    const BanditChoice choice = bandit.choose(context);
    hash = hash * 1099511628211u + static_cast<std::uint64_t>(choice.arm);
    hash = hash * 1099511628211u + __builtin_bit_cast(std::uint64_t, choice.predicted);
    const double cost = (1 + choice.arm) * (0.5 + random.unit());
    const bool censored = cost > choice.limit;
    const bool succeeded = random.chance(0.9);
    const BanditOutcome outcome{censored ? std::optional<bool>() : succeeded,
                                censored ? choice.limit : cost, censored};
    REQUIRE(bandit.record(context, choice.arm, outcome) == Status::ok);
  }
  CHECK(hash == 0xb2e6ba17987cab1au);
}
