#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/direct/supernodes.hpp"

namespace lacuna {

/// What the pattern says of a QR factorization of B, which is A, or Aᵀ where A has fewer rows than
/// columns. Columns are numbered by pivots: first those that are alone in their row of R, then
/// those of the tree.
struct QrPlan {
  bool wide = false;      ///< B = Aᵀ
  std::int32_t rows = 0;  ///< of B: not fewer than columns
  std::int32_t cols = 0;
  std::int32_t nnz = 0;
  Buffer<std::int32_t> column_of;  ///< cols: column of B that is pivot k

  /// Rows of B that are rows of R as they are: each has a column of which the other entries lie in
  /// rows before it. Of an entry the pivot, and its place in the values of A; a row's own pivot
  /// comes first.
  std::int32_t singles = 0;
  Buffer<std::int32_t> single_row;    ///< singles
  Buffer<std::int32_t> single_begin;  ///< singles + 1
  Buffer<std::int32_t> single_col;
  Buffer<std::int32_t> single_source;

  /// Order that the other columns, by age, were given: the structure follows from it.
  Buffer<std::int32_t> order;
  /// Structure of the rest of R, transposed: columns and their numbers are those of the tree.
  Supernodes tree;
  /// The rows of B that are left and have entries.
  std::int32_t lines = 0;
  Buffer<std::int32_t> row_of;      ///< lines: row of B
  Buffer<std::int32_t> line_begin;  ///< lines + 1
  Buffer<std::int32_t> line_col;
  Buffer<std::int32_t> line_source;
  Buffer<std::int32_t> by_lead;     ///< lines, by their first column in the order of pivots
  Buffer<std::int32_t> lead_begin;  ///< columns of the tree + 1, into `by_lead`

  /// For full rank and a structure without surprises; with either, less.
  double nnz_r = 0;
  double nnz_v = 0;  ///< entries of the reflectors
  double flops = 0;
  std::int32_t blocks = 0;  ///< of reflectors, at most
  /// Most bytes at a time, for full rank, of fronts and rows that wait, and of reflections that are
  /// kept until then or are not.
  double front_bytes = 0;
  double front_bytes_without = 0;

  /// What the plan itself takes.
  double bytes() const {
    double sum = static_cast<double>(tree.bytes());
    for (const auto* list : {&column_of, &single_row, &single_begin, &single_col, &single_source,
                             &order, &row_of, &line_begin, &line_col, &line_source, &by_lead,
                             &lead_begin}) {
      sum += static_cast<double>(list->bytes());
    }
    return sum;
  }

  /// Rows of B that a front takes in at once; of more, each share is triangularized by itself.
  static constexpr std::int32_t share = 4096;
  /// Columns that are reflected before what lies right of them is.
  static constexpr std::int32_t panel = 32;

  std::int32_t tree_cols() const { return cols - singles; }
  std::int32_t lines_of(std::int32_t s) const {
    return lead_begin[tree.first_column[s + 1]] - lead_begin[tree.first_column[s]];
  }
  /// Passes over the front of supernode s.
  std::int32_t passes(std::int32_t s) const {
    const std::int32_t count = lines_of(s);
    return count <= 2 * share ? 1 : (count - 1) / share + 1;
  }
  /// End of the lines of a pass, counted from the first line of s.
  std::int32_t pass_end(std::int32_t s, std::int32_t pass) const {
    const std::int32_t count = lines_of(s);
    return pass + 1 == passes(s) ? count : (pass + 1) * share;
  }
};

}  // namespace lacuna
