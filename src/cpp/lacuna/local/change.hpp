#pragma once
#include <cstdint>
#include <limits>
#include <span>

#include "lacuna/local/certificate.hpp"
#include "lacuna/local/patched_lines.hpp"

namespace lacuna {

/// A sparse change of a system, borrowed: what is added to b, and rows of A as they will be.
struct Change {
  std::span<const std::int64_t> rhs_ids;
  std::span<const double> rhs_values;    ///< added; those at the same place together
  std::span<const std::int64_t> rows;    ///< each once
  std::span<const std::int32_t> counts;  ///< entries of each, the diagonal one among them
  std::span<const std::int64_t> ids;     ///< of one row after another
  std::span<const double> values;
};
/// `shape_mismatch`, `invalid_size` where the lengths do not belong together. O(rows).
Fault check_shape(const Change& change);

/// A right-hand side with some of its values changed: a view of its own, the one underneath stays
/// as it is. Facts hold at all times; they are loose where a change took an extreme value back,
/// until `refresh`.
class ChangedRhs {
 public:
  explicit ChangedRhs(LocalRhs& base) : base_(&base), facts_(base.facts()) {}

  LocalRhs& base() { return *base_; }
  const LocalRhs& base() const { return *base_; }
  const RhsFacts& facts() const { return facts_; }
  /// False where the value is not at hand; it is then among `base().wanted()`.
  bool get(std::int64_t v, double& value);

  Status reserve(std::size_t more) { return table_.reserve(more); }
  /// Only after `reserve`, for a value that `get` has given. O(1).
  void set(std::int64_t v, double value);
  /// Facts from all that is changed. O(changed).
  void refresh();
  bool fresh() const { return fresh_; }

  struct Entry {
    std::int64_t id;
    double value;
    double before;  ///< of the base
    std::uint32_t home;
    std::uint32_t unused;
  };
  std::uint32_t changed() const { return table_.size(); }
  const Entry& entry(std::uint32_t k) const { return table_[k]; }
  std::size_t bytes() const { return table_.bytes(); }

 private:
  void include(const Entry& entry);

  LocalRhs* base_;
  RhsFacts facts_;
  VertexTable<Entry> table_;
  bool fresh_ = true;
};

/// A matrix with some rows replaced, and what bounds rest on then. Which weights w hold is decided
/// from the rows that are replaced alone: for A with ⟨A⟩w ≥ 1, and A′ that differs from A in the
/// rows R, ⟨A′⟩w ≥ c for c = min(1, minᵢ∈R (⟨A′⟩w)ᵢ), so that w/c serves for A′ (Ostrowski's bound,
/// see `Weights`). Where only the largest weight W is kept, (⟨A′⟩w)ᵢ ≥ ρ − W·Σⱼ(|a′ᵢⱼ| − ρ|aᵢⱼ|)₊
/// with ρ = |a′ᵢᵢ|/|aᵢᵢ|, from (⟨A⟩w)ᵢ ≥ 1 scaled by ρ; or 1/δ′ with δ′ the least margin of A′,
/// whichever is less.
class ChangedRows {
 public:
  /// The weights of the rows must be known, and the lines at hand; both must outlive it.
  ChangedRows(Lines& base, const Conditions& conditions);

  /// A′.
  PatchedLines& lines() { return lines_; }
  const Ground& ground() const { return ground_; }

  /// What a row would be like.
  struct Facts {
    std::int64_t id;
    double comparison;  ///< (⟨A′⟩w)ᵢ, lowered by its rounding
    double margin;      ///< lowered
    double sum;         ///< Σⱼa′ᵢⱼ, raised
    std::uint32_t home;
    std::uint32_t m_matrix;  ///< signs of a row of an M-matrix
  };
  /// How far a row moves from what it is now: raised.
  struct Shift {
    double weighted = 0;  ///< Σ|a′ᵢⱼ − aᵢⱼ|wⱼ over all j but the one in question
    double at = 0;        ///< |a′ᵢⱼ − aᵢⱼ| for that one
    std::int32_t entries = 0;  ///< of both rows
  };
  /// Checks row v as `ids` and `values` give it. `index_out_of_range`, `duplicate_entry` and
  /// `not_finite` (also for magnitudes above 2¹⁰²², which cannot be subtracted) with v as position
  /// and the entry's id as partner; `declaration_violated` with v where no weights are left: the
  /// row is not dominant, or not in the scaling that was found. `not_ready`, `out_of_memory`.
  /// Nothing is changed. O(entries).
  Fault examine(std::int64_t v, std::span<const std::int64_t> ids, std::span<const double> values,
                std::int64_t apart, Facts& facts, Shift& shift);
  /// The least favourable of several rows.
  struct Worst {
    double comparison = std::numeric_limits<double>::infinity();
    double margin = std::numeric_limits<double>::infinity();
    double sum = -std::numeric_limits<double>::infinity();
    bool m_matrix = true;
    bool any = false;
    void include(const Facts& facts);
  };
  const Worst& worst() const { return worst_; }
  /// What bounds rest on with such rows in force.
  Ground ground_with(const Worst& worst) const;

  Status reserve(std::size_t rows, std::size_t entries, std::size_t longest);
  /// Puts a row that was examined into force; `lines().difference()` is then new − old. Cannot fail
  /// after `reserve`. Call `settle` after the last one.
  void replace(const Facts& facts, std::span<const std::int64_t> ids,
               std::span<const double> values);
  /// O(rows replaced).
  void settle();

 private:
  struct Term {
    std::int64_t id;
    double fresh;
    double now;
    double base;
    std::uint32_t home;
    std::uint32_t given;
  };

  Lines* base_;
  const Conditions* conditions_;
  PatchedLines lines_;
  Ground ground_;
  Worst worst_;
  VertexTable<Facts> table_;
  VertexTable<Term> terms_;
};

}  // namespace lacuna
