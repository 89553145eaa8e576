#pragma once
#include <cstdint>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/walk_source.hpp"
#include "lacuna/local/walk_starts.hpp"

namespace lacuna {

/// Up to `capacity` walks, some of them in flight at a time: a step of one waits for memory while
/// those of the others are on their way, so that steps cost a fraction of a cache miss each. Every
/// round first reads from the record of each walk, which needs nothing but addresses and so
/// overlaps, and then takes the steps, whose branches find their data in the cache.
class WalkBlock {
 public:
  static constexpr std::int32_t capacity = 4096;
  static constexpr std::int32_t most_in_flight = 1024;
  /// Flops that a step is booked as.
  static constexpr double step_work = 32;

  /// Where a walk ended, and what b has to be multiplied with there; −1 where it was cut off.
  struct Landing {
    std::int64_t vertex;
    double factor;
  };

  /// `in_flight` in 1 … `most_in_flight`. `invalid_argument`, `out_of_memory`.
  Status allocate(std::int32_t in_flight);

  /// Walks `first` … `first + count − 1` of a batch whose walk 0 has the number `number` among all
  /// walks: walk k starts in stratum k/2. `cap`: steps after which a walk is cut off.
  void begin(const CounterRandom& random, double number, double first, std::int32_t count,
             std::uint32_t cap);

  /// `reached` when all have ended.
  WalkOutcome step(WalkSource& source, WalkStarts& starts, Budget& budget);

  std::int32_t count() const { return count_; }
  Landing& landing(std::int32_t k) { return landings_[static_cast<std::size_t>(k)]; }
  double steps() const { return steps_; }
  double truncated() const { return truncated_; }
  std::int64_t broken_at() const { return broken_at_; }
  std::size_t bytes() const { return slots_.bytes() + landings_.bytes(); }

 private:
  struct Slot {
    std::uint64_t key;
    std::uint64_t head;  ///< first word of the record; 1 while a line is waited for
    std::int64_t where;
    std::uint32_t u;
    std::uint32_t step;
    std::uint32_t sign;
    std::int32_t walk;
  };

  /// The next walk into a slot; false where none is left, and the last slot takes its place.
  bool launch(Slot& slot, WalkStarts& starts);
  void land(const Slot& slot, std::int64_t vertex, double factor);
  /// To the next draw. False where the walk is cut off.
  bool advance(Slot& slot);
  WalkOutcome step_table(const WalkTable& table, WalkStarts& starts, Budget& budget);
  WalkOutcome step_lines(WalkSource& source, WalkStarts& starts, Budget& budget);

  Buffer<Slot> slots_;
  Buffer<Landing> landings_;
  CounterRandom random_;
  double number_ = 0;
  double first_ = 0;
  std::int32_t count_ = 0;
  std::int32_t launched_ = 0;
  std::int32_t active_ = 0;
  std::uint32_t cap_ = 0;
  double steps_ = 0;
  double truncated_ = 0;
  std::int64_t broken_at_ = -1;
  std::uint64_t touched_ = 0;  ///< keeps the reads ahead from being dropped
};

}  // namespace lacuna
