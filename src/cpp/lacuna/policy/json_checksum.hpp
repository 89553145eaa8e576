#pragma once
#include <array>

#include "lacuna/policy/json_document.hpp"

namespace lacuna {

/// SHAKE-256 of the values of a document, whose outermost one is an object, as 64 hexadecimal
/// digits: of everything but its member "checksum". It knows no order of members, no spaces and no
/// way to write a number: the text may pass through any tool that keeps the values. Each value is a
/// byte for its kind, then float64 bits, counted characters or the number of children; members are
/// in the order of their keys, each after its counted key.
std::array<char, 64> json_checksum(const JsonDocument& document);

}  // namespace lacuna
