#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/column_reach.hpp"
#include "lacuna/direct/supernodes.hpp"

namespace lacuna {

/// L·Lᵀ ± W·Wᵀ along the paths that the columns of W reach, within the pattern of L (Davis & Hager,
/// SIMAX 20, 1999, and 22, 2001), by plane rotations for + and mixed hyperbolic ones for −
/// (Bojanczyk, Brent, van Dooren & de Hoog, SISSC 8, 1987), panel after panel. The new columns are
/// computed beside L and put in their place by `commit` alone: what fails or is given up has
/// changed nothing.
///
/// 6k flops per entry of L on the paths, for k columns. Memory: these entries once more, and 8k
/// bytes per column on the paths and row of the tallest panel there.
class UpdatePath {
 public:
  /// `out_of_memory`.
  Status prepare(const Supernodes& structure);

  /// Starts without columns.
  void clear() { reach_.clear(); }

  /// The paths lead on from pivot column `column`.
  void add(std::int32_t column) { reach_.add(column); }

  /// Once all columns are in: k columns of W, zero. The panels have to stay alive. `out_of_memory`.
  Status open(double* values, std::int32_t k);

  /// Element of W at a pivot column on the paths.
  double& at(std::int32_t row, std::int32_t column) {
    return w_[std::size_t(offset(row)) * k_ + column];
  }

  /// Computes the new columns, with − if `downdate`. `failed` with `fault()`: `indefinite_matrix`
  /// and the row of A whose pivot would not be a positive finite number.
  TaskState compute(Meter& meter, bool downdate);
  Fault fault() const { return fault_; }

  /// Puts them in place; true where it has to pause. Between its calls the factor is neither the
  /// old nor the new one.
  bool commit(Meter& meter);

  double progress() const;

 private:
  enum class Stage { copy, rotate, close };

  std::int32_t offset(std::int32_t row) const {
    const std::int32_t s = structure_->supernode_of[row];
    return offset_[s] + row - structure_->first_column[s];
  }
  std::int32_t start() const { return reach_.start(supernode_); }
  std::int32_t height() const { return structure_->height(supernode_) - start(); }
  std::int32_t width() const { return structure_->width(supernode_) - start(); }
  double* panel() {
    return values_ + structure_->value_begin[supernode_] +
           start() * (std::int64_t(structure_->height(supernode_)) + 1);
  }
  bool next();
  void gather();
  void scatter();
  bool rotate_column(bool downdate);

  const Supernodes* structure_ = nullptr;
  double* values_ = nullptr;
  std::int32_t k_ = 0;
  ColumnReach reach_;
  Stage stage_ = Stage::copy;
  std::int32_t at_ = 0;  // index of the supernode in the reach
  std::int32_t supernode_ = 0;
  std::int32_t column_ = 0;    // in use of its panel
  std::int32_t first_ = 0;     // column of W
  std::size_t beside_at_ = 0;  // its columns in `beside_`
  std::size_t entries_ = 0;    // of the paths
  Fault fault_;
  Buffer<std::int32_t> offset_;  // of supernodes of the reach: rows of W before their own
  Buffer<double> beside_;        // the columns in use, from their first row in use on
  Buffer<double> w_;             // by rows
  Buffer<double> panel_w_;       // the part of one panel, by columns
};

}  // namespace lacuna
