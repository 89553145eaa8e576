#include "lacuna/local/walk_block.hpp"

namespace lacuna {

Status WalkBlock::allocate(std::int32_t in_flight) {
  if (in_flight < 1 || in_flight > most_in_flight) return Status::invalid_argument;
  const auto slots = static_cast<std::size_t>(in_flight);
  if (slots_.size() != slots && slots_.allocate(slots) != Status::ok) return Status::out_of_memory;
  if (landings_.empty() && landings_.allocate(capacity) != Status::ok) return Status::out_of_memory;
  steps_ = truncated_ = 0;
  broken_at_ = -1;
  count_ = launched_ = active_ = 0;
  return Status::ok;
}

void WalkBlock::begin(const CounterRandom& random, double number, double first, std::int32_t count,
                      std::uint32_t cap) {
  random_ = random;
  number_ = number;
  first_ = first;
  count_ = count;
  cap_ = cap;
  launched_ = active_ = 0;
}

bool WalkBlock::launch(Slot& slot, WalkStarts& starts) {
  if (launched_ == count_) return false;
  const double walk = first_ + launched_;
  slot.key = random_.key(static_cast<std::uint64_t>(number_ + walk));
  const double stratum = static_cast<double>(static_cast<std::uint64_t>(walk) / 2);
  const WalkStarts::Draw draw = starts.draw(stratum, CounterRandom::bits(slot.key, 0));
  slot.where = draw.where;
  slot.u = draw.u;
  slot.sign = draw.sign;
  slot.step = 0;
  slot.head = 0;
  slot.walk = launched_++;
  return true;
}

void WalkBlock::land(const Slot& slot, std::int64_t vertex, double factor) {
  landings_[static_cast<std::size_t>(slot.walk)] = {vertex, slot.sign != 0 ? -factor : factor};
}

bool WalkBlock::advance(Slot& slot) {
  if (++slot.step == cap_) {
    land(slot, -1, 0);
    ++truncated_;
    return false;
  }
  // Draw 0 is the start; a step has two: whether and where to, and the slot of a long row.
  slot.u = CounterRandom::word(CounterRandom::bits(slot.key, 2 * std::uint64_t{slot.step}));
  return true;
}

WalkOutcome WalkBlock::step(WalkSource& source, WalkStarts& starts, Budget& budget) {
  const auto slots = static_cast<std::int32_t>(slots_.size());
  while (active_ < slots && launched_ < count_) launch(slots_[active_++], starts);
  return source.table() != nullptr ? step_table(*source.table(), starts, budget)
                                   : step_lines(source, starts, budget);
}

WalkOutcome WalkBlock::step_table(const WalkTable& table, WalkStarts& starts, Budget& budget) {
  const std::uint64_t* words = table.words();
  const std::size_t reach = table.reach();
  Slot* slots = slots_.data();
  std::uint64_t touched = 0;
  while (active_ > 0) {
    if (budget.exhausted()) {
      touched_ ^= touched;
      return WalkOutcome::running;
    }
    for (std::int32_t k = 0; k < active_; ++k) {
      const std::uint64_t* record = words + slots[k].where;
      slots[k].head = record[0];
      touched ^= record[reach];
    }
    steps_ += active_;
    budget.spend(step_work * active_);
    for (std::int32_t k = 0; k < active_;) {
      Slot& slot = slots[k];
      const auto at = static_cast<std::uint32_t>(slot.where);
      bool goes_on;
      if (slot.u <= static_cast<std::uint32_t>(slot.head)) {
        land(slot, table.vertex(at), table.factor(at));
        goes_on = launch(slot, starts);
      } else {
        const std::uint32_t to =
            table.onward(at, slot.head, slot.u, slot.key, 2 * std::uint64_t{slot.step} + 1);
        slot.sign ^= to & ~WalkTable::target_mask;
        slot.where = to & WalkTable::target_mask;
        goes_on = advance(slot) || launch(slot, starts);
      }
      if (goes_on) {
        ++k;
      } else {
        slot = slots[--active_];
      }
    }
  }
  touched_ ^= touched;
  return WalkOutcome::reached;
}

WalkOutcome WalkBlock::step_lines(WalkSource& source, WalkStarts& starts, Budget& budget) {
  Slot* slots = slots_.data();
  for (std::int32_t k = 0; k < active_; ++k) slots[k].head = 0;
  while (active_ > 0) {
    if (budget.exhausted()) return WalkOutcome::running;
    std::int32_t waiting = 0;
    for (std::int32_t k = 0; k < active_;) {
      Slot& slot = slots[k];
      if (slot.head != 0) {
        ++waiting, ++k;
        continue;
      }
      Line line;
      WalkLaw law;
      const WalkSource::Got got = source.get(slot.where, line, law);
      if (got == WalkSource::Got::missing) {
        slot.head = 1;
        ++waiting, ++k;
        continue;
      }
      if (got == WalkSource::Got::broken) {
        broken_at_ = slot.where;
        return WalkOutcome::broken;
      }
      ++steps_;
      budget.spend(step_work + 4.0 * line.count);
      bool goes_on;
      if (slot.u <= law.last_end) {
        land(slot, slot.where, law.factor);
        goes_on = launch(slot, starts);
      } else {
        bool negative = false;
        slot.where = WalkSource::onward(slot.where, line, law, slot.u, slot.key,
                                        2 * std::uint64_t{slot.step} + 1, negative);
        slot.sign ^= negative ? 0x80000000u : 0u;
        goes_on = advance(slot) || launch(slot, starts);
      }
      if (goes_on) {
        ++k;
      } else {
        slot = slots[--active_];
      }
    }
    if (waiting == active_ && active_ > 0) return WalkOutcome::needs_lines;
  }
  return WalkOutcome::reached;
}

}  // namespace lacuna
