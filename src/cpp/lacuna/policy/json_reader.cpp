#include "lacuna/policy/json_reader.hpp"

#include <new>
#include <string>

#define JSON_NO_IO
#include <nlohmann/json.hpp>

namespace lacuna {
namespace {

/// Receives what the parser finds. A return of false stops it.
class Receiver : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Receiver(JsonDocument& document) : builder_(document) {}

  bool null() override {
    return add([&] { builder_.null(); });
  }
  bool boolean(bool value) override {
    return add([&] { builder_.boolean(value); });
  }
  bool number_integer(number_integer_t value) override {
    return add([&] { builder_.number(static_cast<double>(value)); });
  }
  bool number_unsigned(number_unsigned_t value) override {
    return add([&] { builder_.number(static_cast<double>(value)); });
  }
  bool number_float(number_float_t value, const string_t&) override {
    return add([&] { builder_.number(value); });
  }
  bool string(string_t& text) override {
    return add([&] { builder_.text(text); });
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override {
    return add([&] { builder_.begin_object(); });
  }
  bool key(string_t& text) override {
    return add([&] { builder_.key(text); });
  }
  bool end_object() override {
    return add([&] { builder_.end(); });
  }
  bool start_array(std::size_t) override {
    return add([&] { builder_.begin_array(); });
  }
  bool end_array() override {
    return add([&] { builder_.end(); });
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    position_ = static_cast<std::int64_t>(position);
    return false;
  }

  Status status() const { return builder_.status(); }
  std::int64_t position() const { return position_; }

 private:
  template <class Add>
  bool add(Add&& add) {
    add();
    return builder_.status() == Status::ok;
  }

  JsonBuilder builder_;
  std::int64_t position_ = -1;
};

}  // namespace

Fault read_json(std::string_view text, JsonDocument& document) {
  try {
    Receiver receiver(document);
    if (nlohmann::json::sax_parse(text.begin(), text.end(), &receiver)) return Status::ok;
    if (receiver.status() == Status::out_of_memory) return Status::out_of_memory;
    return {Status::damaged_bytes, receiver.position()};
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory;
  } catch (...) {
    return Status::damaged_bytes;
  }
}

}  // namespace lacuna
