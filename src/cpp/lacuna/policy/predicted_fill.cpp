#include "lacuna/policy/predicted_fill.hpp"

#include <algorithm>
#include <cmath>

#include "lacuna/base/elementary.hpp"
#include "lacuna/policy/random_fill.hpp"

namespace lacuna {
namespace {

constexpr double ln2 = 0.6931471805599453;
constexpr double most_dimension = 8;
// Fitted to minimum degree and nested dissection on grids and meshes in two and three dimensions.
constexpr double nnz_per_square = 2.2;
constexpr double flops_per_cube = 4;
/// Of a square, the longest diagonal over the one with a quarter of the vertices on one side.
constexpr double square_middle = 1.4142135623730951;
/// Rows of a node at the most: unknowns of a node have one pattern.
constexpr double most_of_node = 10;

double dimension_of(double nodes, double side) {
  return side > 1.2 ? std::clamp(natural_log(nodes) / natural_log(side), 1.0, most_dimension)
                    : most_dimension;
}

}  // namespace

PredictedFill predict_fill(const CsrView& a, const RowPass& pass, double pattern_symmetry,
                           const LevelStructure& levels) {
  PredictedFill fill;
  const double n = a.rows();
  const double row = a.nnz() / n;
  fill.levels = levels.levels;
  fill.nnz = a.nnz() / 2.0 + n;
  fill.flops = n * row * row / 2;
  if (levels.vertices <= 1) return fill;
  const double reached = levels.vertices;
  // The graph is as many such parts as it takes.
  const double part = levels.cut ? n : reached;
  fill.band = std::sqrt(levels.band_flops / reached);
  double narrowest = levels.narrowest;
  double dimension = 1;
  RandomFill least = predict_random_fill(pass.degrees, n, 2 - pattern_symmetry);
  if (levels.cut) {
    fill.dimension = std::clamp(levels.growth, 1.0, most_dimension);
    const double more = natural_log(n / reached) / fill.dimension;
    fill.levels = levels.levels * exponential(more);
    const double wider = exponential(more * (fill.dimension - 1));
    fill.band *= wider;
    fill.separator = reached / levels.levels * wider;
    narrowest = fill.separator;
    dimension = fill.dimension;
  } else {
    const double nodes = part * std::max(1 - pass.twins / n, 1 / most_of_node);
    fill.separator = std::min<double>(levels.middle, square_middle * narrowest);
    fill.dimension = dimension_of(nodes, part / fill.separator);
    dimension = dimension_of(nodes, part / narrowest);
    const double parts = n / part;
    least = {std::min(least.nnz, parts * levels.band_nnz),
             std::min(least.flops, parts * levels.band_flops)};
  }
  double count = n / part;
  double size = std::max(1.0, narrowest);
  double squares = 0;
  double cubes = 0;
  const double factor = exponential(-ln2 * (dimension - 1) / dimension);
  for (double left = part; left > 4 && left >= size; left /= 2) {
    squares += count * size * size;
    cubes += count * size * size * size;
    count *= 2;
    size = std::max(1.0, size * factor);
  }
  fill.nnz += std::min(nnz_per_square * squares, least.nnz);
  fill.flops += std::min(flops_per_cube * cubes, least.flops);
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
