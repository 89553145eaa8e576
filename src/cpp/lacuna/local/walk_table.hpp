#pragma once
#include <bit>
#include <cstdint>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/local/conditions.hpp"
#include "lacuna/local/counter_random.hpp"
#include "lacuna/local/walk_law.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// The walk of a loaded matrix, strictly row-dominant as it stands or once its columns are
/// multiplied by weights, laid out so that a step reads one record, and with up to eight entries
/// off the diagonal one cache line of 64 bytes: 6 bytes an entry and 16 a row, and 4 a row to find
/// it by; rows of more than 16 entries take 12 bytes an entry. An entry names the record that it
/// leads to, not the vertex, so that a step waits for memory once.
///
/// Short rows hold the upper 15 bits of cumulated 32-bit boundaries, four of which are compared at
/// a time; the one draw in some thousands that falls together with one of them has the rest
/// computed anew from the matrix. Long rows hold an alias table (Walker, ACM TOMS 3, 1977; Vose,
/// IEEE TSE 17, 1991) in integers, whose probabilities add up exactly, built without further memory
/// by two pointers over light and heavy entries (Hübschle-Schneider & Sanders, ESA 2019).
///
/// What is simulated is a matrix P̃ with max-norm distance `error` of P relative to its own ends, so
/// that for x̃ = (I − P̃)⁻¹D⁻¹b
///     |x̃ − x| ≤ bias()·‖b‖∞·largest_factor()  in every entry:
/// x̃ − x = (I − P)⁻¹(P̃ − P)x̃, and (I − |P|)⁻¹(1 − q) = 1. This is charged, not resolved: it lies
/// near 2⁻²⁸/(1 − q), below what any affordable number of walks can see.
///
/// With weights w, ⟨A⟩w ≥ 1 (`Conditions::rows`), the walk is that of A·diag(w): x = diag(w)·y, and
/// starts are multiplied by w. Every score then lies in ±‖b‖∞, and a start's term in ±‖b‖∞|s|w,
/// which is as tight a range as there is: no row with a small margin widens that of all others.
///
/// Built in O(nnz), in pieces. Matrix and weights have to outlive it.
class WalkTable {
 public:
  /// Begins to build; uniform weights, and null, change nothing. `not_square`, `out_of_memory`.
  Status begin(const CsrView& a, const Weights* weights = nullptr);
  /// Builds on. On `failed`, `fault` says `invalid_argument` with the first row that is not
  /// strictly dominant, `invalid_size` where the table would have 2³¹ words of 8 bytes, or
  /// `out_of_memory`.
  TaskState step(Budget& budget);
  Fault fault() const { return fault_; }
  bool ready() const { return phase_ == Phase::ready; }

  std::int32_t rows() const { return static_cast<std::int32_t>(offsets_.size()); }
  std::size_t bytes() const { return offsets_.bytes() + memory_.bytes(); }

  /// What a start at v is multiplied with.
  double weight(std::int32_t v) const {
    return weights_ != nullptr ? weights_[static_cast<std::size_t>(v)] : 1;
  }

  /// max |1/(aᵥᵥp̃ᵥ)| ≤ 1/δ, or 1/(aᵥᵥwᵥp̃ᵥ): every score lies in ±‖b‖∞ times this.
  double largest_factor() const { return largest_factor_; }
  /// max 1 − p̃ᵥ.
  double contraction() const { return 1 - least_end_; }
  /// See above; ∞ where a margin is lost in the units.
  double bias() const { return bias_; }
  /// Every Pᵥⱼ ≥ 0 and aᵥᵥ > 0.
  bool nonnegative() const { return nonnegative_; }

  /// A record: `at` is where it begins.
  std::uint32_t record(std::int32_t v) const { return offsets_[static_cast<std::size_t>(v)]; }
  std::uint32_t last_end(std::uint32_t at) const { return static_cast<std::uint32_t>(words_[at]); }
  std::int32_t vertex(std::uint32_t at) const { return vertex_of(words_[at]); }
  double factor(std::uint32_t at) const { return __builtin_bit_cast(double, words_[at + 1]); }

  /// Where a draw u > last_end leads from a record whose first word is `head`: the record, and the
  /// sign in the top bit. `key`, `draw` name the second draw that long rows take.
  std::uint32_t onward(std::uint32_t at, std::uint64_t head, std::uint32_t u, std::uint64_t key,
                       std::uint64_t draw) const {
    const std::uint64_t* group = words_ + at + 2;
    if ((head >> 63) != 0) return alias(group, CounterRandom::bits(key, draw));
    // Lanes keep their top bit where the boundary is not below the draw.
    const std::uint64_t upper = (u >> lower_bits) * (lane_tops >> 15);
    for (;; group += group_words) {
      const std::uint64_t above = (*group | lane_tops) - upper;
      if ((above & lane_tops) == 0) continue;
      const int lane = std::countr_zero(above & lane_tops) / 16;
      if ((above >> (16 * lane) & lane_mask) == 0) return onward_exactly(vertex_of(head), u);
      return static_cast<std::uint32_t>(group[1 + lane / 2] >> (32 * (lane % 2)));
    }
  }

