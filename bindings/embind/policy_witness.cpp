#include <emscripten.h>
#include <emscripten/bind.h>

#include <algorithm>
#include <optional>

#include "lacuna/witness/chain.hpp"
#include "lacuna/witness/commitment.hpp"
#include "lacuna/witness/verify.hpp"
#include "task_binding.hpp"

/// The witness chain. Hashes are taken through plain exports, which cost a few nanoseconds, in the
/// one place for pieces of data that a module has: nothing interrupts a hash.
namespace lacuna::native {
namespace {

Digest digest_at(Address at) {
  Digest digest;
  std::copy_n(pointer<const std::uint8_t>(at), digest.size(), digest.begin());
  return digest;
}

WitnessHead head_at(double count, Address last) {
  return {static_cast<std::uint64_t>(count), digest_at(last)};
}

class NativeWitness : public Faulty {
 public:
  LACUNA_FAULT_METHODS

  std::int32_t reserve(double more) { return note(chain_.reserve(static_cast<std::size_t>(more))); }
  /// Time in milliseconds since 1970, kept in nanoseconds; below 0 the number of the entry.
  std::int32_t append(std::int32_t type, double milliseconds, Address action) {
    const std::uint64_t time =
        milliseconds < 0 ? chain_.size() : static_cast<std::uint64_t>(milliseconds) * 1000000;
    return note(chain_.append(static_cast<EntryType>(type), time, digest_at(action)));
  }
  std::int32_t restore(Address bytes, double size, double count, Address last) {
    return note(chain_.restore({pointer<const std::uint8_t>(bytes), static_cast<std::size_t>(size)},
                               head_at(count, last)));
  }
  double count() const { return static_cast<double>(chain_.size()); }
  Address bytes() const { return address(chain_.bytes().data()); }
  Address last() const { return address(chain_.head().last.data()); }

 private:
  LiveHandle live_;
  WitnessChain chain_;
};

/// A verifier in use, of which there may be several: pieces come from asynchronous sources.
class NativeWitnessVerifier {
 public:
  /// `last` 0: without a head.
  void begin(double count, Address last) {
    const WitnessHead head = last == 0 ? WitnessHead{} : head_at(count, last);
    verifier_.emplace(last == 0 ? nullptr : &head);
  }
  void absorb(Address bytes, double size) {
    verifier_->absorb({pointer<const std::uint8_t>(bytes), static_cast<std::size_t>(size)});
  }
  /// Address of flaw, entries and first bad entry as float64.
  Address verdict() {
    const WitnessVerdict verdict = verifier_->verdict();
    verdict_[0] = static_cast<double>(static_cast<std::int32_t>(verdict.flaw));
    verdict_[1] = static_cast<double>(verdict.entries);
    verdict_[2] = static_cast<double>(verdict.first_bad);
    return address(verdict_);
  }

 private:
  LiveHandle live_;
  std::optional<WitnessVerifier> verifier_;
  double verdict_[3];
};

/// What begins the hash in use.
enum class HashKind : std::int32_t { pattern = 0, matrix = 1, vector = 2 };

Shake256 hash;
alignas(16) std::uint8_t piece[1 << 16];

}  // namespace
}  // namespace lacuna::native

using namespace lacuna;
using namespace lacuna::native;

extern "C" {

/// The place for pieces of data, and its size.
EMSCRIPTEN_KEEPALIVE void* lacuna_hash_piece() { return piece; }
EMSCRIPTEN_KEEPALIVE std::uint32_t lacuna_hash_piece_size() { return sizeof piece; }

/// Sizes are those of the matrix, or the count of a vector; a matrix begins with the digest of its
/// pattern, which lies in the piece.
EMSCRIPTEN_KEEPALIVE void lacuna_hash_begin(std::int32_t kind, std::int32_t rows, std::int32_t cols,
                                            std::int32_t count) {
  switch (static_cast<HashKind>(kind)) {
    case HashKind::pattern: hash = begin_pattern(rows, cols, count); break;
    case HashKind::matrix: hash = begin_matrix(digest_at(address(piece)), count); break;
    case HashKind::vector: hash = begin_vector(count); break;
  }
}

/// Takes the first so many bytes of the piece.
EMSCRIPTEN_KEEPALIVE void lacuna_hash_absorb(std::uint32_t bytes) { hash.absorb({piece, bytes}); }

/// Writes the digest to the first 32 bytes of the piece.
EMSCRIPTEN_KEEPALIVE void lacuna_hash_end() {
  const Digest digest = digest_of(hash);
  std::copy(digest.begin(), digest.end(), piece);
}

/// Hashes an action: int32 lengths of kind, matrix, rhs, plan, variant, report and result, whose
/// bytes follow one another (digests have 32 or none). The digest goes where the piece begins.
EMSCRIPTEN_KEEPALIVE void lacuna_hash_action(const std::int32_t* lengths, const char* bytes) {
  const auto text = [&] {
    const std::string_view taken(bytes, static_cast<std::size_t>(*lengths++));
    bytes += taken.size();
    return taken;
  };
  Digest digests[3];
  const auto digest = [&](Digest& into) -> const Digest* {
    const std::string_view taken = text();
    if (taken.empty()) return nullptr;
    into = digest_at(address(taken.data()));
    return &into;
  };
  Action action;
  action.kind = text();
  action.matrix = digest(digests[0]);
  action.rhs = digest(digests[1]);
  action.plan = text();
  action.variant = text();
  action.report = text();
  action.result = digest(digests[2]);
  const Digest hashed = action_hash(action);
  std::copy(hashed.begin(), hashed.end(), piece);
}

/// So many permutations one after another: what hashing is measured against.
EMSCRIPTEN_KEEPALIVE double lacuna_hash_permute(std::int32_t count) {
  static std::array<std::uint64_t, 25> lanes{};
  for (std::int32_t k = 0; k < count; ++k) keccak_f1600(lanes);
  return static_cast<double>(lanes[0] >> 11);
}

}  // extern "C"

EMSCRIPTEN_BINDINGS(lacuna_policy_witness) {
  emscripten::class_<NativeWitness>("NativeWitness")
      .smart_ptr_constructor("NativeWitness", &make_owner<NativeWitness>)
      .function("status", &NativeWitness::status)
      .function("faultPosition", &NativeWitness::fault_position)
      .function("reserve", &NativeWitness::reserve)
      .function("append", &NativeWitness::append)
      .function("restore", &NativeWitness::restore)
      .function("count", &NativeWitness::count)
      .function("bytes", &NativeWitness::bytes)
      .function("last", &NativeWitness::last);
  emscripten::class_<NativeWitnessVerifier>("NativeWitnessVerifier")
      .smart_ptr_constructor("NativeWitnessVerifier", &make_owner<NativeWitnessVerifier>)
      .function("begin", &NativeWitnessVerifier::begin)
      .function("absorb", &NativeWitnessVerifier::absorb)
      .function("verdict", &NativeWitnessVerifier::verdict);
}
