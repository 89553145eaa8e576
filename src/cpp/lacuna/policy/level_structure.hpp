#pragma once
#include <cstdint>

#include "lacuna/base/status.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// What a breadth-first search from an end of a graph tells: how long and how wide it is.
struct LevelStructure {
  std::int32_t vertices = 0;  ///< reached
  std::int32_t levels = 0;
  /// Whether the search was ended at `most_searched` vertices: then a level and those before it are
  /// all that is known.
  bool cut = false;
  /// log₂ of vertices within all levels over those within half of them: the dimension of a grid.
  double growth = 1;
  std::int32_t middle = 0;     ///< vertices of the level with the median one
  std::int32_t narrowest = 0;  ///< of the levels with the middle half of the vertices
  /// Entries and flops of a factor in the order of the levels, where a vertex keeps those between
  /// it and about the middle of the level before: Σwf and Σwf², w and v the widths of a level and
  /// of the one before, f = (v + w)/2.
  double band_nnz = 0;
  double band_flops = 0;
  std::int64_t entries = 0;  ///< of the rows that were searched, as often as they were
};

constexpr std::int32_t most_searched = 8192;

/// Searches the graph of the pattern of a square matrix along its rows, from a vertex of least
/// degree among 64 evenly spaced ones, as ends of meshes are, and where the whole part was reached
/// again from the last vertex (George & Liu, TOMS 5, 1979: one round of it). Where a part is
/// smaller than half of the graph and than `most_searched`, up to seven other starts are tried as
/// long as half of the entries were not searched, and the largest part is kept. At most twice as
/// many entries are searched as there are, an array of n integers; `out_of_memory`.
Result<LevelStructure> measure_levels(const CsrView& a);

}  // namespace lacuna
