#include "lacuna/witness/commitment.hpp"

#include <bit>

namespace lacuna {

namespace {

/// Values as they lie in the memory of a little-endian machine, which every target of ours is.
template <class T>
void absorb_values(Shake256& hash, std::span<const T> values) {
  static_assert(std::endian::native == std::endian::little);
  hash.absorb({reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()});
}

void absorb_optional(Shake256& hash, const Digest* digest) {
  if (digest == nullptr) {
    absorb_number(hash, 0);
  } else {
    absorb_counted(hash, *digest);
  }
}

}  // namespace

Shake256 begin_pattern(std::int32_t rows, std::int32_t cols, std::int32_t nnz) {
  Shake256 hash;
  absorb_counted(hash, "lacuna pattern 1");
  for (const std::int32_t size : {rows, cols, nnz}) absorb_number(hash, size);
  return hash;
}

Shake256 begin_matrix(const Digest& pattern, std::uint64_t nnz) {
  Shake256 hash;
  absorb_counted(hash, "lacuna matrix 1");
  hash.absorb(pattern);
  absorb_number(hash, nnz);
  return hash;
}

Shake256 begin_vector(std::uint64_t count) {
  Shake256 hash;
  absorb_counted(hash, "lacuna vector 1");
  absorb_number(hash, count);
  return hash;
}

Digest pattern_hash(const CsrView& a) {
  Shake256 hash = begin_pattern(a.rows(), a.cols(), a.nnz());
  absorb_values(hash, std::span(a.indptr(), static_cast<std::size_t>(a.rows()) + 1));
  absorb_values(hash, std::span(a.indices(), static_cast<std::size_t>(a.nnz())));
  return digest_of(hash);
}

Digest matrix_hash(const Digest& pattern, std::span<const double> values) {
  Shake256 hash = begin_matrix(pattern, values.size());
  absorb_values(hash, values);
  return digest_of(hash);
}

Digest vector_hash(std::span<const double> values) {
  Shake256 hash = begin_vector(values.size());
  absorb_values(hash, values);
  return digest_of(hash);
}

Digest action_hash(const Action& action) {
  Shake256 hash;
  absorb_counted(hash, "lacuna action 1");
  absorb_counted(hash, action.kind);
  absorb_optional(hash, action.matrix);
  absorb_optional(hash, action.rhs);
  absorb_counted(hash, action.plan);
  absorb_counted(hash, action.variant);
  absorb_counted(hash, action.report);
  absorb_optional(hash, action.result);
  return digest_of(hash);
}

}  // namespace lacuna
