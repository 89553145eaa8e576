#include "lacuna/local/bernstein.hpp"

#include <cmath>

#include "lacuna/local/walk_plan.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"

using namespace lacuna;
using test::Random;

namespace {

struct Law {
  double mean;
  double range;
  double (*draw)(Random&, double stratum);
};

double rare(Random& random, double) { return random.chance(0.003) ? 1 : 0; }
double coin(Random& random, double) { return random.chance(0.5) ? 1 : -1; }
double sloped(Random& random, double stratum) { return stratum + 0.1 * (random.unit() - 0.5); }
double constant(Random&, double) { return 0.25; }
double mixed(Random& random, double stratum) { return random.chance(stratum) ? 1 : 0; }

PairedSample sampled(const Law& law, Random& random, int pairs) {
  PairedSample sample;
  sample.walks = 2 * pairs;
  for (int k = 0; k < pairs; ++k) {
    const double stratum = (k + 0.5) / pairs;
    const double a = law.draw(random, stratum);
    const double b = law.draw(random, stratum);
    sample.sum += a + b;
    sample.pair_sum += (a - b) * (a - b) / 2;
  }
  return sample;
}

const Law laws[] = {
    {0.003, 1, rare}, {0, 2, coin}, {0.5, 1.1, sloped}, {0.25, 1, constant}, {0.5, 1, mixed}};

void check_coverage(int repetitions) {
  Random random(5);
  const double delta = 0.1;
  const double level = bernstein_level(delta);
  for (const Law& law : laws) {
    for (const int pairs : {1, 8, 200}) {
      int misses = 0;
      int certain_misses = 0;
      const double certain = hoeffding_half_width(2 * pairs, law.range, hoeffding_level(delta));
      for (int k = 0; k < repetitions; ++k) {
        const PairedSample sample = sampled(law, random, pairs);
        const double half = bernstein_half_width(sample, law.range, level);
        misses += std::fabs(sample.mean() - law.mean) > half;
        certain_misses += std::fabs(sample.mean() - law.mean) > certain;
      }
      CHECK(misses <= delta * repetitions);
      CHECK(certain_misses <= delta * repetitions);
    }
  }
}

}  // namespace

LACUNA_SAMPLED(check_coverage, "the interval covers independent draws of any law", 2000, 100000)

TEST_CASE("no wider than the bound of Maurer and Pontil for both sides") {
  const double delta = 0.05;
  const double level = bernstein_level(delta);
  const double theirs = std::log(4 / delta);
  CHECK(level == Approx(std::log(3 / delta)));
  for (const double walks : {4.0, 100.0, 1e4, 1e8}) {
    for (const double variance : {0.0, 1e-4, 0.01, 0.25}) {
      const PairedSample sample{walks, 0, variance * walks / 2};
      const double half = bernstein_half_width(sample, 1, level);
      CHECK(half < std::sqrt(2 * variance * theirs / walks) + 7 * theirs / (3 * (walks - 1)));
      // And no smaller than Bernstein's with the variance known.
      CHECK(half > std::sqrt(2 * variance * level / walks) + level / (3 * walks));
    }
  }
  CHECK(std::isinf(bernstein_half_width(PairedSample{}, 1, level)));
}

TEST_CASE("the variance within strata is what counts") {
  Random random(6);
  const PairedSample sample = sampled(laws[2], random, 1000);
  CHECK(sample.variance() == Approx(0.01 / 12).epsilon(0.1));
  CHECK(sample.mean() == Approx(0.5).epsilon(1e-2));
}

TEST_CASE("the planned number of walks is the least that does") {
  const double level = bernstein_level(0.05);
  for (const double range : {1e-3, 1.0, 20.0}) {
    for (const double relative : {0.0, 1e-3, 0.25}) {
      for (const double part : {0.3, 1e-2, 1e-4}) {
        const double variance = relative * range * range;
        const double target = part * range;
        const double walks = bernstein_walks(variance, range, level, target);
        const auto half = [&](double n) {
          return bernstein_half_width(PairedSample{n, 0, variance * n / 2}, range, level);
        };
        CHECK(std::fmod(walks, 2) == 0);
        CHECK(half(walks) <= target);
        CHECK(half(walks - 4) > target);
      }
    }
  }
  CHECK(std::isinf(bernstein_walks(0.1, 1, level, 0)));
}

