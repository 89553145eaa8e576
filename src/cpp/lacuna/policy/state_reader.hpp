#pragma once
#include <array>
#include <initializer_list>

#include "lacuna/policy/json_document.hpp"

namespace lacuna {

/// Why a state was refused.
struct StateFault {
  Fault fault;                      ///< position: byte of the text where it is no JSON
  const char* reason = "";          ///< words
  std::array<char, 256> pointer{};  ///< RFC 6901, of the value at fault; ends with 0, or is cut

  bool ok() const { return fault.ok(); }
};

/// Takes a saved state apart. What is not as it has to be is remembered, the first of it; from then
/// on every value reads as 0 or empty, so that only the end needs a check.
class StateReader {
 public:
  /// The text has to be an object with the members "schema", "version", "checksum" and `keys`, in
  /// any order. Faults: `invalid_argument` for another schema or version, `damaged_bytes` for
  /// anything else that is not as it has to be, `out_of_memory`.
  StateReader(std::string_view text, std::string_view schema, std::int32_t version,
              std::initializer_list<std::string_view> keys);

  JsonView root() const { return root_; }

  /// Whether `value` is an object with exactly these members.
  bool object(JsonView value, std::initializer_list<std::string_view> keys);
  /// Elements of the array `key` of `object`, `least` … `most` in number.
  JsonView array(JsonView object, std::string_view key, std::int32_t least, std::int32_t most);

  double number(JsonView object, std::string_view key);
  double positive(JsonView object, std::string_view key);
  /// An integer in `least` … `most`.
  std::int64_t count(JsonView object, std::string_view key, std::int64_t least, std::int64_t most);
  /// 64 bits, as decimal digits in a text.
  std::uint64_t integer(JsonView object, std::string_view key);
  std::string_view text(JsonView object, std::string_view key, std::size_t most);

  void refuse(JsonView value, const char* reason) { refuse(value, {}, reason); }
  /// After the last value: compares the checksum, so that a fault with a place goes first.
  void finish();

  bool ok() const { return fault_.ok(); }
  const StateFault& fault() const { return fault_; }

 private:
  void check_frame(std::string_view schema, std::int32_t version,
                   std::initializer_list<std::string_view> keys);
  JsonView take(JsonView object, std::string_view key, JsonKind kind, const char* reason);
  void refuse(JsonView value, std::string_view missing, const char* reason,
              Status status = Status::damaged_bytes);

  JsonDocument document_;
  JsonView root_;
  StateFault fault_;
};

/// Begins the object of a state; `end_state` adds the checksum and ends it.
void begin_state(JsonBuilder& builder, std::string_view schema, std::int32_t version);
void end_state(JsonBuilder& builder, const JsonDocument& document);

}  // namespace lacuna