  static constexpr std::uint32_t target_mask = 0x7fffffffu;
  static constexpr std::size_t line_words = 8;  ///< of a cache line
  /// Words past the last record that may be read, so that whole cache lines can be touched.
  static constexpr std::size_t padding = 16;
  /// Records begin here, at a cache line.
  const std::uint64_t* words() const { return words_; }
  /// From the first word of a record to the last one worth having early.
  std::size_t reach() const { return reach_; }

 private:
  enum class Phase : std::int32_t { none, count, fill, ready, failed };
  enum class RowPart : std::int32_t {
    sum,
    weigh,
    light,
    heavy,
    pair,
    next_light,
    next_heavy,
    rest
  };

  /// An entry off the diagonal, not zero, of a long row.
  struct Cursor {
    std::int32_t p;
    std::uint32_t slot;
    std::uint64_t weight;
  };

  // Up to four entries: their boundaries in lanes of 16 bits, then their targets, two a word.
  static constexpr std::size_t group_words = 3;
  static constexpr std::uint64_t lane_tops = 0x8000800080008000u;
  static constexpr std::uint32_t lane_mask = 0x7fff;
  static constexpr int lower_bits = 17;  ///< of a boundary, that are not stored

  static std::int32_t vertex_of(std::uint64_t head) {
    return static_cast<std::int32_t>(head >> 32 & target_mask);
  }

  static std::uint32_t alias(const std::uint64_t* entry, std::uint64_t random) {
    // 64 random bits times the number of slots: the slot above, 32 bits of the place in it below.
    const std::uint64_t slots = *entry++;
    const std::uint64_t low = (random & 0xffffffffu) * slots;
    const std::uint64_t place = (random >> 32) * slots + (low >> 32);
    const std::uint64_t slot = place >> 32;
    const std::uint64_t own = entry[slot];
    if (static_cast<std::uint32_t>(place) < static_cast<std::uint32_t>(own)) {
      return static_cast<std::uint32_t>(own >> 32);
    }
    const std::uint64_t pair = entry[slots + slot / 2];
    return static_cast<std::uint32_t>(slot % 2 == 0 ? pair : pair >> 32);
  }

  TaskState fail(Status status, std::int64_t row = -1);
  bool count_rows(Budget& budget);
  bool fill_rows(Budget& budget);
  /// Where the row's own part of the building stands: each false where the budget ran out.
  bool sum_row(Budget& budget);
  bool begin_row();
  void fill_scanned();
  bool weigh_long(Budget& budget);
  bool sweep_long(Budget& budget);
  /// On to the first entry from `c` on that is heavy, or light.
  bool seek(Cursor& c, bool heavy, Budget& budget) const;
  bool passes(std::int32_t p) const { return indices_[p] == row_ || data_[p] == 0; }
  double value(std::int32_t p) const { return data_[p] * weight(indices_[p]); }
  static std::size_t scanned_words(std::size_t entries);
  /// `onward` of a short row by whole boundaries.
  std::uint32_t onward_exactly(std::int32_t v, std::uint32_t u) const;
  /// In the alias table of its row, whose mean is 2³².
  std::uint64_t slots(std::int32_t p) const;
  std::uint32_t target(const WalkLaw& law, std::int32_t p) const;
  std::uint64_t* record_words() { return words_ + offsets_[static_cast<std::size_t>(row_)]; }
  /// Own entry below `kept` of 2³², else `other`; always itself where the slot is full.
  void set_slot(const Cursor& own, std::uint64_t kept, std::uint32_t other);

  Phase phase_ = Phase::none;
  Fault fault_;
  const std::int32_t* indptr_ = nullptr;
  const std::int32_t* indices_ = nullptr;
  const double* data_ = nullptr;
  const double* weights_ = nullptr;
  Buffer<std::uint32_t> offsets_;
  Buffer<std::uint64_t> memory_;
  std::uint64_t* words_ = nullptr;  ///< in it, from a cache line on
  std::size_t reach_ = 0;
  double largest_factor_ = 0;
  double least_end_ = 1;
  double bias_ = 0;
  bool nonnegative_ = true;

  // Where the building stands.
  std::int32_t row_ = 0;
  std::int32_t p_ = 0;
  RowPart part_ = RowPart::sum;
  std::uint64_t total_ = 0;  ///< words; while they are filled: those that are
  std::int32_t wide_ = 0;    ///< short rows of more than a cache line
  std::uint32_t slot_ = 0;
  AbsoluteSum sum_;
  WalkLaw law_;
  std::uint64_t given_ = 0;  ///< sum of `slots`
  std::int32_t last_ = -1;   ///< entry that takes what rounding left over
  std::uint64_t left_over_ = 0;
  std::uint64_t rest_ = 0;  ///< what is left of the heavy entry
  Cursor light_{};
  Cursor heavy_{};
  Cursor next_{};
};

}  // namespace lacuna