TEST_CASE("where variance is at its most the range alone asks for fewer walks") {
  const double delta = 0.05;
  const double level = hoeffding_level(delta);
  CHECK(level == Approx(std::log(2 / delta)));
  for (const double range : {1e-3, 1.0, 20.0}) {
    for (const double part : {0.3, 1e-2, 1e-4}) {
      const double target = part * range;
      const double walks = hoeffding_walks(range, level, target);
      CHECK(std::fmod(walks, 2) == 0);
      CHECK(hoeffding_half_width(walks, range, level) <= target);
      CHECK(hoeffding_half_width(walks - 4, range, level) > target);
      const double other = bernstein_level(delta);
      CHECK(walks < bernstein_walks(range * range / 4, range, other, target));
    }
    // Where it is small the other interval does with less.
    const double small =
        bernstein_walks(0.01 * range * range, range, bernstein_level(delta), 1e-3 * range);
    CHECK(small < hoeffding_walks(range, level, 1e-3 * range));
  }
  CHECK(std::isinf(hoeffding_walks(1, level, 0)));
  CHECK(std::isinf(hoeffding_half_width(0, 1, level)));
}

TEST_CASE("a stage is sized by the range where the pilot finds a large variance") {
  for (const double variance : {0.25, 0.001}) {
    WalkPlan plan;
    plan.begin(1, 0.95, 1e-3);
    WalkPlan::Stage stage;
    REQUIRE(plan.next(0, 1e9, stage));
    CHECK_FALSE(stage.by_range);
    REQUIRE(plan.next(variance, 1e9, stage));
    CHECK(stage.by_range == (variance == 0.25));
    const double level = stage.level[stage.batches - 1];
    const double half =
        stage.by_range
            ? hoeffding_half_width(stage.walks, 1, level)
            : bernstein_half_width({stage.walks, 0, variance * stage.walks / 2}, 1, level);
    CHECK(half <= 1e-3);
  }
}

TEST_CASE("stages share the confidence and never repeat a walk") {
  // What all intervals of the plan together may fail with.
  double spent = 0;
  WalkPlan plan;
  plan.begin(1, 0.95, 1e-3);
  WalkPlan::Stage stage;
  double allowed = 1e6;
  int stages = 0;
  while (plan.next(0.2, allowed, stage)) {
    double walks = 0;
    for (int k = 0; k < stage.batches; ++k) {
      CHECK(std::fmod(stage.size[k], 2) == 0);
      CHECK(stage.size[k] > 0);
      walks += stage.size[k];
      const bool certain = stage.by_range && k + 1 == stage.batches;
      spent += (certain ? 2 : 3) * std::exp(-stage.level[k]);
    }
    CHECK(walks == stage.walks);
    CHECK(walks <= allowed);
    if (stages == 0) CHECK(walks == WalkPlan::pilot_walks(1, 0.95, 1e-3));
    allowed -= walks;
    ++stages;
  }
  CHECK(stages >= 2);
  CHECK(spent <= 0.05 * (1 + 1e-12));
  CHECK(spent > 0.7 * 0.05);
}

TEST_CASE("a plan without a target takes all that it may") {
  WalkPlan plan;
  plan.begin(1, 0.9, 0);
  WalkPlan::Stage stage;
  REQUIRE(plan.next(0, 1001, stage));
  CHECK(stage.walks == 1000);
  CHECK_FALSE(plan.next(0.1, 1, stage));
}

TEST_CASE("forecasts grow with the inverse square of the target") {
  const auto forecast = [](double variance, double target) {
    return forecast_walks(1, variance, 0.95, target, 0.75);
  };
  const WalkForecast coarse = forecast(-1, 0.01);
  const WalkForecast fine = forecast(-1, 0.001);
  CHECK(fine.walks / coarse.walks == Approx(100).epsilon(0.2));
  CHECK(fine.steps == Approx(5 * fine.walks));
  CHECK(forecast(0.01, 0.001).walks < 0.1 * fine.walks);
  CHECK(forecast(-1, 1e-9).walks > 1e15);
  CHECK(forecast_walks(0, -1, 0.95, 1e-3, 0.5).walks == 0);
}
