#include "lacuna/policy/state_reader.hpp"

#include <cmath>
#include <cstring>
#include <limits>

#include "lacuna/policy/json_checksum.hpp"
#include "lacuna/policy/json_reader.hpp"

namespace lacuna {
namespace {

/// Writes a JSON pointer from its end to its beginning.
class BackwardPointer {
 public:
  void add(std::string_view key) {
    for (std::size_t k = key.size(); k-- > 0;) {
      if (key[k] == '~') {
        put("~0");
      } else if (key[k] == '/') {
        put("~1");
      } else {
        put({&key[k], 1});
      }
    }
    put("/");
  }
  void add(std::int32_t index) {
    char digits[10];
    char* at = digits + sizeof digits;
    do {
      *--at = static_cast<char>('0' + index % 10);
      index /= 10;
    } while (index > 0);
    add(std::string_view(at, static_cast<std::size_t>(digits + sizeof digits - at)));
  }
  /// The last characters are those that matter, should it be too long.
  void copy_to(std::array<char, 256>& out) const {
    std::memcpy(out.data(), at_, static_cast<std::size_t>(end() - at_));
    out[static_cast<std::size_t>(end() - at_)] = 0;
  }

 private:
  const char* end() const { return text_ + sizeof text_; }
  void put(std::string_view text) {
    if (text.size() > static_cast<std::size_t>(at_ - text_)) return;
    at_ -= text.size();
    std::memcpy(at_, text.data(), text.size());
  }

  char text_[255];
  char* at_ = text_ + sizeof text_;
};

}  // namespace

StateReader::StateReader(std::string_view text, std::string_view schema, std::int32_t version,
                         std::initializer_list<std::string_view> keys) {
  const Fault fault = read_json(text, document_);
  if (!fault.ok()) {
    fault_.fault = fault;
    fault_.reason = fault.status == Status::out_of_memory ? "memory is short" : "is not JSON";
    return;
  }
  root_ = JsonView(document_);
  check_frame(schema, version, keys);
}

void StateReader::check_frame(std::string_view schema, std::int32_t version,
                              std::initializer_list<std::string_view> keys) {
  if (!root_.is(JsonKind::object)) return refuse(root_, "must be an object");
  const JsonView named = root_.find("schema");
  if (named.text() != schema) {
    return refuse(root_, "schema", "is not the schema expected", Status::invalid_argument);
  }
  const JsonView numbered = root_.find("version");
  if (!numbered.is(JsonKind::number) || numbered.number() != version) {
    return refuse(root_, "version", "is not a version known here", Status::invalid_argument);
  }
  for (JsonView member = root_.first(); member; member = member.next()) {
    bool known = member.node() == named.node() || member.node() == numbered.node() ||
                 member.key() == "checksum";
    for (const std::string_view key : keys) known |= member.key() == key;
    if (!known) return refuse(member, "is unknown");
  }
  for (const std::string_view key : keys) {
    if (!root_.find(key)) return refuse(root_, key, "is missing");
  }
  if (!root_.find("checksum").is(JsonKind::text)) return refuse(root_, "checksum", "is missing");
  if (static_cast<std::size_t>(root_.size()) != keys.size() + 3) {
    refuse(root_, "has a member twice");
  }
}

bool StateReader::object(JsonView value, std::initializer_list<std::string_view> keys) {
  if (!ok()) return false;
  if (!value.is(JsonKind::object)) {
    refuse(value, "must be an object");
    return false;
  }
  for (const std::string_view key : keys) {
    if (!value.find(key)) refuse(value, key, "is missing");
  }
  for (JsonView member = value.first(); ok() && member; member = member.next()) {
    bool known = false;
    for (const std::string_view key : keys) known |= member.key() == key;
    if (!known) refuse(member, "is unknown");
    if (value.find(member.key()).node() != member.node()) refuse(member, "is there twice");
  }
  return ok();
}

JsonView StateReader::array(JsonView object, std::string_view key, std::int32_t least,
                            std::int32_t most) {
  const JsonView value = take(object, key, JsonKind::array, "must be an array");
  if (value && (value.size() < least || value.size() > most)) {
    refuse(value, "has a length that it cannot have");
    return {};
  }
  return value;
}

double StateReader::number(JsonView object, std::string_view key) {
  return take(object, key, JsonKind::number, "must be a number").number();
}

double StateReader::positive(JsonView object, std::string_view key) {
  const JsonView value = take(object, key, JsonKind::number, "must be a number");
  if (value && !(value.number() > 0)) refuse(value, "must be positive");
  return value.number();
}

std::int64_t StateReader::count(JsonView object, std::string_view key, std::int64_t least,
                                std::int64_t most) {
  const JsonView value = take(object, key, JsonKind::number, "must be a number");
  if (!value) return 0;
  const double number = value.number();
  if (number != std::floor(number) || number < static_cast<double>(least) ||
      number > static_cast<double>(most)) {
    refuse(value, "must be an integer in its range");
    return 0;
  }
  return static_cast<std::int64_t>(number);
}

std::uint64_t StateReader::integer(JsonView object, std::string_view key) {
  const JsonView value = take(object, key, JsonKind::text, "must be digits in a string");
  const std::string_view digits = value.text();
  std::uint64_t number = 0;
  bool good = !digits.empty() && (digits.size() == 1 || digits[0] != '0');
  for (const char c : digits) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    good = good && c >= '0' && c <= '9' && number <= (most - digit) / 10;
    if (!good) break;
    number = 10 * number + digit;
  }
  if (value && !good) refuse(value, "must be digits of a 64-bit integer");
  return number;
}

std::string_view StateReader::text(JsonView object, std::string_view key, std::size_t most) {
  const JsonView value = take(object, key, JsonKind::text, "must be a string");
  if (value.text().size() > most) refuse(value, "is too long");
  return ok() ? value.text() : std::string_view();
}

void StateReader::finish() {
  if (!ok()) return;
  const std::array<char, 64> checksum = json_checksum(document_);
  if (root_.find("checksum").text() != std::string_view(checksum.data(), checksum.size())) {
    refuse(root_, "checksum", "is not that of the values");
  }
}

JsonView StateReader::take(JsonView object, std::string_view key, JsonKind kind,
                           const char* reason) {
  if (!ok()) return {};
  const JsonView value = object.find(key);
  if (value.is(kind)) return value;
  refuse(object, key, reason);
  return {};
}

void StateReader::refuse(JsonView value, std::string_view missing, const char* reason,
                         Status status) {
  if (!ok()) return;
  fault_.fault = status;
  fault_.reason = reason;
  BackwardPointer pointer;
  if (!missing.empty()) pointer.add(missing);
  for (std::int32_t at = value.node(); at > 0;) {
    const JsonDocument::Node& node = document_.node(at);
    if (document_.node(node.parent).kind == JsonKind::object) {
      pointer.add(document_.key(node));
    } else {
      std::int32_t index = 0;
      for (std::int32_t k = node.parent + 1; k != at; k = document_.node(k).next) ++index;
      pointer.add(index);
    }
    at = node.parent;
  }
  pointer.copy_to(fault_.pointer);
}

void begin_state(JsonBuilder& builder, std::string_view schema, std::int32_t version) {
  builder.begin_object();
  builder.key("schema").text(schema);
  builder.key("version").number(version);
}

void end_state(JsonBuilder& builder, const JsonDocument& document) {
  if (builder.status() != Status::ok) return;
  const std::array<char, 64> checksum = json_checksum(document);
  builder.key("checksum").text({checksum.data(), checksum.size()});
  builder.end();
}

}  // namespace lacuna
