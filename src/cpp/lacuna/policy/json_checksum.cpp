#include "lacuna/policy/json_checksum.hpp"

#include "lacuna/witness/digest.hpp"

namespace lacuna {
namespace {

/// The member whose key comes after `key`, or the first one of all. O(members), of which there are
/// few: JsonDocument::most_members.
JsonView member_after(JsonView object, const std::string_view* key) {
  JsonView best;
  for (JsonView child = object.first(); child; child = child.next()) {
    if (key != nullptr && child.key() <= *key) continue;
    if (!best || child.key() < best.key()) best = child;
  }
  return best;
}

/// As deep as the document, at most JsonDocument::deepest.
void absorb_value(Shake256& hash, JsonView value, bool outermost) {
  const JsonKind kind = value.kind();
  const auto code = static_cast<std::uint8_t>(kind);
  hash.absorb({&code, 1});
  switch (kind) {
    case JsonKind::null: break;
    case JsonKind::boolean:
    case JsonKind::number:
      absorb_number(hash, __builtin_bit_cast(std::uint64_t, value.number()));
      break;
    case JsonKind::text: absorb_counted(hash, value.text()); break;
    case JsonKind::array:
      absorb_number(hash, static_cast<std::uint64_t>(value.size()));
      for (JsonView child = value.first(); child; child = child.next()) {
        absorb_value(hash, child, false);
      }
      break;
    case JsonKind::object: {
      const bool skips = outermost && value.find("checksum");
      absorb_number(hash, static_cast<std::uint64_t>(value.size() - (skips ? 1 : 0)));
      std::string_view key;
      for (JsonView child = member_after(value, nullptr); child;
           child = member_after(value, &key)) {
        key = child.key();
        if (outermost && key == "checksum") continue;
        absorb_counted(hash, key);
        absorb_value(hash, child, false);
      }
      break;
    }
  }
}

}  // namespace

std::array<char, 64> json_checksum(const JsonDocument& document) {
  Shake256 hash;
  absorb_counted(hash, "lacuna json 1");
  absorb_value(hash, JsonView(document), true);
  const Digest digest = digest_of(hash);
  std::array<char, 64> hex;
  for (std::size_t k = 0; k < digest.size(); ++k) {
    hex[2 * k] = "0123456789abcdef"[digest[k] >> 4];
    hex[2 * k + 1] = "0123456789abcdef"[digest[k] & 15];
  }
  return hex;
}

}  // namespace lacuna
