#include "lacuna/witness/chain.hpp"

#include <algorithm>
#include <vector>

#include "lacuna/witness/commitment.hpp"
#include "lacuna/witness/verify.hpp"
#include "support/catch.hpp"
#include "support/failing_memory.hpp"
#include "support/hex.hpp"
#include "support/random.hpp"
#include "support/systems.hpp"

using namespace lacuna;

namespace {

using Bytes = std::vector<std::uint8_t>;

Digest drawn(test::Random& random) {
  Digest digest;
  for (std::uint8_t& byte : digest) byte = static_cast<std::uint8_t>(random.bits());
  return digest;
}

WitnessChain chain_of(std::size_t entries, std::uint64_t seed = 1) {
  test::Random random(seed);
  WitnessChain chain;
  for (std::size_t k = 0; k < entries; ++k) {
    REQUIRE(chain.append(EntryType::solve, k, drawn(random)) == Status::ok);
  }
  return chain;
}

Bytes copy_of(const WitnessChain& chain) { return {chain.bytes().begin(), chain.bytes().end()}; }

void damage_at_random(int samples) {
  constexpr std::size_t entries = 10'000;
  const WitnessChain chain = chain_of(entries);
  const WitnessHead head = chain.head();
  Bytes bytes = copy_of(chain);
  test::Random random(11);
  for (int sample = 0; sample < samples; ++sample) {
    const auto size = static_cast<std::int32_t>(bytes.size());
    switch (sample % 4) {
      case 0:
      case 1: {  // a byte
        const std::int32_t at = random.below(size);
        const auto difference = static_cast<std::uint8_t>(random.between(1, 255));
        bytes[at] ^= difference;
        const WitnessVerdict verdict = verify_witness(bytes, &head);
        bytes[at] ^= difference;
        REQUIRE(verdict.flaw != WitnessFlaw::none);
        REQUIRE(verdict.first_bad == at / 73);
        break;
      }
      case 2: {  // a cut: at the end, or anywhere
        const std::int32_t count = random.between(1, random.chance(0.5) ? size : 1000);
        const std::int32_t at = random.chance(0.5) ? size - count : random.below(size - count + 1);
        Bytes cut = bytes;
        cut.erase(cut.begin() + at, cut.begin() + at + count);
        const WitnessVerdict verdict = verify_witness(cut, &head);
        REQUIRE(verdict.flaw != WitnessFlaw::none);
        // All before the cut is as it was; whole entries cut out leave it open which of two
        // links is to blame.
        REQUIRE(verdict.first_bad >= at / 73 - 1);
        REQUIRE(verdict.first_bad <= at / 73 + 1);
        break;
      }
      default: {  // an extension: entries that go on from the last one, or bytes anywhere
        WitnessChain longer;
        if (random.chance(0.5)) {
          REQUIRE(longer.restore(bytes, head).ok());
          const int more = random.between(1, 20);
          for (int k = 0; k < more; ++k) {
            REQUIRE(longer.append(EntryType::solve, entries + k, drawn(random)) == Status::ok);
          }
          const WitnessVerdict verdict = verify_witness(longer.bytes(), &head);
          REQUIRE(verdict.flaw == WitnessFlaw::surplus);
          REQUIRE(verdict.first_bad == entries);
        } else {
          Bytes extended = bytes;
          const std::int32_t at = random.below(size + 1);
          const std::int32_t count = random.between(1, 200);
          Bytes inserted(count);
          for (auto& byte : inserted) byte = static_cast<std::uint8_t>(random.bits());
          extended.insert(extended.begin() + at, inserted.begin(), inserted.end());
          REQUIRE(verify_witness(extended, &head).flaw != WitnessFlaw::none);
        }
      }
    }
  }
}

}  // namespace

// Laid out by hand from the description of the format; the hashes are Python's hashlib.shake_256.
TEST_CASE("a witness entry is 73 bytes as in the RVF format") {
  WitnessChain chain;
  Digest action;
  for (int k = 0; k < 32; ++k) action[k] = static_cast<std::uint8_t>(k + 1);
  REQUIRE(chain.append(EntryType::acceptance, 0x0102030405060708u, action) == Status::ok);
  REQUIRE(chain.bytes().size() == 73);
  const std::string first =
      "0000000000000000000000000000000000000000000000000000000000000000"
      "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
      "080706050403020102";
  CHECK(test::hex(chain.bytes()) == first);
  const std::string last = test::hex(chain.head().last);
  CHECK(last == "cfce3afd4ea0a6cb2b0d5b50524a4bd24e3bd8a9b536d12279f80835b657d8d9");
  REQUIRE(chain.append(EntryType::build, 1, action) == Status::ok);
  CHECK(test::hex(chain.bytes()) ==
        first + last + "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20" +
            "010000000000000040");
  const WitnessEntry entry = WitnessEntry::read(chain.bytes().subspan<73, 73>());
  CHECK(test::hex(entry.previous) == last);
  CHECK(entry.action == action);
  CHECK(entry.time == 1);
  CHECK(entry.type == EntryType::build);
}

TEST_CASE("a whole chain verifies, in pieces of any size") {
  test::Random random(3);
  for (const std::size_t entries : {0u, 1u, 2u, 57u}) {
    const WitnessChain chain = chain_of(entries);
    const WitnessHead head = chain.head();
    CHECK(head.count == entries);
    for (const WitnessHead* given : {&head, static_cast<const WitnessHead*>(nullptr)}) {
      WitnessVerifier verifier(given);
      for (std::size_t at = 0; at < chain.bytes().size();) {
        const std::size_t piece =
            std::min<std::size_t>(random.below(200), chain.bytes().size() - at);
        verifier.absorb(chain.bytes().subspan(at, piece));
        at += piece;
      }
      CHECK(verifier.verdict().flaw == WitnessFlaw::none);
      CHECK(verifier.verdict().entries == entries);
      CHECK(verifier.verdict().first_bad == -1);
    }
  }
}

