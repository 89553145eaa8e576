#include <cmath>
#include <limits>
#include <string>

#include "lacuna/policy/json_checksum.hpp"
#include "lacuna/policy/json_reader.hpp"
#include "lacuna/policy/json_writer.hpp"
#include "support/catch.hpp"
#include "support/fail_everywhere.hpp"
#include "support/random.hpp"

using namespace lacuna;

namespace {

std::string written(const JsonDocument& document) {
  Buffer<char> text;
  REQUIRE(write_json(document, text) == Status::ok);
  return {text.data(), text.size()};
}

/// What reading and writing make of a text.
std::string through(std::string_view text) {
  JsonDocument document;
  REQUIRE(read_json(text, document).ok());
  return written(document);
}

std::string checksum(std::string_view text) {
  JsonDocument document;
  REQUIRE(read_json(text, document).ok());
  const auto hex = json_checksum(document);
  return {hex.data(), hex.size()};
}

double number_through(double value) {
  JsonDocument document;
  JsonBuilder builder(document);
  builder.number(value);
  REQUIRE(builder.status() == Status::ok);
  const std::string text = written(document);
  JsonDocument back;
  REQUIRE(read_json(text, back).ok());
  return JsonView(back).number();
}

void check_numbers(int samples) {
  test::Random random(1);
  for (int k = 0; k < samples; ++k) {
    const double value = __builtin_bit_cast(double, random.bits());
    if (std::isfinite(value)) REQUIRE(number_through(value) == value);
  }
}

}  // namespace

LACUNA_SAMPLED(check_numbers, "every double reads back from its text", 2000, 1000000)

TEST_CASE("numbers are written in few digits") {
  CHECK(through("[0.1,1e2,-2.50,0.30000000000000004,1e-300,-0.0,9007199254740993]") ==
        "[0.1,100,-2.5,0.30000000000000004,1e-300,0,9007199254740992]");
}

TEST_CASE("a document reads back as it was written") {
  const std::string text =
      R"({"a":[],"b":{},"c":[[1,[]],{"d":null,"e":[true,false]}],"":"","f":"\u0022\u005c\u0001é"})";
  CHECK(through(text) == text);
  CHECK(through(" { \"x\" : [ 1 , 2 ] }\n") == R"({"x":[1,2]})");
  CHECK(through("\"\\n\\u00e9\\ud83d\\ude00\"") == "\"\\u000aé😀\"");
}

TEST_CASE("values are found by their keys and in their order") {
  JsonDocument document;
  REQUIRE(read_json(R"({"a":[1,[2,3],4],"b":{"c":"d"}})", document).ok());
  const JsonView root(document);
  const JsonView a = root.find("a");
  CHECK(a.size() == 3);
  CHECK(a.first().number() == 1);
  CHECK(a.first().next().first().next().number() == 3);
  CHECK(a.first().next().next().number() == 4);
  CHECK(!a.first().next().next().next());
  CHECK(root.find("b").find("c").text() == "d");
  CHECK(root.find("b").key() == "b");
  CHECK(!root.find("c"));
  CHECK(!a.find("c"));
}

TEST_CASE("what is no JSON is refused with its place") {
  for (const auto& [text, position] : {std::pair<const char*, int>{"", 1},
                                       {"{", 2},
                                       {"[1,]", 4},
                                       {"[1] 2", 5},
                                       {"nul", 4},
                                       {"{\"a\":1,}", 8},
                                       {"[01]", 3},
                                       {"\"\xff\"", 2},
                                       {"[1e999]", 6},
                                       {"\"\\ud800\"", 8}}) {
    INFO(text);
    JsonDocument document;
    const Fault fault = read_json(text, document);
    CHECK(fault.status == Status::damaged_bytes);
    CHECK(fault.position == position);
  }
}

TEST_CASE("depth and members have their limits") {
  JsonDocument document;
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(read_json(nested(JsonDocument::deepest), document).ok());
  CHECK(read_json(nested(JsonDocument::deepest + 1), document).status == Status::damaged_bytes);
  CHECK(read_json(std::string(1000000, '['), document).status == Status::damaged_bytes);
  const auto members = [](int count) {
    std::string text = "{";
    for (int k = 0; k < count; ++k) text += (k > 0 ? ",\"" : "\"") + std::to_string(k) + "\":0";
    return text + "}";
  };
  CHECK(read_json(members(JsonDocument::most_members), document).ok());
  CHECK(read_json(members(JsonDocument::most_members + 1), document).status ==
        Status::damaged_bytes);
}

TEST_CASE("what JSON cannot hold is not built") {
  JsonDocument document;
  JsonBuilder builder(document);
  builder.begin_array();
  builder.number(std::numeric_limits<double>::infinity());
  CHECK(builder.status() == Status::damaged_bytes);
}

TEST_CASE("a checksum knows values, not how they are written") {
  const std::string sum = checksum(R"({"a":[1,0.5],"b":"x","c":{"d":true,"e":null}})");
  CHECK(sum.size() == 64);
  CHECK(checksum(R"( {"c":{"e":null, "d":true}, "b":"\u0078", "a":[1.0,5e-1]})") == sum);
  CHECK(checksum(R"({"a":[1,0.5],"b":"x","c":{"d":true,"e":null},"checksum":"y"})") == sum);
  for (const char* other : {R"({"a":[0.5,1],"b":"x","c":{"d":true,"e":null}})",
                            R"({"a":[1,0.5000000000000001],"b":"x","c":{"d":true,"e":null}})",
                            R"({"a":[1,0.5],"b":"y","c":{"d":true,"e":null}})",
                            R"({"a":[1,0.5],"b":"x","c":{"d":false,"e":null}})",
                            R"({"a":[1,0.5],"b":"x","c":{"d":true,"f":null}})",
                            R"({"a":[1,0.5],"b":"x","c":{"d":true,"e":0}})",
                            R"({"a":[1,0.5],"b":"x","c":{"d":true,"e":null,"checksum":1}})",
                            R"({"a":[1,0.5,[]],"b":"x","c":{"d":true,"e":null}})"}) {
    INFO(other);
    CHECK(checksum(other) != sum);
  }
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("documents survive any failure of memory") {
  std::string text = "{\"list\":[";
  for (int k = 0; k < 500; ++k) text += "{\"name\":\"" + std::to_string(k) + "\",\"value\":0.1},";
  text += "0]}";
  Buffer<char> out;
  test::fail_everywhere(
      [&] {
        JsonDocument document;
        const Status status = read_json(text, document).status;
        return status == Status::ok ? write_json(document, out) : status;
      },
      [&](Status status) {
        if (status == Status::ok) CHECK(std::string(out.data(), out.size()) == text);
      });
}
#endif
