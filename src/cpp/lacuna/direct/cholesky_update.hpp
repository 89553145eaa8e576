#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/reach_solve.hpp"
#include "lacuna/direct/reach_sweep.hpp"
#include "lacuna/direct/supernodes.hpp"
#include "lacuna/direct/update_path.hpp"

namespace lacuna {

/// k sparse columns: the entries of column j are begin[j] … begin[j + 1] − 1, in any order; what is
/// listed twice is added.
struct SparseColumns {
  std::span<const std::int32_t> begin;  ///< k + 1, from 0
  std::span<const std::int32_t> rows;
  std::span<const double> values;
};

/// Changes of A carried over to the panels of P A Pᵀ = L·Lᵀ, within the pattern of L, in slices:
/// the cost is that of the paths touched (see `UpdatePath`), not of a factorization. A change that
/// fails, or is given up before it is put in place, leaves the factor as it was, bit for bit.
///
/// The pattern is that of the matrix that was analyzed, with its fill and the zeros that supernodes
/// store: what is removed from A may come back. Who knows which changes will come analyzes a matrix
/// that has entries in their places, zeros if need be; other changes need a new analysis.
class CholeskyUpdate {
 public:
  CholeskyUpdate() = default;
  CholeskyUpdate(const CholeskyUpdate&) = delete;
  CholeskyUpdate& operator=(const CholeskyUpdate&) = delete;
  /// Ends what is being put in place, gives up anything else.
  ~CholeskyUpdate() { cancel(); }

  /// The factor that is changed; both have to stay alive as long as it is attached.
  /// `out_of_memory`.
  Status attach(const Supernodes& structure, double* values);

  /// A + W·Wᵀ, or A − W·Wᵀ if `downdate`; W has n rows. `not_ready`; `shape_mismatch`;
  /// `index_out_of_range` and `not_finite` with the position among the entries; `pattern_mismatch`
  /// with the row and column of an entry of W·Wᵀ that L has no room for; `out_of_memory`.
  Fault begin_update(const SparseColumns& w, bool downdate);

  /// Row and column `row` of A become those of the identity (Davis & Hager, SIMAX 26, 2005).
  /// `not_ready`, `index_out_of_range`, `out_of_memory`.
  Fault begin_delete(std::int32_t row);

  /// Row and column `row`, which are those of the identity, become `entries`, the diagonal one
  /// among them. `invalid_argument` with the row where it is not deleted, else as `begin_update`.
  Fault begin_add(std::int32_t row, const SparseEntries& entries);

  /// `failed` with `fault()`: `indefinite_matrix` and the row of A whose pivot would not be a
  /// positive finite number, the factor being what it was. Until it returns `done` or `failed` the
  /// factor is not to be used.
  TaskState step(Budget& budget);
  Fault fault() const { return fault_; }
  double progress() const;

  /// Whether what was begun is being put in place.
  bool committing() const { return job_ != Job::none && stage_ == Stage::commit; }
  /// Gives up what was begun. What is being put in place already is put in place.
  void cancel();

 private:
  enum class Job { none, update, downdate, remove, insert };
  enum class Stage { forward, start, compute, commit };

  Fault check_entries(std::span<const std::int32_t> rows, std::span<const double> values) const;
  Fault check_pattern(const SparseColumns& w) const;
  Fault open_row(std::int32_t row);
  bool deleted() const;
  Fault start_row();
  void write_row();
  double& entry(std::int32_t s, std::int32_t place, std::int32_t column) const {
    return values_[structure_->value_begin[s] + place +
                   std::int64_t(column) * structure_->height(s)];
  }
  TaskState end(Fault fault);

  const Supernodes* structure_ = nullptr;
  double* values_ = nullptr;
  Job job_ = Job::none;
  Stage stage_ = Stage::start;
  Fault fault_;
  UpdatePath path_;
  // Of a row that is deleted or added.
  std::int32_t pivot_ = 0;
  std::int32_t supernode_ = 0;
  std::int32_t place_ = 0;        // of it in the panel
  double diagonal_ = 0;           // its new pivot
  std::int32_t met_ = 0;          // supernodes below it in the tree whose panels have its row
  Buffer<std::int32_t> meets_;    // these, descending
  Buffer<std::int32_t> meet_at_;  // place of the row in their panels
  Buffer<std::int8_t> on_path_;   // supernodes: among them?
  Buffer<double> below_;          // its new column of L, below the diagonal
  ReachSweep sweep_;
};

}  // namespace lacuna
