#include "lacuna/policy/arms.hpp"

#include <set>
#include <string>

#include "support/catch.hpp"
#include "support/systems.hpp"

namespace lacuna::test {
namespace {

std::set<std::string> fitting(const Triplets& t) {
  const Arms arms;
  const CsrMatrix matrix = t.matrix();
  const auto structure = measure_structure(matrix.view());
  REQUIRE(structure.ok());
  const std::uint64_t mask = arms.fitting(matrix.view(), structure.value());
  std::set<std::string> names;
  for (int k = 0; k < arms.count(); ++k) {
    if (mask >> k & 1) names.insert(std::string(arms.name(k)));
  }
  return names;
}

bool any_begins_with(const std::set<std::string>& names, const std::string& text) {
  const auto at = names.lower_bound(text);
  return at != names.end() && at->compare(0, text.size(), text) == 0;
}

TEST_CASE("every method of the build is an arm with all that it can be combined with", "[policy]") {
  const Arms arms;
  CHECK(arms.name(Arms::rules) == "auto");
  std::set<std::string> names;
  for (int k = 0; k < arms.count(); ++k) {
    names.insert(std::string(arms.name(k)));
    CHECK(arms.find(arms.name(k)) == k);
    CHECK(arms.find(arms[k]) == k);
    CHECK(arms.way(k) <= k);
    CHECK(arms.way(arms.way(k)) == arms.way(k));
  }
  CHECK(names.size() == static_cast<std::size_t>(arms.count()));
  for (const char* name : {"cholesky", "cholesky:amd", "cholesky:nested-dissection", "ldlt:rcm",
                           "lu:natural", "qr", "cg+none", "cg+jacobi", "cg+ic", "bicgstab+ilut"}) {
    CHECK(names.count(name) == 1);
  }
  CHECK(names.count("cg+ilut") == 0);
  CHECK(names.count("qr:amd") == 0);
  for (int m = 1; std::string(method_name(Method{m})) != "unknown"; ++m) {
    CHECK(any_begins_with(names, method_name(Method{m})));
  }
  CHECK(arms.find("cg+amg-of-next-year") == -1);
}

TEST_CASE("an arm fits exactly where its plan is not refused", "[policy]") {
  const Arms arms;
  const Triplets systems[] = {grid(6, 5),
                              quasi_definite(30, 3, 2),
                              scattered(25, 3, 3),
                              convection(6, 5, 3, 4),
                              rectangular(9, 14, 2, 5),
                              rectangular(14, 9, 2, 6)};
  for (const Triplets& t : systems) {
    const CsrMatrix matrix = t.matrix();
    const auto structure = measure_structure(matrix.view());
    const std::uint64_t mask = arms.fitting(matrix.view(), structure.value());
    for (int k = 0; k < arms.count(); ++k) {
      SolverOptions options;
      options.method = arms[k].method;
      options.preconditioner = arms[k].preconditioner;
      options.ordering = arms[k].ordering;
      const bool fits = make_plan(matrix.view(), structure.value(), options).ok();
      CHECK(((mask >> k & 1) != 0) == fits);
    }
  }
}

TEST_CASE("hard constraints prune arms", "[policy]") {
  const auto positive = fitting(grid(6, 5));
  CHECK(positive.count("cg+ic") == 1);
  CHECK(positive.count("cholesky:amd") == 1);

  const auto indefinite = fitting(quasi_definite(30, 3, 2));
  CHECK_FALSE(any_begins_with(indefinite, "cg+"));
  CHECK_FALSE(any_begins_with(indefinite, "cholesky"));
  CHECK(indefinite.count("ldlt") == 1);

  const auto unsymmetric = fitting(convection(6, 5, 3, 4));
  CHECK_FALSE(any_begins_with(unsymmetric, "cg+"));
  CHECK_FALSE(any_begins_with(unsymmetric, "ldlt"));
  CHECK(unsymmetric.count("bicgstab+ic") == 0);
  CHECK(unsymmetric.count("lu") == 1);

  CHECK(fitting(rectangular(9, 14, 2, 5)) == std::set<std::string>{"auto", "qr"});
  // A row without entries: whatever `auto` says goes.
  Triplets empty(4, 4);
  for (int i = 0; i < 3; ++i) empty.add(i, i, 1);
  CHECK(fitting(empty) == std::set<std::string>{"qr"});
}

TEST_CASE("the first arm of the rules is the first rung of auto", "[policy]") {
  const Arms arms;
  const auto first = [&](const Triplets& t) {
    const CsrMatrix matrix = t.matrix();
    return arms.name(arms.first_of_rules(matrix.view(), measure_structure(matrix.view()).value()));
  };
  CHECK(first(grid(6, 5)) == "cholesky");
  CHECK(first(quasi_definite(30, 3, 2)) == "ldlt");
  CHECK(first(scattered(25, 3, 3)) == "lu");
  CHECK(first(rectangular(9, 14, 2, 5)) == "qr");
}

TEST_CASE("what is fixed leaves the arms that agree", "[policy]") {
  const Arms arms;
  Arm fixed;
  CHECK(arms.matching(fixed) == (std::uint64_t{1} << arms.count()) - 1);
  fixed.method = Method::cholesky;
  fixed.ordering = OrderingKind::rcm;
  CHECK(arms.matching(fixed) == std::uint64_t{1} << arms.find("cholesky:rcm"));
  fixed = {};
  fixed.preconditioner = PreconditionerKind::ic;
  CHECK(arms.matching(fixed) ==
        (std::uint64_t{1} << arms.find("cg+ic") | std::uint64_t{1} << arms.find("bicgstab+ic")));
  fixed.method = Method::qr;
  CHECK(arms.matching(fixed) == 0);
}

}  // namespace
}  // namespace lacuna::test
