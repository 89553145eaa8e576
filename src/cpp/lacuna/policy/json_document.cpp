#include "lacuna/policy/json_document.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lacuna {

std::string_view JsonView::text() const {
  return is(JsonKind::text) ? document_->text(get()) : std::string_view();
}

std::string_view JsonView::key() const {
  return node_ >= 0 ? document_->key(get()) : std::string_view();
}

JsonView JsonView::first() const {
  // Children follow their parent.
  return size() > 0 ? JsonView(*document_, node_ + 1) : JsonView();
}

JsonView JsonView::next() const {
  return node_ >= 0 ? JsonView(*document_, get().next) : JsonView();
}

JsonView JsonView::find(std::string_view key) const {
  if (!is(JsonKind::object)) return {};
  JsonView child = first();
  while (child && child.key() != key) child = child.next();
  return child;
}

JsonBuilder::JsonBuilder(JsonDocument& document) : document_(document) {
  document_.size_ = 0;
  document_.text_size_ = 0;
}

void JsonBuilder::end() {
  if (status_ != Status::ok) return;
  open_ = document_.node(open_).parent;
  --depth_;
}

JsonBuilder& JsonBuilder::key(std::string_view key) {
  store(key, key_, key_size_);
  return *this;
}

void JsonBuilder::boolean(bool value) {
  if (JsonDocument::Node* node = add(JsonKind::boolean)) node->number = value ? 1 : 0;
}

void JsonBuilder::number(double value) {
  if (!std::isfinite(value)) {
    if (status_ == Status::ok) status_ = Status::damaged_bytes;
    return;
  }
  if (JsonDocument::Node* node = add(JsonKind::number)) node->number = value == 0 ? 0 : value;
}

void JsonBuilder::text(std::string_view text) {
  std::uint32_t at = 0;
  std::uint32_t size = 0;
  if (!store(text, at, size)) return;
  if (JsonDocument::Node* node = add(JsonKind::text)) {
    node->text = at;
    node->text_size = size;
  }
}

void JsonBuilder::integer(std::uint64_t value) {
  char digits[20];
  char* at = digits + sizeof digits;
  do {
    *--at = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value > 0);
  text({at, static_cast<std::size_t>(digits + sizeof digits - at)});
}

JsonDocument::Node* JsonBuilder::add(JsonKind kind) {
  if (status_ != Status::ok) return nullptr;
  JsonDocument& d = document_;
  const bool member = open_ >= 0 && d.node(open_).kind == JsonKind::object;
  if (member && d.node(open_).size == JsonDocument::most_members) {
    status_ = Status::damaged_bytes;
    return nullptr;
  }
  if (static_cast<std::size_t>(d.size_) == d.nodes_.size()) {
    const std::size_t wanted = std::max<std::size_t>(64, 2 * d.nodes_.size());
    status_ = wanted > std::numeric_limits<std::int32_t>::max() ? Status::out_of_memory
                                                                : grow(d.nodes_, d.size_, wanted);
    if (status_ != Status::ok) return nullptr;
  }
  const std::int32_t added = d.size_++;
  JsonDocument::Node& node = d.nodes_[added] = {};
  node.kind = kind;
  node.parent = open_;
  if (member) {
    node.key = key_;
    node.key_size = key_size_;
  }
  if (open_ >= 0) {
    JsonDocument::Node& parent = d.nodes_[open_];
    if (parent.last >= 0) d.nodes_[parent.last].next = added;
    parent.last = added;
    ++parent.size;
  }
  return &node;
}

void JsonBuilder::begin(JsonKind kind) {
  if (status_ == Status::ok && depth_ == JsonDocument::deepest) status_ = Status::damaged_bytes;
  if (add(kind) == nullptr) return;
  open_ = document_.size_ - 1;
  ++depth_;
}

bool JsonBuilder::store(std::string_view text, std::uint32_t& at, std::uint32_t& size) {
  if (status_ != Status::ok) return false;
  JsonDocument& d = document_;
  const std::size_t wanted = d.text_size_ + text.size();
  if (wanted > d.text_.size()) {
    status_ = wanted > std::numeric_limits<std::int32_t>::max()
                  ? Status::out_of_memory
                  : grow(d.text_, d.text_size_, std::max<std::size_t>(256, 2 * wanted));
    if (status_ != Status::ok) return false;
  }
  std::copy(text.begin(), text.end(), d.text_.data() + d.text_size_);
  at = static_cast<std::uint32_t>(d.text_size_);
  size = static_cast<std::uint32_t>(text.size());
  d.text_size_ = wanted;
  return true;
}

}  // namespace lacuna
