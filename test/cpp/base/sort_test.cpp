#include "lacuna/base/sort.hpp"

#include <algorithm>
#include <functional>
#include <vector>

#include "support/random.hpp"
#include "support/catch.hpp"

using namespace lacuna;
using lacuna::test::Random;

TEST_CASE("lists of any length and order are sorted") {
  Random random(1);
  for (std::size_t count = 0; count < 200; ++count) {
    std::vector<int> list(count);
    for (const int most : {1, 10, 1 << 20}) {
      for (int& value : list) value = random.between(0, most);
      for (const bool turned : {false, true}) {
        std::vector<int> expected = list;
        if (turned) {
          std::sort(expected.begin(), expected.end(), std::greater<>());
          sort_in_place(list.data(), count, std::greater<>());
        } else {
          std::sort(expected.begin(), expected.end());
          sort_in_place(list.data(), count);
        }
        REQUIRE(list == expected);
      }
    }
  }
}

TEST_CASE("comparisons stay below n²/2 in short lists, 2n·log₂n in long ones") {
  for (const std::size_t count : {31u, 32u, 1000u, 65536u}) {
    std::vector<int> list(count);
    for (std::size_t k = 0; k < count; ++k) list[k] = static_cast<int>(count - k);
    double compared = 0;
    sort_in_place(list.data(), count, [&](int a, int b) { return ++compared, a < b; });
    CHECK(std::is_sorted(list.begin(), list.end()));
    const double n = static_cast<double>(count);
    double log = 0;
    while ((1 << static_cast<int>(log)) < static_cast<int>(count)) ++log;
    CHECK(compared <= (count < 32 ? n * n / 2 : 2 * n * (log + 1)));
  }
}
