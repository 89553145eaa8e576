#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/local/declared.hpp"
#include "lacuna/local/entry_arena.hpp"
#include "lacuna/local/lines.hpp"
#include "lacuna/local/vertex_table.hpp"

namespace lacuna {

/// What passed through a cache, counted.
struct RowCacheWork {
  double hits = 0;
  double misses = 0;   ///< asked for and not at hand, once each between two supplies
  double rows = 0;     ///< taken in
  double entries = 0;  ///< of these
  double evictions = 0;
  double turned_away = 0;  ///< supplied, but without room beside the others of the same supply
};

/// Rows of a square matrix of up to 2⁵³ ids, which come on demand and of which the most recently
/// used are kept. With `Declared::transposed` it is a cache of columns.
///
/// Memory is one arena of blocks, one list of rows and one index, which double up to the limit: no
/// allocation for a row. Finding, moving to the front and evicting are O(1) (and log of the
/// arena's size for its block). The least recently used go first, as many as it takes to find a
/// block of 2ᵏ entries of 16 bytes. A block of up to a quarter of the limit always finds room; a
/// row that does not fit even alone cannot be had: `out_of_memory` with the row.
///
/// Rows are kept in ascending order of their ids, so that nothing depends on the order that a
/// source gives.
class RowCache final : public Lines {
 public:
  static constexpr std::int64_t most_rows = std::int64_t{1} << 53;
  static constexpr std::size_t default_limit = std::size_t{32} << 20;

  /// `limit` in bytes, of rows and their index; the list of what is wanted comes on top, and while
  /// the arena widens the old and the new one stand side by side for a moment. `invalid_size` where
  /// `size` is not in 1 … 2⁵³, `invalid_argument` for a declaration that cannot be.
  static Result<RowCache> create(std::int64_t size, const Declared& declared,
                                 std::size_t limit = default_limit);

  std::int64_t size() const override { return size_; }
  const Declared& declared() const { return declared_; }

  /// The line is valid until the next call of anything but the const members.
  bool get(std::int64_t v, Line& line) override;

  /// Rows that were asked for and are not here, once each, in the order asked.
  std::span<const std::int64_t> wanted() const { return {wanted_.data(), wanted_count_}; }
  /// The first of these that are likely to fit together, at least one: what to fetch in one go.
  std::span<const std::int64_t> batch() const;
  /// Memory ran out while noting what is wanted; `supply` or a further `get` clears it.
  bool failed() const { return failed_; }

  /// The first `counts.size()` rows of `wanted`, in its order: `counts` entries each, diagonal
  /// entry among them, in any order. All is checked before anything is changed: `shape_mismatch`,
  /// `index_out_of_range`, `not_finite`, `duplicate_entry`, and `declaration_violated` (as
  /// `hold_against`, and A = Aᵀ against the rows that are here), each with the row as position and
  /// the column as partner where there is one. `out_of_memory` names the row: those before it are
  /// here, it and those after it remain wanted. Where not all find room at once, the first do; the
  /// others are asked for again. O(entries), and log for rows not in ascending order.
  Fault supply(std::span<const std::int32_t> counts, std::span<const std::int64_t> ids,
               std::span<const double> values);

  /// Drops all that is wanted. Whoever still waits asks again once told that lines have arrived.
  void give_up() { forget_wanted(wanted_count_); }

  /// Drops row v, which has changed at its source. False where it is not here.
  bool forget(std::int64_t v);
  /// Drops all rows and all that is wanted; keeps the memory.
  void clear();

  std::uint32_t rows() const { return row_count_; }
  const RowCacheWork& work() const { return work_; }
  std::size_t bytes() const {
    return arena_.bytes() + rows_.bytes() + heads_.bytes() + wanted_.bytes() +
           wanted_index_.bytes() + scratch_.bytes() + scratch_ids_.bytes() +
           scratch_values_.bytes() + supplied_.bytes();
  }

 private:
  static constexpr std::uint32_t none = EntryArena::none;
  struct Row {
    std::int64_t id;
    double diagonal;
    std::uint32_t at;  ///< in the arena
    std::uint32_t count;
    std::uint32_t newer;  ///< neighbours in the order of use; `older` also links unused records
    std::uint32_t older;
    std::uint32_t next;    ///< of the same hash
    std::uint32_t supply;  ///< number of the supply that it came with
  };
  struct Wanted {
    std::int64_t id;
    std::uint32_t home;
    std::uint32_t unused;
  };
  struct Entry {
    std::int64_t id;
    double value;
    bool operator<(const Entry& other) const {
      return id != other.id ? id < other.id : value < other.value;
    }
  };
  /// Where a row of a supply begins, and whether its ids ascend as given.
  struct Supplied {
    std::size_t begin;
    std::uint32_t count;
    std::uint32_t ascending;
  };

  RowCache(std::int64_t size, const Declared& declared, std::size_t limit)
      : size_(size), declared_(declared), limit_(limit) {}

  std::uint32_t hash(std::int64_t v) const {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(v) * 0x9e3779b97f4a7c15u) >>
                                      shift_);
  }
  std::uint32_t find(std::int64_t v) const;
  void note(std::int64_t v);
  void unlink(std::uint32_t k);
  void link_newest(std::uint32_t k);
  void drop(std::uint32_t k);
  bool evict_older();
  std::size_t kept_bytes() const { return arena_.bytes() + rows_.bytes() + heads_.bytes(); }
  bool widen_rows();
  bool widen_arena(std::size_t count);

  /// The row in ascending order: as given, or in `scratch_`.
  Result<Line> ordered(std::int64_t v, std::span<const std::int64_t> ids,
                       std::span<const double> values);
  /// The entry (u, v), as far as row u is at hand here or in the supply being checked.
  bool entry_at_hand(std::int64_t u, std::int64_t v, std::span<const Supplied> supply,
                     std::span<const std::int64_t> ids, std::span<const double> values,
                     double& entry);
  Fault check(std::span<const Supplied> supply, std::span<const std::int64_t> ids,
              std::span<const double> values);
  /// `not_ready` where the room is taken by rows of the same supply.
  Status take_in(std::int64_t v, const Line& line);
  void forget_wanted(std::size_t count);

  std::int64_t size_;
  Declared declared_;
  std::size_t limit_;

  EntryArena arena_;
  Buffer<Row> rows_;
  Buffer<std::uint32_t> heads_;  ///< of the chains of the index
  unsigned shift_ = 64;
  std::uint32_t used_ = 0;  ///< records that were ever used
  std::uint32_t unused_ = none;
  std::uint32_t newest_ = none;
  std::uint32_t oldest_ = none;
  std::uint32_t row_count_ = 0;
  std::uint32_t supply_ = 0;
  double block_entries_ = 0;  ///< in blocks of the rows that are here

  Buffer<std::int64_t> wanted_;
  std::size_t wanted_count_ = 0;
  VertexTable<Wanted> wanted_index_;
  bool failed_ = false;

  Buffer<Supplied> supplied_;
  Buffer<Entry> scratch_;
  Buffer<std::int64_t> scratch_ids_;
  Buffer<double> scratch_values_;
  RowCacheWork work_;
};

}  // namespace lacuna
