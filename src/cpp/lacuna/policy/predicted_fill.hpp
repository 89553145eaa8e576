#pragma once
#include "lacuna/policy/level_structure.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// What a Cholesky factorization of the pattern would take in a fill-reducing order, guessed from
/// the shape of its graph without ordering it.
struct PredictedFill {
  double dimension = 1;  ///< 1 … 8
  double separator = 1;  ///< vertices of the top separator
  double levels = 1;     ///< of the whole graph
  double nnz = 0;
  double flops = 0;
};

/// A d-dimensional grid with m vertices a side has n = mᵈ vertices and, from a corner, about d·m
/// levels: that gives d; where the search was cut, its growth does. Separators have mᵈ⁻¹ vertices,
/// and those of its halves 2^(−(d−1)/d) times as many: fill and flops are the sums of squares and
/// cubes over nested dissection (George, SINUM 10, 1973; Lipton, Rose & Tarjan, SINUM 16, 1979).
/// Graphs without small separators end in one dense block, the larger the more cycles there are to
/// a vertex: the lesser of the two counts. Within a factor of about 5 on grids and random graphs,
/// 12 on triangulations. `off_diagonal`: entries. O(log n).
PredictedFill predict_fill(const CsrView& a, double off_diagonal, const LevelStructure& levels);

/// Iterations for ten digits by CG with the diagonal, of a matrix with such weights as a mesh has:
/// a residual has to cross the graph, unless dominance damps it before. Of margins, see `Feature`.
double predict_iterations(const PredictedFill& fill, double mean_margin, double least_margin);

}  // namespace lacuna