LACUNA_SAMPLED(damage_at_random,
               "a change, cut or extension of a witness chain does not escape its verifier", 40,
               10'000)

TEST_CASE("the bad entry of a witness chain is named, every byte of it") {
  const WitnessChain chain = chain_of(6);
  const WitnessHead head = chain.head();
  Bytes bytes = copy_of(chain);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    bytes[at] ^= 0x40;
    const WitnessVerdict verdict = verify_witness(bytes, &head);
    bytes[at] ^= 0x40;
    CAPTURE(at);
    REQUIRE(verdict.flaw ==
            (at >= 5 * 73 + 32 ? WitnessFlaw::wrong_last : WitnessFlaw::broken_link));
    REQUIRE(verdict.entries == 6);
    REQUIRE(verdict.first_bad == static_cast<std::int64_t>(at / 73));
  }
}

TEST_CASE("what the links of a witness chain do not show, its head does") {
  const WitnessChain chain = chain_of(5);
  const WitnessHead head = chain.head();
  const auto verdict = [&](std::span<const std::uint8_t> bytes) {
    return verify_witness(bytes, &head);
  };

  for (std::size_t entries = 0; entries < 5; ++entries) {
    const auto cut = chain.bytes().first(73 * entries);
    CHECK(verify_witness(cut, nullptr).flaw == WitnessFlaw::none);
    CHECK(verdict(cut).flaw == WitnessFlaw::missing);
    CHECK(verdict(cut).first_bad == static_cast<std::int64_t>(entries));
  }
  CHECK(verdict(chain.bytes().first(72)).flaw == WitnessFlaw::partial_entry);
  CHECK(verdict(chain.bytes().first(73 * 4 + 1)).first_bad == 4);

  Bytes more = copy_of(chain);
  more.push_back(0);
  CHECK(verdict(more).flaw == WitnessFlaw::partial_entry);
  CHECK(verdict(more).first_bad == 5);

  // The whole of it made anew, of the same length and longer.
  const WitnessChain other = chain_of(5, 2);
  CHECK(verify_witness(other.bytes(), nullptr).flaw == WitnessFlaw::none);
  CHECK(verdict(other.bytes()).flaw == WitnessFlaw::wrong_last);
  CHECK(verdict(chain_of(6, 2).bytes()).flaw == WitnessFlaw::wrong_last);

  const WitnessHead empty;
  CHECK(verify_witness({}, &empty).flaw == WitnessFlaw::none);
  CHECK(verify_witness(chain.bytes(), &empty).flaw == WitnessFlaw::surplus);
  CHECK(verify_witness(chain.bytes(), &empty).first_bad == 0);
}

TEST_CASE("a witness chain goes on from bytes that were kept, or refuses them") {
  WitnessChain chain = chain_of(7);
  WitnessChain resumed = chain_of(3, 5);
  Bytes bytes = copy_of(chain);
  bytes[73 * 4] ^= 1;
  const Fault fault = resumed.restore(bytes, chain.head());
  CHECK(fault.status == Status::invalid_argument);
  CHECK(fault.position == 4);
  CHECK(copy_of(resumed) == copy_of(chain_of(3, 5)));

  bytes[73 * 4] ^= 1;
  REQUIRE(resumed.restore(bytes, chain.head()).ok());
  const Digest action{};
  REQUIRE(chain.append(EntryType::train, 7, action) == Status::ok);
  REQUIRE(resumed.append(EntryType::train, 7, action) == Status::ok);
  CHECK(copy_of(resumed) == copy_of(chain));
  CHECK(resumed.head() == chain.head());
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("a witness chain loses nothing where memory is short") {
  WitnessChain chain;
  std::size_t refused = 0;
  for (std::size_t k = 0; k < 300; ++k) {
    const Bytes before = copy_of(chain);
    const WitnessHead head = chain.head();
    Status status;
    {
      test::FailingMemory failing(1, true);
      status = chain.append(EntryType::solve, k, Digest{});
    }
    if (status == Status::ok) continue;
    ++refused;
    CHECK(status == Status::out_of_memory);
    CHECK(copy_of(chain) == before);
    CHECK(chain.head() == head);
    REQUIRE(chain.reserve(2) == Status::ok);
    test::FailingMemory failing(1, true);
    REQUIRE(chain.append(EntryType::solve, k, Digest{}) == Status::ok);
  }
  CHECK(refused > 3);
  CHECK(chain.size() == 300);
  const WitnessHead head = chain.head();
  CHECK(verify_witness(chain.bytes(), &head).flaw == WitnessFlaw::none);

  const Bytes bytes = copy_of(chain);
  WitnessChain other = chain_of(2);
  {
    test::FailingMemory failing(1, true);
    CHECK(other.restore(bytes, head).status == Status::out_of_memory);
  }
  CHECK(other.size() == 2);
}
#endif

TEST_CASE("room that was made for witness entries is enough, and not made twice") {
  WitnessChain chain;
  REQUIRE(chain.reserve(100) == Status::ok);
  const std::uint8_t* place = chain.bytes().data();
  for (int k = 0; k < 100; ++k) REQUIRE(chain.append(EntryType::solve, k, Digest{}) == Status::ok);
  CHECK(chain.bytes().data() == place);
  CHECK(chain.reserve(~std::size_t{0} / 100) == Status::out_of_memory);
  CHECK(chain.size() == 100);
}
