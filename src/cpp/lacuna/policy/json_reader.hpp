#pragma once
#include <string_view>

#include "lacuna/policy/json_document.hpp"

namespace lacuna {

/// Reads a text as JSON. `damaged_bytes` where it is none, or one that no document may hold
/// (position: byte where reading stopped), `out_of_memory`; the document is then not to be used.
/// The parser is that of nlohmann/json, whose exceptions end in here.
Fault read_json(std::string_view text, JsonDocument& document);

}  // namespace lacuna
