#include "lacuna/policy/plan_memory.hpp"

#include <algorithm>

namespace lacuna {
namespace {

/// Which entries go first.
int worth(const PlanEntry& entry) {
  switch (entry.trust) {
    case Trust::volatile_: return 0;
    case Trust::quarantined: return 1;
    case Trust::trusted: return 2;
  }
  return 0;
}

bool goes_before(const PlanEntry& a, const PlanEntry& b) {
  if (worth(a) != worth(b)) return worth(a) < worth(b);
  return a.used < b.used;
}

void note_cost(PlanEntry& entry, double log_cost) {
  const double before = log_cost - entry.mean;
  entry.mean += before / entry.successes;
  entry.squares += before * (log_cost - entry.mean);
}

void settle_trust(PlanEntry& entry) {
  if (entry.failures_in_row >= PlanMemory::failures_for_quarantine) {
    entry.trust = Trust::quarantined;
    return;
  }
  const bool failing = entry.failures_in_row > 0;
  if (entry.trust == (failing ? Trust::trusted : Trust::quarantined)) {
    entry.trust = Trust::volatile_;
  }
  if (!failing && entry.uses >= PlanMemory::uses_for_trust && entry.survived > 0 &&
      entry.successes > PlanMemory::share_for_trust * entry.uses) {
    entry.trust = Trust::trusted;
  }
}

void begin_plan(PlanEntry& entry, std::int32_t arm, const PlanOutcome& outcome) {
  const std::uint64_t lost = entry.lost & ~(std::uint64_t{1} << arm);
  const std::uint64_t signature = entry.signature;
  const std::uint64_t used = entry.used;
  entry = PlanEntry{};
  entry.signature = signature;
  entry.used = used;
  entry.lost = lost;
  entry.arm = arm;
  entry.uses = entry.successes = 1;
  note_cost(entry, outcome.log_cost);
}

}  // namespace

const char* trust_name(Trust trust) {
  constexpr const char* names[] = {"volatile", "trusted", "quarantined"};
  const auto k = static_cast<std::size_t>(trust);
  return k < std::size(names) ? names[k] : "unknown";
}

Status PlanMemory::reserve(std::size_t capacity) {
  if (capacity == 0 || capacity > most_entries) return Status::invalid_size;
  std::size_t slots = 4;
  while (slots < 2 * capacity) slots *= 2;
  Buffer<PlanEntry> entries;
  Buffer<std::int32_t> table;
  if (entries.allocate(capacity) != Status::ok) return Status::out_of_memory;
  if (table.allocate_zero(slots) != Status::ok) return Status::out_of_memory;
  entries_ = std::move(entries);
  table_ = std::move(table);
  count_ = 0;
  clock_ = evictions_ = 0;
  return Status::ok;
}

Status PlanMemory::copy_from(const PlanMemory& other) {
  Buffer<PlanEntry> entries;
  Buffer<std::int32_t> table;
  if (entries.allocate(other.capacity()) != Status::ok) return Status::out_of_memory;
  if (table.copy_from(other.table_.span()) != Status::ok) return Status::out_of_memory;
  std::copy_n(other.entries_.data(), other.count_, entries.data());
  entries_ = std::move(entries);
  table_ = std::move(table);
  count_ = other.count_;
  clock_ = other.clock_;
  evictions_ = other.evictions_;
  return Status::ok;
}

std::size_t PlanMemory::home(std::uint64_t signature) const {
  // Signatures are hashes already, but may have been made by somebody else.
  return static_cast<std::size_t>((signature * 0x9e3779b97f4a7c15u) >> 32) & (table_.size() - 1);
}

/// The slot of a signature, or the free one where it belongs.
std::size_t PlanMemory::slot_of(std::uint64_t signature) const {
  std::size_t slot = home(signature);
  while (table_[slot] != 0 && entries_[table_[slot] - 1].signature != signature) {
    slot = (slot + 1) & (table_.size() - 1);
  }
  return slot;
}

const PlanEntry* PlanMemory::find(std::uint64_t signature) const {
  const std::int32_t index = table_[slot_of(signature)];
  return index == 0 ? nullptr : &entries_[index - 1];
}

PlanEntry& PlanMemory::add(std::uint64_t signature) {
  if (count_ == capacity()) evict();
  PlanEntry& entry = entries_[count_] = PlanEntry{};
  entry.signature = signature;
  const std::size_t slot = slot_of(signature);
  table_[slot] = static_cast<std::int32_t>(++count_);
  return entry;
}

void PlanMemory::evict() {
  const auto all = entries();
  const auto worst = std::min_element(all.begin(), all.end(), goes_before);
  erase(static_cast<std::size_t>(worst - all.begin()));
  ++evictions_;
}

void PlanMemory::erase(std::size_t index) {
  const std::size_t mask = table_.size() - 1;
  std::size_t hole = slot_of(entries_[index].signature);
  // What was put farther on because the slot was taken moves up (Knuth, TAOCP 3, 6.4, R).
  for (std::size_t slot = (hole + 1) & mask; table_[slot] != 0; slot = (slot + 1) & mask) {
    const std::size_t wanted = home(entries_[table_[slot] - 1].signature);
    if (((slot - wanted) & mask) < ((slot - hole) & mask)) continue;
    table_[hole] = table_[slot];
    hole = slot;
  }
  table_[hole] = 0;
  --count_;
  if (index == count_) return;
  table_[slot_of(entries_[count_].signature)] = static_cast<std::int32_t>(index + 1);
  entries_[index] = entries_[count_];
}

void PlanMemory::record(std::uint64_t signature, std::int32_t arm, const PlanOutcome& outcome) {
  const std::int32_t found = table_[slot_of(signature)];
  if (found == 0) {
    // Failures of nothing that ever worked are for the posteriors to remember.
    if (!outcome.success) return;
    PlanEntry& fresh = add(signature);
    fresh.used = ++clock_;
    begin_plan(fresh, arm, outcome);
    return;
  }
  PlanEntry& entry = entries_[found - 1];
  entry.used = ++clock_;
  if (arm == entry.arm) {
    entry.uses += 1;
    if (outcome.success) {
      entry.successes += 1;
      entry.survived += entry.failures_in_row > 0;
      entry.failures_in_row = 0;
      note_cost(entry, outcome.log_cost);
    } else {
      entry.failures_in_row += 1;
      entry.counterexamples += 1;
    }
    settle_trust(entry);
    return;
  }
  const bool wins =
      outcome.success && (entry.trust == Trust::quarantined || outcome.log_cost < entry.mean);
  if (wins) {
    entry.lost |= std::uint64_t{1} << entry.arm;
    begin_plan(entry, arm, outcome);
    return;
  }
  entry.lost |= std::uint64_t{1} << arm;
  entry.counterexamples += 1;
  entry.survived += entry.failures_in_row == 0;
  settle_trust(entry);
}

void PlanMemory::restore(const PlanEntry& given) {
  const std::int32_t found = table_[slot_of(given.signature)];
  PlanEntry& entry = found == 0 ? add(given.signature) : entries_[found - 1];
  entry = given;
  clock_ = std::max(clock_, given.used);
}

void PlanMemory::merge(const PlanMemory& other) {
  for (const PlanEntry& theirs : other.entries()) {
    const PlanEntry* ours = find(theirs.signature);
    if (ours == nullptr || ours->uses < theirs.uses) restore(theirs);
  }
}

}  // namespace lacuna
