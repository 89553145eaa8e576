#pragma once
#include <cstdint>
#include <limits>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/local/row_cache.hpp"

namespace lacuna {

/// The out-arcs of a graph of up to 2⁵³ vertices that is never loaded: they come on demand, and
/// those of the vertices used most recently are kept, as in `RowCache`. Lines list targets in
/// ascending order, loops among them, and have no diagonal.
class ArcCache final : public Lines {
 public:
  /// `undirected` is held against all arcs that are here at the same time. `limit` in bytes; see
  /// `RowCache::create` for what is refused. `volume`: the sum of all weights, of a graph that is
  /// connected, and `max_weight`: the largest sum at a vertex, which every line is held against;
  /// ∞ where not known, else positive: `invalid_argument`.
  static Result<ArcCache> create(std::int64_t size, bool undirected, std::size_t limit,
                                 double volume = std::numeric_limits<double>::infinity(),
                                 double max_weight = std::numeric_limits<double>::infinity());

  std::int64_t size() const override { return rows_.size(); }
  bool undirected() const { return rows_.declared().symmetric; }
  double volume() const { return volume_; }
  double max_weight() const { return max_weight_; }
  /// The line is valid until the next call of anything but the const members. O(degree).
  bool get(std::int64_t v, Line& line) override;

  /// Vertices whose arcs were asked for and are likely to fit together, in the order asked.
  std::span<const std::int64_t> wanted() const { return rows_.batch(); }
  /// Memory ran out while noting what is wanted, or copying a line; `supply` clears it.
  bool failed() const { return failed_ || rows_.failed(); }
  /// Brings the arcs of the first `counts.size()` of these: targets and weights, or no weights
  /// where all are 1. `invalid_argument` with the vertex that has a weight that is not positive and
  /// finite, and the faults of `RowCache::supply`: `declaration_violated` with the ends of an arc
  /// that has none of its weight back in a graph said to be undirected, or with the vertex whose
  /// weights are more than `max_weight`. O(entries).
  Fault supply(std::span<const std::int32_t> counts, std::span<const std::int64_t> ids,
               std::span<const double> weights);
  /// Drops all that is wanted.
  void give_up() { rows_.give_up(); }

  const RowCacheWork& work() const { return rows_.work(); }
  std::size_t bytes() const {
    return rows_.bytes() + counts_.bytes() + ids_.bytes() + values_.bytes() + line_ids_.bytes() +
           line_values_.bytes();
  }

 private:
  explicit ArcCache(RowCache&& rows) : rows_(std::move(rows)) {}
  /// Copies a line without the entry of v itself.
  Status leave_out(std::int64_t v, Line& line);

  /// A row of the cache has an entry on the diagonal: the weight of the loop, or `no_loop`.
  static constexpr double no_loop = -1;

  RowCache rows_;
  double volume_ = std::numeric_limits<double>::infinity();
  double max_weight_ = std::numeric_limits<double>::infinity();
  bool failed_ = false;
  Buffer<std::int32_t> counts_;
  Buffer<std::int64_t> ids_;
  Buffer<double> values_;
  Buffer<std::int64_t> line_ids_;
  Buffer<double> line_values_;
};

}  // namespace lacuna
