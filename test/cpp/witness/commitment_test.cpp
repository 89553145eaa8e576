#include "lacuna/witness/commitment.hpp"

#include <set>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/hex.hpp"
#include "support/systems.hpp"

using namespace lacuna;

// Known answers: made with Python's hashlib and struct from the description in commitment.hpp.
TEST_CASE("commitments are what their description says") {
  // [4 0 -1; 0 2.5 0]
  const std::vector<std::int32_t> indptr{0, 2, 3}, indices{0, 2, 1};
  const std::vector<double> data{4, -1, 2.5}, vector{1, -0.0, 1e300};
  auto created = CsrMatrix::from_csr(2, 3, indptr, indices, data);
  REQUIRE(created.ok());
  const Digest pattern = pattern_hash(created.value().view());
  const Digest matrix = matrix_hash(pattern, data);
  const Digest rhs = vector_hash(vector);
  CHECK(test::hex(pattern) == "a31f9dbec551486ac9a3db4014899d6b226f96dd13f2fae79d1c9e36b9d4bee6");
  CHECK(test::hex(matrix) == "c19cbf7f59db6b9ca42d2a32ccf6510d8f4ead1ed909bd6f6cae709fdae5a6ee");
  CHECK(test::hex(rhs) == "4c86a6d1cfc29a0a6ac6c36b6815d0d8ebeb005f046a1e01937726b653465182");
  Action action;
  action.kind = "solve";
  action.matrix = &matrix;
  action.rhs = &rhs;
  action.plan = "plan";
  action.variant = "simd";
  action.report = "{}";
  CHECK(test::hex(action_hash(action)) ==
        "d6bb8c9fffe430a2055ad8c8d66d8678a60bb235c4f8265e664d92e7ae7911e0");
}

TEST_CASE("no two actions have one hash, wherever a text ends") {
  const Digest zero{};
  std::set<std::string> seen;
  const auto fresh = [&](const Action& action) {
    return seen.insert(test::hex(action_hash(action))).second;
  };
  Action action;
  CHECK(fresh(action));
  for (const Digest* Action::*member : {&Action::matrix, &Action::rhs, &Action::result}) {
    Action one;
    one.*member = &zero;
    CHECK(fresh(one));
  }
  for (std::string_view Action::*member :
       {&Action::kind, &Action::plan, &Action::variant, &Action::report}) {
    Action one;
    one.*member = "a";
    CHECK(fresh(one));
    one.*member = std::string_view("a\0", 2);
    CHECK(fresh(one));
  }
  action.plan = "ab";
  action.variant = "c";
  CHECK(fresh(action));
  action.plan = "a";
  action.variant = "bc";
  CHECK(fresh(action));
}

TEST_CASE("a matrix hash tells shape, pattern and every value") {
  const auto hash = [](std::int32_t rows, std::int32_t cols, std::vector<std::int32_t> indptr,
                       std::vector<std::int32_t> indices, std::vector<double> data) {
    auto created = CsrMatrix::from_csr(rows, cols, indptr, indices, data);
    REQUIRE(created.ok());
    return test::hex(matrix_hash(pattern_hash(created.value().view()), data));
  };
  std::set<std::string> seen;
  seen.insert(hash(2, 2, {0, 1, 2}, {0, 1}, {1, 1}));
  seen.insert(hash(2, 2, {0, 1, 2}, {1, 0}, {1, 1}));
  seen.insert(hash(2, 2, {0, 2, 2}, {0, 1}, {1, 1}));
  seen.insert(hash(2, 3, {0, 1, 2}, {0, 1}, {1, 1}));
  seen.insert(hash(3, 2, {0, 1, 2, 2}, {0, 1}, {1, 1}));
  seen.insert(hash(2, 2, {0, 1, 2}, {0, 1}, {1, 1 + 0x1p-52}));
  CHECK(seen.size() == 6);
}
