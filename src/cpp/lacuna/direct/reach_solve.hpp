#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/reach_sweep.hpp"
#include "lacuna/direct/supernodal_solve.hpp"
#include "lacuna/direct/supernodes.hpp"

namespace lacuna {

/// A sparse vector: `values[k]` at `indices[k]`, in any order; what is listed twice is added.
struct SparseEntries {
  std::span<const std::int32_t> indices;
  std::span<const double> values;
};

/// Parts of A⁻¹b from the panels of P A Pᵀ = L·Lᵀ, or of S·A·S = Pᵀ·L·D·Lᵀ·P, that cost what they
/// touch, in slices. A right-hand side is taken once: L⁻¹Pb over the reach of its entries, kept.
/// After that single entries of A⁻¹b cost the paths of their rows, and products tᵀA⁻¹b =
/// (L⁻¹Pt)ᵀ(L⁻¹Pb) those of the entries of t; neither costs O(n). Four flops per entry of L on the
/// paths at most. The entries have the bits of a solve with all of L; the products need not, their
/// sums run otherwise.
///
/// Memory: 16n + 24·supernodes bytes, taken by `attach` and reused. The spans of a call have to
/// stay alive until its last step, structure and values as long as they are attached.
class ReachSolve {
 public:
  /// Sets the factor, anew after every change of its values; the right-hand side is forgotten. Of a
  /// structure with D also `supernode_of` and `parent` are read: see `Ldlt::link_tree`.
  /// `out_of_memory`.
  Status attach(const Supernodes& structure, const double* values,
                const PivotsAndScale& middle = {});

  /// Begins L⁻¹Pb. `not_ready`, `shape_mismatch`; `index_out_of_range` and `not_finite` with the
  /// position. The dense one: n values, the whole of L.
  Fault begin_rhs(const SparseEntries& b);
  Fault begin_rhs(std::span<const double> b);

  /// Begins out[k] ← (A⁻¹b) at rows[k]. `not_ready` without a right-hand side that is done, else as
  /// above.
  Fault begin_entries(std::span<const std::int32_t> rows, std::span<double> out);

  /// Begins out ← tᵀA⁻¹b.
  Fault begin_product(const SparseEntries& t, double& out);

  /// bᵀA⁻¹b = ‖L⁻¹Pb‖² of a right-hand side that is done, by L·Lᵀ; O(columns in its reach). For b =
  /// eᵢ − eⱼ and a Laplacian this is the effective resistance.
  double energy() const;

  /// What was begun is written when it returns `done`; it does not fail.
  TaskState step(Budget& budget);

  /// Entries of L read by what was begun last: two flops each.
  double entries() const { return entries_; }
  /// Supernodes in its reach.
  std::int32_t supernodes() const { return supernodes_; }

 private:
  enum class Job { none, rhs, dense_rhs, entries, product };
  enum class Phase { mark, sweep, divide, put };

  Fault check(const SparseEntries& v) const;
  void begin(Job job, ReachSweep& sweep);
  bool mark(Meter& meter);
  bool put(Meter& meter);
  double scale(std::int32_t row) const { return middle_.scale == nullptr ? 1 : middle_.scale[row]; }
  double divide(std::int32_t s);
  double meet(const ReachSweep& target, std::int32_t s) const;
  std::int32_t length() const;

  const Supernodes* structure_ = nullptr;
  PivotsAndScale middle_;
  Job job_ = Job::none;
  Phase phase_ = Phase::mark;
  bool loaded_ = false;
  std::int32_t next_ = 0;
  SparseEntries in_;
  std::span<const std::int32_t> rows_;
  std::span<double> out_;
  double sum_ = 0;
  double entries_ = 0;
  std::int32_t supernodes_ = 0;
  ReachSweep source_;  // L⁻¹Pb
  ReachSweep target_;  // L⁻¹Pt, or the entries that are wanted
};

}  // namespace lacuna
