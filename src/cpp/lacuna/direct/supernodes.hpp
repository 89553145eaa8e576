#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"

namespace lacuna {

/// Supernodal structure of the Cholesky factor L of P A Pᵀ: runs of columns that are stored as one
/// dense panel over the union of their rows. Columns are numbered in a postorder of the supernodes,
/// so the columns of every subtree of supernodes are a run, too.
struct Supernodes {
  std::int32_t n = 0;
  std::int32_t count = 0;  ///< supernodes
  Buffer<std::int32_t>
      permutation;                ///< n: row of A that is pivot k, ordering and postorder at once
  Buffer<std::int32_t> position;  ///< n: its inverse
  Buffer<std::int32_t> first_column;  ///< count + 1
  Buffer<std::int32_t> supernode_of;  ///< n: of a pivot column
  Buffer<std::int64_t> row_begin;     ///< count + 1, into `rows`
  /// Per supernode its own columns first, then the rows below, ascending.
  Buffer<std::int32_t> rows;
  /// count + 1: offset of each supernode's panel, column-major, as high as it has rows.
  Buffer<std::int64_t> value_begin;
  /// Tree of supernodes, −1 for roots; children stand before parents.
  Buffer<std::int32_t> parent;
  double nnz = 0;     ///< of L, exact: without the zeros that amalgamation stores
  double stored = 0;  ///< entries of all panels, the unused triangles above diagonals included
  double flops = 0;   ///< exact Σ counts² over the columns of L: multiplications and additions
  double panel_flops = 0;  ///< the same with the stored zeros

  std::int32_t width(std::int32_t s) const { return first_column[s + 1] - first_column[s]; }
  std::int32_t height(std::int32_t s) const {
    return static_cast<std::int32_t>(row_begin[s + 1] - row_begin[s]);
  }
  /// Whether every supernode is one column: the panels are the columns of L, without a zero.
  bool simplicial() const { return count == n; }
  std::size_t bytes() const {
    return permutation.bytes() + position.bytes() + first_column.bytes() + supernode_of.bytes() +
           row_begin.bytes() + rows.bytes() + value_begin.bytes() + parent.bytes();
  }
};

}  // namespace lacuna
