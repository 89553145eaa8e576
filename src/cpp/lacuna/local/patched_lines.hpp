#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/local/conditions.hpp"
#include "lacuna/local/lines.hpp"
#include "lacuna/local/vertex_table.hpp"

namespace lacuna {

/// The lines of a matrix with a few of them replaced: what a query reads after a change of a few
/// rows of A, without a copy of A. O(1) a line on top of the source; memory follows the changes.
///
/// A push with a residual for the old matrix is corrected by `Push::change_line` with the
/// difference: if row v of A becomes aᵥ + Δ, then t − A′ᵀp = (t − Aᵀp) − pᵥΔ.
class PatchedLines final : public Lines {
 public:
  /// The base must outlive it.
  explicit PatchedLines(Lines& base) : base_(&base) {}

  std::int64_t size() const override { return base_->size(); }
  bool get(std::int64_t v, Line& line) override;

  /// Line v becomes these entries, the diagonal entry among them, in any order. `difference` is
  /// then new − old. `not_ready` where the base has not got the old line at hand (it has noted that
  /// it is wanted), `index_out_of_range`, `duplicate_entry` or `not_finite` with the line as
  /// position and the entry's id as partner, `shape_mismatch`, `out_of_memory`: all leave
  /// everything as it was. O(k log k) for k entries, old and new.
  Fault replace(std::int64_t v, std::span<const std::int64_t> ids, std::span<const double> values);

  /// Room for `lines` further replacements with `entries` in all, of which none has more than
  /// `longest` entries, old and new together: they cannot run out of memory then.
  Status reserve(std::size_t lines, std::size_t entries, std::size_t longest);

  /// Line v is again what the base gives, `difference` old − new. `not_ready`, `out_of_memory` as
  /// above; nothing happens to a line that is not replaced, and the difference is empty.
  Fault revert(std::int64_t v);

  /// What the last successful change added to the line in force before: entries in ascending order,
  /// each rounded once, those that did not change left out. Valid until the next attempt.
  const Line& difference() const { return difference_; }

  bool replaced(std::int64_t v) const { return live(v) != nullptr; }
  std::uint32_t replaced_count() const { return live_count_; }

  /// Least margin over the replaced lines, lowered by its rounding; ∞ where there are none. A′ has
  /// the lesser of this and the margin of the base. O(entries of the replaced lines).
  double margin() const;
  /// minᵥ (⟨A′⟩w)ᵥ over the replaced lines, lowered by its rounding; ∞ where there are none. With
  /// ⟨A⟩w ≥ 1 for the base, entry by entry (`Weights::each`), A′ keeps the weights if this is 1 or
  /// more, and has w over it if it is positive. Same cost.
  double comparison(const Weights& weights) const;

  std::size_t bytes() const {
    return table_.bytes() + ids_.bytes() + values_.bytes() + merged_.bytes() + delta_ids_.bytes() +
           delta_values_.bytes();
  }

 private:
  struct Patch {
    std::int64_t id;
    std::size_t begin;
    double diagonal;
    std::uint32_t home;
    std::uint32_t count;
    std::uint32_t live;
    std::uint32_t unused;
  };
  struct Entry {
    std::int64_t id;
    double value;
    bool operator<(const Entry& other) const {
      return id != other.id ? id < other.id : value < other.value;
    }
  };

  const Patch* live(std::int64_t v) const;
  Line line_of(const Patch& patch) const;
  /// Room for `more` entries at the end, what is no longer live squeezed out.
  Status make_room(std::size_t more);
  /// difference_ ← `after` − `before`. `out_of_memory`, `not_finite` where an entry overflows.
  Status subtract(std::int64_t v, const Line& before, const Line& after);

  Lines* base_;
  VertexTable<Patch> table_;
  Buffer<std::int64_t> ids_;
  Buffer<double> values_;
  std::size_t used_ = 0;
  std::size_t wasted_ = 0;
  std::uint32_t live_count_ = 0;
  Buffer<Entry> merged_;
  Buffer<std::int64_t> delta_ids_;
  Buffer<double> delta_values_;
  Line difference_;
};

}  // namespace lacuna
