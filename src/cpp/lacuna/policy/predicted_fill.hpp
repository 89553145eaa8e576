#pragma once
#include "lacuna/policy/level_structure.hpp"
#include "lacuna/policy/row_pass.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// What a Cholesky factorization of the pattern would take in a fill-reducing order, guessed from
/// the shape of its graph without ordering it.
struct PredictedFill {
  double dimension = 1;  ///< 1 … 8
  double separator = 1;  ///< vertices of the top separator
  double levels = 1;     ///< of the whole graph
  double band = 0;       ///< root mean square of the widths of rows in the order of the levels
  double nnz = 0;
  double flops = 0;
};

/// The least of three counts. By separators: the narrowest level about the middle is one; of a
/// d-dimensional grid with m vertices a side it has mᵈ⁻¹ vertices, which gives d, and separators of
/// halves have 2^(−(d−1)/d) times as many, so that fill and flops are sums of squares and cubes
/// over nested dissection (George, SINUM 10, 1973; Lipton, Rose & Tarjan, SINUM 16, 1979). In the
/// order of the levels: their widths bound a band. By the degrees, as if edges were random: that of
/// graphs without small separators, see `predict_random_fill`. Where the search was cut, its growth
/// gives d and the band is not known. Flops are right within a factor of about 2 on grids and
/// plates, 3 on triangulations and random graphs. `pattern_symmetry`: share of entries whose mirror
/// image is stored. Of the pattern alone. O(1).
PredictedFill predict_fill(const CsrView& a, const RowPass& pass, double pattern_symmetry,
                           const LevelStructure& levels);

/// Iterations for ten digits by CG with the diagonal, of a matrix with such weights as a mesh has:
/// a residual has to cross the graph, unless dominance damps it before. Of margins, see `Feature`.
double predict_iterations(const PredictedFill& fill, double mean_margin, double least_margin);

}  // namespace lacuna
