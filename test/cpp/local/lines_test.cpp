#include "lacuna/local/lines.hpp"

#include <vector>

#include "support/catch.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using namespace lacuna::test;

TEST_CASE("the lines of a loaded matrix are its rows, short and long") {
  for (const double density : {0.05, 0.3, 0.9}) {
    const CsrMatrix a = arbitrary(40, 40, density, 7).matrix();
    const CsrView view = a.view();
    CsrLines lines(view);
    CHECK(lines.size() == 40);
    // One that was used for another kind of line before.
    const std::int64_t stale = 5;
    Line line;
    line.ids64 = &stale;
    line.scale = 3;
    line.diagonal = 9;
    for (int i = 0; i < 40; ++i) {
      REQUIRE(lines.get(i, line));
      REQUIRE(line.count == view.indptr()[i + 1] - view.indptr()[i]);
      double diagonal = 0;
      for (int k = 0; k < line.count; ++k) {
        const int p = view.indptr()[i] + k;
        CHECK(line.id(k) == view.indices()[p]);
        CHECK(line.value(k) == view.data()[p]);
        if (view.indices()[p] == i) diagonal = view.data()[p];
      }
      CHECK(line.diagonal == diagonal);
      CHECK(line.ids64 == nullptr);
    }
  }
}

TEST_CASE("a line without values has its scale everywhere") {
  const std::int64_t ids[] = {std::int64_t{1} << 52, 3};
  Line line;
  line.ids64 = ids;
  line.count = 2;
  line.scale = -0.5;
  CHECK(line.id(0) == std::int64_t{1} << 52);
  CHECK(line.value(1) == -0.5);
  const double values[] = {4, 6};
  line.values = values;
  CHECK(line.value(1) == -3);
}
