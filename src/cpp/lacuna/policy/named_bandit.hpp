#pragma once
#include <string_view>

#include "lacuna/policy/bandit.hpp"
#include "lacuna/policy/state_reader.hpp"

namespace lacuna {

/// A bandit whose contexts and arms have names. At most `max_contexts` contexts are kept: a new one
/// takes the place of that which was chosen in or recorded least recently, whose records are lost.
/// Context names have at most 120 bytes; 132 bytes a context are on top of the arms'.
class NamedBandit {
 public:
  static constexpr std::size_t longest_name = 120;

  /// `arms`: names one after another, each ended by a zero byte, no two the same and none empty or
  /// too long; as many as `options.arms`. `invalid_argument` for these, the options, or
  /// max_contexts < 1; `out_of_memory`.
  Status begin(const BanditOptions& options, std::string_view arms, std::int32_t max_contexts);

  std::int32_t max_contexts() const { return max_contexts_; }
  std::uint64_t evicted() const { return evicted_; }
  const Bandit& bandit() const { return bandit_; }
  std::string_view arm_name(std::int32_t arm) const;
  std::int32_t contexts() const { return bandit_.contexts(); }
  std::string_view context_name(std::int32_t context) const;

  /// A choice in a context, which is added where it is new. `invalid_argument` for a name too long,
  /// `out_of_memory`; nothing has changed then.
  Result<BanditChoice> choose(std::string_view context);

  /// The outcome of an arm in a context, which is added where it is new. Faults as `choose` and
  /// Bandit::record.
  [[nodiscard]] Status record(std::string_view context, std::int32_t arm,
                              const BanditOutcome& outcome);

  /// Number of a context, −1 where it is not known. O(1).
  std::int32_t find(std::string_view context) const;

  /// Learns what `other` did, from the same prior and apart from this one, as if it had come after:
  /// its contexts count as used more recently, in their order. The generator stays.
  /// `invalid_argument`: this one itself; `shape_mismatch`: other arms or options (the seed and
  /// max_contexts may differ); `out_of_memory`. Nothing has changed then.
  Status merge(const NamedBandit& other);

  /// The whole state as JSON text, schema "lacuna-bandit", version 1; contexts from the least to
  /// the most recently used. `out_of_memory`.
  Status write(Buffer<char>& text) const;

  /// Takes the place of a fresh or used bandit; on a fault this one is as it was.
  StateFault restore(std::string_view text);

 private:
  struct Name {
    std::uint8_t size;
    char bytes[longest_name];
    std::int32_t chained;  ///< next context of the same bucket
    std::int32_t older;    ///< the one used before it
    std::int32_t newer;
  };

  /// The context with this name, added or in the place of the oldest one if need be, as the most
  /// recently used.
  Result<std::int32_t> use(std::string_view context);
  /// For so many contexts, with buckets that fit. `out_of_memory`; nothing has changed then.
  Status make_room(std::int64_t wanted);
  void unlink(std::int32_t context);
  void link_newest(std::int32_t context);
  void chain(std::int32_t context);
  void unchain(std::int32_t context);
  std::size_t bucket(std::string_view name) const;

  Bandit bandit_;
  Buffer<char> arms_;
  Buffer<Name> names_;
  Buffer<std::int32_t> buckets_;  ///< a power of two, at least one for each context
  std::int32_t oldest_ = -1;
  std::int32_t newest_ = -1;
  std::int32_t max_contexts_ = 0;
  std::uint64_t evicted_ = 0;
};

}  // namespace lacuna
