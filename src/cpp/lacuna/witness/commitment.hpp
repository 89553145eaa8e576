#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "lacuna/sparse/csr.hpp"
#include "lacuna/witness/digest.hpp"

namespace lacuna {

/// Hashes of what an entry of a witness chain is about. Each begins with the name of what it is
/// (counted: eight bytes of length, then the text), so that a vector never passes for a matrix:
///
/// - "lacuna pattern 1": rows, columns, stored entries as u64; row pointers and column indices of
///   CSR as int32
/// - "lacuna matrix 1": the pattern's hash; stored entries as u64; values as float64
/// - "lacuna vector 1": count as u64; values as float64
///
/// all little-endian. One permutation of SHAKE-256 for each 136 bytes. Those that begin a hash
/// leave it to the caller to absorb the arrays, in pieces of any size.
Shake256 begin_pattern(std::int32_t rows, std::int32_t cols, std::int32_t nnz);
Shake256 begin_matrix(const Digest& pattern, std::uint64_t nnz);
Shake256 begin_vector(std::uint64_t count);

Digest pattern_hash(const CsrView& a);
Digest matrix_hash(const Digest& pattern, std::span<const double> values);
Digest vector_hash(std::span<const double> values);

/// What was done: an action. Null where there is no such thing, as the right-hand side of a set-up.
struct Action {
  std::string_view kind;
  const Digest* matrix = nullptr;
  const Digest* rhs = nullptr;
  std::string_view plan;     ///< any canonical text: method, tolerances
  std::string_view variant;  ///< build of the core that did it
  std::string_view report;   ///< any canonical text
  const Digest* result = nullptr;
};

/// The hash that an entry of the chain holds: of "lacuna action 1" and the members in their order,
/// all counted; what is absent has length 0.
Digest action_hash(const Action& action);

}  // namespace lacuna
