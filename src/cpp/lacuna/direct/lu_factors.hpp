#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"

namespace lacuna {

/// Lists of entries, one per column, in arrays that grow.
struct ColumnLists {
  Buffer<std::size_t> begin;  ///< n + 1
  Buffer<std::int32_t> row;
  std::size_t used = 0;

  /// Room for `more` entries; doubled in size where it is short.
  Status reserve(std::size_t more);
};

/// L and U of the blocks that are factored by columns: unit lower, and strictly upper triangular.
struct ColumnPattern {
  ColumnLists lower;
  ColumnLists upper;
  /// n: position of the row that is the pivot of column k.
  Buffer<std::int32_t> pivot_row;
  /// n: its inverse.
  Buffer<std::int32_t> pivot_of;
};

/// The factored part of one front: `eliminated` pivots in a matrix of `order` rows and columns, of
/// which the first `candidates` could become pivots here. In double or in single precision.
template <class Real>
struct Front {
  std::int32_t order = 0;
  std::int32_t candidates = 0;
  std::int32_t eliminated = 0;
  /// `candidates` columns of `order` entries (L below the diagonal, U on and above it), then as
  /// many columns of order − candidates: the candidates' rows of U right of them, transposed.
  Buffer<Real> panel;
  /// Rows, then columns of the front, within the block.
  Buffer<std::int32_t> ids;
  /// What it adds to its parent, until that is assembled: (order − candidates)².
  Buffer<Real> update;

  const std::int32_t* rows() const { return ids.data(); }
  const std::int32_t* cols() const { return ids.data() + order; }
  std::int32_t border() const { return order - candidates; }
  Real* right() { return panel.data() + std::size_t(order) * candidates; }
  const Real* right() const { return panel.data() + std::size_t(order) * candidates; }
};

/// Fronts of one block, in the order of the supernodes.
template <class Real>
struct FrontFactors {
  std::unique_ptr<Front<Real>[]> fronts;
  std::int32_t count = 0;
  std::int32_t largest_order = 0;
  std::unique_ptr<FrontFactors<Real>> next;
  FrontFactors<Real>* previous = nullptr;
};

/// How well a factorization went.
struct LuQuality {
  /// min over columns j of maxᵢ|aᵢⱼ| / maxᵢ|uᵢⱼ|, rows scaled: near 1 without growth of elements,
  /// near the unit roundoff where nothing of the columns is left. 1 where n = 0.
  double pivot_growth = 1;
  /// min|uₖₖ| / max|uₖₖ|: a rough estimate of the reciprocal condition number.
  double diagonal_ratio = 1;
  std::int64_t off_diagonal_pivots = 0;
  std::int64_t delayed_pivots = 0;  ///< that their own front could not eliminate
};

/// Numbers of a factorization of the scaled, permuted matrix besides those in fronts.
struct LuSparseNumbers {
  Buffer<double> row_scale;          ///< by position; powers of two, so that scaling rounds nothing
  Buffer<double> diagonal;           ///< pivots of single and column blocks
  ColumnPattern* pattern = nullptr;  ///< shared by factorizations with the same pivots
  Buffer<double> lower;
  Buffer<double> upper;
  Buffer<double> outer;
  LuQuality quality;
  double nnz = 0;
  double flops = 0;
  double column_bytes = -1;  ///< most that was or would be taken with blocks by columns
};

/// All numbers of a factorization, those of fronts in double or in single precision.
template <class Real>
struct LuFactors : LuSparseNumbers {
  std::unique_ptr<FrontFactors<Real>> fronts;
  FrontFactors<Real>* last_front = nullptr;

  /// Fronts of one more block; null where memory is short.
  FrontFactors<Real>* add_fronts() {
    std::unique_ptr<FrontFactors<Real>> made(create<FrontFactors<Real>>());
    if (!made) return nullptr;
    FrontFactors<Real>* const added = made.get();
    added->previous = last_front;
    (last_front != nullptr ? last_front->next : fronts) = std::move(made);
    return last_front = added;
  }

  LuFactors() = default;
  LuFactors(LuFactors&&) = default;
  LuFactors& operator=(LuFactors&&) = default;
  ~LuFactors() {
    while (fronts) fronts = std::move(fronts->next);
  }
};

inline Status ColumnLists::reserve(std::size_t more) {
  if (used + more <= row.size()) return Status::ok;
  return grow(row, used, used + more + (used + more) / 2);
}

}  // namespace lacuna
