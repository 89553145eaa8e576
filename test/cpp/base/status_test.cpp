#include "lacuna/base/status.hpp"

#include <set>
#include <string>

#include "lacuna/base/reason.hpp"
#include "lacuna/solver/method.hpp"
#include "lacuna/local/query.hpp"
#include "support/catch.hpp"

using namespace lacuna;

TEST_CASE("every status, reason, method and preconditioner has a name of its own") {
  const auto check = [](auto name, int count) {
    std::set<std::string> names;
    for (int k = 0; k < count; ++k) {
      const std::string text = name(k);
      CHECK(text != "unknown");
      CHECK(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos);
      names.insert(text);
    }
    CHECK(names.size() == static_cast<std::size_t>(count));
    CHECK(std::string(name(count)) == "unknown");
    CHECK(std::string(name(-1)) == "unknown");
  };
  check([](int k) { return status_name(static_cast<Status>(k)); }, 27);
  check([](int k) { return reason_name(static_cast<Reason>(k)); }, 12);
  check([](int k) { return way_name(static_cast<Way>(k)); }, 8);
  check([](int k) { return bound_kind_name(static_cast<BoundKind>(k)); }, 8);
  check([](int k) { return method_name(static_cast<Method>(k)); }, 7);
  check([](int k) { return preconditioner_name(static_cast<PreconditionerKind>(k)); }, 5);
}

TEST_CASE("a fault without a position says so") {
  CHECK(Fault{}.ok());
  const Fault fault = Status::singular_matrix;
  CHECK_FALSE(fault.ok());
  CHECK(fault.position == -1);
  CHECK(fault.partner == -1);
}

TEST_CASE("a result holds a value or a fault") {
  Result<std::string> good(std::string("value"));
  REQUIRE(good.ok());
  CHECK(good.value() == "value");
  CHECK(good.take() == "value");
  const Result<std::string> bad(Fault{Status::not_finite, 7});
  CHECK_FALSE(bad.ok());
  CHECK(bad.fault().status == Status::not_finite);
  CHECK(bad.fault().position == 7);
}
