#include "lacuna/policy/predicted_fill.hpp"

#include <algorithm>
#include <cmath>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

constexpr double ln2 = 0.6931471805599453;
constexpr double most_dimension = 8;
// Fitted to minimum degree and nested dissection on grids and meshes in two and three dimensions.
constexpr double nnz_per_square = 2.2;
constexpr double flops_per_cube = 4;
// Of random graphs with 2 to 8 neighbors: cycles a vertex at which half of the vertices end up in
// one dense block.
constexpr double cycles_of_half = 3.5;

/// The d for which a grid with n vertices has so many levels.
double grid_dimension(double n, double levels) {
  if (levels >= n) return 1;
  double d = 2;
  for (int k = 0; k < 12; ++k) {
    const double side = std::max(levels / d, 1.5);
    d = std::clamp(natural_log(n) / natural_log(side), 1.0, most_dimension);
  }
  return d;
}

}  // namespace

PredictedFill predict_fill(const CsrView& a, double off_diagonal, const LevelStructure& levels) {
  PredictedFill fill;
  const double n = a.rows();
  const double entries = a.nnz() / 2.0 + n;
  const double row = a.nnz() / n;
  fill.levels = levels.levels;
  fill.nnz = entries;
  fill.flops = n * row * row / 2;
  if (levels.vertices <= 1) return fill;
  const double reached = levels.vertices;
  // The graph is as many such parts as it takes.
  const double part = levels.cut ? n : reached;
  double separator = 1;
  if (levels.cut) {
    fill.dimension = std::clamp(levels.growth, 1.0, most_dimension);
    const double more = natural_log(n / reached) / fill.dimension;
    fill.levels = levels.levels * exponential(more);
    separator = reached / levels.levels * exponential(more * (fill.dimension - 1));
  } else {
    fill.dimension = grid_dimension(part, levels.levels);
    separator = exponential(natural_log(part) * (fill.dimension - 1) / fill.dimension);
  }
  const double cycles = std::max(0.0, off_diagonal / 2 - n + 1);
  const double share = n / part;
  const double crowd = cycles / n;
  const double dense = part * crowd / (crowd + cycles_of_half);
  fill.separator = std::clamp(separator, 1.0, std::max(1.0, dense));
  double count = 1;
  double size = std::max(1.0, std::min(separator, cycles + 1));
  double squares = 0;
  double cubes = 0;
  const double factor = exponential(-ln2 * (fill.dimension - 1) / fill.dimension);
  for (double left = part; left > 4 && left >= size; left /= 2) {
    squares += count * size * size;
    cubes += count * size * size * size;
    count *= 2;
    size = std::max(1.0, size * factor);
  }
  fill.nnz += share * std::min(nnz_per_square * squares, 0.55 * dense * dense);
  fill.flops += share * std::min(flops_per_cube * cubes, 0.37 * dense * dense * dense);
  return fill;
}

double predict_iterations(const PredictedFill& fill, double mean_margin, double least_margin) {
  const double across = 2 * fill.levels;
  // Of a matrix scaled to a unit diagonal, eigenvalues lie within 1 ± (1 − margin) (Gershgorin).
  const double margin = std::clamp(0.7 * mean_margin + 0.3 * least_margin, 1e-6, 1.0);
  const double damped = 12 * std::sqrt((2 - margin) / margin);
  return std::min(across + 10, damped);
}

}  // namespace lacuna
