// Patterns to order: grids, meshes and matrices from files.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lacuna/sparse/csr.hpp"

namespace bench {

struct Pattern {
  std::string name;
  lacuna::CsrMatrix matrix;
};

/// Five-point (depth 1) or seven-point stencil.
lacuna::CsrMatrix poisson(std::int32_t width, std::int32_t height, std::int32_t depth);

/// Vertices of a triangle mesh (Wavefront .obj; those of no face are left out) that are at most
/// `distance` edges apart: the pattern of the Laplacian, of its square or of its cube.
lacuna::CsrMatrix mesh_power(const std::string& path, int distance);

/// Pattern of A + Aᵀ of a square Matrix Market file; throws std::runtime_error on any other.
lacuna::CsrMatrix matrix_market(const std::string& path);

/// Grids and, where a folder is given, its .mtx files (square ones) and .obj files.
std::vector<Pattern> all_patterns(const std::vector<std::string>& folders);

}  // namespace bench
