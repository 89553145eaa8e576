#include "lacuna/policy/json_writer.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace lacuna {
namespace {

/// Characters one after another, in memory that doubles.
class Characters {
 public:
  explicit Characters(Buffer<char>& buffer) : buffer_(buffer) {}

  void add(std::string_view text) {
    if (status_ != Status::ok) return;
    if (size_ + text.size() > buffer_.size()) {
      status_ = grow(buffer_, size_, std::max<std::size_t>(1024, 2 * (size_ + text.size())));
      if (status_ != Status::ok) return;
    }
    std::copy(text.begin(), text.end(), buffer_.data() + size_);
    size_ += text.size();
  }

  void add_number(double value) {
    char digits[32];
    int length = 0;
    for (const int precision : {15, 16, 17}) {
      length = std::snprintf(digits, sizeof digits, "%.*g", precision, value);
      if (std::strtod(digits, nullptr) == value) break;
    }
    add({digits, static_cast<std::size_t>(length)});
  }

  void add_quoted(std::string_view text) {
    constexpr const char* hex = "0123456789abcdef";
    add("\"");
    std::size_t begun = 0;
    for (std::size_t k = 0; k < text.size(); ++k) {
      const auto c = static_cast<unsigned char>(text[k]);
      if (c >= 0x20 && c != '"' && c != '\\') continue;
      add(text.substr(begun, k - begun));
      const char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
      add({escape, sizeof escape});
      begun = k + 1;
    }
    add(text.substr(begun));
    add("\"");
  }

  Status finish() {
    if (status_ == Status::ok) buffer_.truncate(size_);
    return status_;
  }

 private:
  Buffer<char>& buffer_;
  std::size_t size_ = 0;
  Status status_ = Status::ok;
};

const char* closing(JsonKind kind) { return kind == JsonKind::array ? "]" : "}"; }

}  // namespace

Status write_json(const JsonDocument& document, Buffer<char>& text) {
  Characters out(text);
  for (std::int32_t k = 0; k < document.size(); ++k) {
    const JsonDocument::Node& node = document.node(k);
    if (node.parent >= 0) {
      if (k > node.parent + 1) out.add(",");
      if (document.node(node.parent).kind == JsonKind::object) {
        out.add_quoted(document.key(node));
        out.add(":");
      }
    }
    switch (node.kind) {
      case JsonKind::null: out.add("null"); break;
      case JsonKind::boolean: out.add(node.number != 0 ? "true" : "false"); break;
      case JsonKind::number: out.add_number(node.number); break;
      case JsonKind::text: out.add_quoted(document.text(node)); break;
      case JsonKind::array: out.add("["); break;
      case JsonKind::object: out.add("{"); break;
    }
    if (node.size > 0) continue;
    if (node.kind == JsonKind::array || node.kind == JsonKind::object) out.add(closing(node.kind));
    // A last child closes what it is the last one of.
    for (const JsonDocument::Node* at = &node; at->parent >= 0 && at->next < 0;) {
      at = &document.node(at->parent);
      out.add(closing(at->kind));
    }
  }
  return out.finish();
}

}  // namespace lacuna
