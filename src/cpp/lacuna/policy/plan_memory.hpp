#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"

namespace lacuna {

/// How far a remembered plan is relied on. The numbers are part of saved states.
enum class Trust : std::int32_t {
  volatile_ = 0,    ///< worked; others may still be tried
  trusted = 1,      ///< tried first
  quarantined = 2,  ///< failed too often: not tried until another plan takes its place
};

/// "volatile", "trusted", "quarantined".
const char* trust_name(Trust trust);

/// What is remembered of one pattern.
struct PlanEntry {
  std::uint64_t signature = 0;
  std::int32_t arm = 0;
  Trust trust = Trust::volatile_;
  /// Uses of the plan, and those that came to a certificate within their budget.
  std::int32_t uses = 0;
  std::int32_t successes = 0;
  std::int32_t failures_in_row = 0;
  /// What spoke against the plan: it failed, or another was run on the pattern. Survived: it came
  /// to a certificate the next time, or the other was not cheaper.
  std::int32_t counterexamples = 0;
  std::int32_t survived = 0;
  /// ln of cost over the successes: mean, and sum of squared deviations.
  double mean = 0;
  double squares = 0;
  /// Arms that were run on the pattern and lost.
  std::uint64_t lost = 0;
  /// Clock of the latest use.
  std::uint64_t used = 0;

  /// Chance that the next use comes to a certificate: the mean of its Beta posterior, from (1, 1).
  double confidence() const { return (successes + 1.0) / (uses + 2.0); }

  bool operator==(const PlanEntry&) const = default;
};

/// How a use of a plan ended.
struct PlanOutcome {
  bool success = false;
  double log_cost = 0;  ///< of a success, else what it took until it was left
};

/// The plan that worked, by pattern signature (after the compiled strategies and the memory classes
/// of self-learning solvers: volatile → trusted → quarantined). Bounded: `capacity` entries of
/// `sizeof(PlanEntry)` and two int32 each; when full, the least recently used entry goes that is
/// volatile, else quarantined, else trusted. O(1) a look-up, O(capacity) an eviction.
class PlanMemory {
 public:
  /// A plan is trusted from so many uses on, with a higher share of successes than this, and at
  /// least one counterexample that it survived.
  static constexpr std::int32_t uses_for_trust = 5;
  static constexpr double share_for_trust = 0.7;
  /// Failures in a row that put a plan into quarantine; a trusted one becomes volatile with the
  /// first.
  static constexpr std::int32_t failures_for_quarantine = 2;
  static constexpr std::size_t most_entries = std::size_t{1} << 20;

  /// Empty, with all the memory that it will ever take. `invalid_size` for no entries or more than
  /// `most_entries`, `out_of_memory`; it is as before then.
  Status reserve(std::size_t capacity);
  Status copy_from(const PlanMemory& other);

  /// Null where the pattern is not known.
  const PlanEntry* find(std::uint64_t signature) const;

  /// Books a run of `arm` on the pattern: of its plan, of a challenger, or of the first plan ever.
  /// A success of another arm that is cheaper than the plan's mean takes its place, as does any
  /// while the plan is in quarantine.
  void record(std::uint64_t signature, std::int32_t arm, const PlanOutcome& outcome);

  /// Takes an entry as it is, in place of one of the same signature.
  void restore(const PlanEntry& entry);
  /// The entries of both; of one signature that with more uses.
  void merge(const PlanMemory& other);

  std::span<const PlanEntry> entries() const { return {entries_.data(), count_}; }
  std::size_t capacity() const { return entries_.size(); }
  std::size_t bytes() const { return entries_.bytes() + table_.bytes(); }
  std::uint64_t clock() const { return clock_; }
  void set_clock(std::uint64_t clock) { clock_ = clock; }
  std::uint64_t evictions() const { return evictions_; }

 private:
  std::size_t home(std::uint64_t signature) const;
  std::size_t slot_of(std::uint64_t signature) const;
  PlanEntry& add(std::uint64_t signature);
  void evict();
  void erase(std::size_t index);

  Buffer<PlanEntry> entries_;
  /// Open addressing: index of an entry plus 1, or 0; a power of two, at least twice the capacity.
  Buffer<std::int32_t> table_;
  std::size_t count_ = 0;
  std::uint64_t clock_ = 0;
  std::uint64_t evictions_ = 0;
};

}  // namespace lacuna
