#pragma once
#include "lacuna/policy/json_document.hpp"

namespace lacuna {

/// The text of a document in one form: members and elements in their order, no spaces, of the
/// number formats %.15g, %.16g and %.17g the first that reads back as the same double (and the same
/// bytes on every target), no escapes but those that JSON asks for. `out_of_memory`.
Status write_json(const JsonDocument& document, Buffer<char>& text);

}  // namespace lacuna
