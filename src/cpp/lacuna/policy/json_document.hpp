#pragma once
#include <cstdint>
#include <string_view>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"

namespace lacuna {

enum class JsonKind : std::uint8_t { null, boolean, number, text, array, object };

/// A JSON document (RFC 8259) as nodes in the order of their text, parents before children. Every
/// number is a double, as in JavaScript; 64-bit integers are texts of decimal digits. 48 bytes a
/// value and one byte a character.
class JsonDocument {
 public:
  /// Levels of arrays and objects within each other, and members of one object, beyond which a
  /// document is refused: states keep lists in arrays.
  static constexpr std::int32_t deepest = 32;
  static constexpr std::int32_t most_members = 256;

  struct Node {
    double number = 0;       ///< of a number; 0 or 1 of a boolean
    std::uint32_t text = 0;  ///< where the characters of a text begin
    std::uint32_t text_size = 0;
    std::uint32_t key = 0;  ///< the same of the name that an object has for it
    std::uint32_t key_size = 0;
    std::int32_t parent = -1;
    std::int32_t next = -1;  ///< next child of the parent
    std::int32_t last = -1;  ///< latest child
    std::int32_t size = 0;   ///< children
    JsonKind kind = JsonKind::null;
  };

  std::int32_t size() const { return size_; }
  const Node& node(std::int32_t k) const { return nodes_[k]; }
  std::string_view text(const Node& node) const {
    return {text_.data() + node.text, node.text_size};
  }
  std::string_view key(const Node& node) const { return {text_.data() + node.key, node.key_size}; }

 private:
  friend class JsonBuilder;
  Buffer<Node> nodes_;
  Buffer<char> text_;
  std::int32_t size_ = 0;
  std::size_t text_size_ = 0;
};

/// One value of a document that lives on; the empty view stands for what is not there.
class JsonView {
 public:
  JsonView() = default;
  JsonView(const JsonDocument& document, std::int32_t node) : document_(&document), node_(node) {}
  /// Its outermost value.
  explicit JsonView(const JsonDocument& document) : JsonView(document, 0) {}

  explicit operator bool() const { return node_ >= 0; }
  std::int32_t node() const { return node_; }
  /// Null where there is none.
  JsonKind kind() const { return node_ >= 0 ? get().kind : JsonKind::null; }
  bool is(JsonKind kind) const { return node_ >= 0 && get().kind == kind; }
  /// Of a number or boolean, 0 of others.
  double number() const { return node_ >= 0 ? get().number : 0; }
  /// Of a text, else empty; its key in an object.
  std::string_view text() const;
  std::string_view key() const;
  /// Children of an array or object: how many, the first, and the one after this.
  std::int32_t size() const { return node_ >= 0 ? get().size : 0; }
  JsonView first() const;
  JsonView next() const;
  /// First member of an object with this key. O(members).
  JsonView find(std::string_view key) const;

 private:
  const JsonDocument::Node& get() const { return document_->node(node_); }

  const JsonDocument* document_ = nullptr;
  std::int32_t node_ = -1;
};

/// Makes a document, value after value; in objects `key` goes before each. What memory does not
/// allow, or no document may hold, is remembered: then nothing is added any more.
class JsonBuilder {
 public:
  explicit JsonBuilder(JsonDocument& document);

  void begin_object() { begin(JsonKind::object); }
  void begin_array() { begin(JsonKind::array); }
  void end();

  JsonBuilder& key(std::string_view key);
  void null() { add(JsonKind::null); }
  void boolean(bool value);
  /// Finite; −0 becomes 0, as in JavaScript's JSON.
  void number(double value);
  void text(std::string_view text);
  /// As a text of decimal digits.
  void integer(std::uint64_t value);

  /// `out_of_memory`, `damaged_bytes` for what a document may not hold.
  Status status() const { return status_; }

 private:
  JsonDocument::Node* add(JsonKind kind);
  void begin(JsonKind kind);
  bool store(std::string_view text, std::uint32_t& at, std::uint32_t& size);

  JsonDocument& document_;
  std::int32_t open_ = -1;  ///< innermost array or object that is open
  std::int32_t depth_ = 0;
  std::uint32_t key_ = 0;
  std::uint32_t key_size_ = 0;
  Status status_ = Status::ok;
};

}  // namespace lacuna
