#include "lacuna/policy/random_fill.hpp"

#include <algorithm>

namespace lacuna {
namespace {

constexpr int most_classes = 16;
/// Share of all possible neighbors at which what is left counts as complete.
constexpr double nearly = 0.8;
/// Minimum degree profits from degrees that differ within a class.
constexpr double nnz_of_mean = 0.75;
constexpr double flops_of_mean = 0.6;

struct DegreeClass {
  double vertices;
  double degree;
};

/// Class q begins after all but the ((N − q)/N)² vertices of highest degree.
double begin_of(double n, int q) {
  const double part =
      static_cast<double>((most_classes - q) * (most_classes - q)) / (most_classes * most_classes);
  return n - static_cast<double>(static_cast<std::int64_t>(n * part));
}

int split(const DegreeCounts& degrees, double n, double scale, DegreeClass* classes) {
  int count = 0;
  int k = 0;
  double left = degrees.count(0);  // of class k of the counts
  for (int q = 0; q < most_classes; ++q) {
    const double vertices = begin_of(n, q + 1) - begin_of(n, q);
    if (vertices <= 0) continue;
    double sum = 0;
    for (double wanted = vertices; wanted > 0;) {
      while (left <= 0 && k + 1 < DegreeCounts::classes) left = degrees.count(++k);
      if (left <= 0) break;
      const double taken = std::min(left, wanted);
      sum += taken * DegreeCounts::degree(k);
      wanted -= taken;
      left -= taken;
    }
    classes[count++] = {vertices, scale * sum / vertices};
  }
  return count;
}

}  // namespace

RandomFill predict_random_fill(const DegreeCounts& degrees, double n, double scale) {
  DegreeClass classes[most_classes];
  int count = split(degrees, n, scale, classes);
  RandomFill fill;
  double left = n;
  while (count > 0) {
    DegreeClass* least = std::min_element(
        classes, classes + count, [](const auto& a, const auto& b) { return a.degree < b.degree; });
    const DegreeClass gone = *least;
    std::copy(least + 1, classes + count, least);
    --count;
    const double k = std::clamp(gone.degree, 0.0, left - 1);
    if (k >= nearly * (left - 1)) {
      fill.nnz += left * left / 2;
      fill.flops += left * left * left / 3;
      break;
    }
    fill.nnz += gone.vertices * (k + 1);
    fill.flops += gone.vertices * (k + 1) * (k + 1);
    left -= gone.vertices;
    double ends = 0;
    for (int j = 0; j < count; ++j) ends += classes[j].vertices * classes[j].degree;
    if (!(ends > 0)) continue;
    for (int j = 0; j < count; ++j) {
      const double hits = std::min(1.0, k * classes[j].degree / ends) * gone.vertices;
      // One implicit step of d′ = (k − 1)(1 − d/left) − 1.
      const double next =
          (classes[j].degree + (k - 2) * hits) / (1 + std::max(k - 1, 0.0) / left * hits);
      classes[j].degree = std::clamp(next, 0.0, left - 1);
    }
  }
  return {nnz_of_mean * fill.nnz, flops_of_mean * fill.flops};
}

}  // namespace lacuna
