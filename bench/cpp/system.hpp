// One linear system, read from the file that bench/js/harness/system-file.mjs describes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct System {
  std::int32_t n = 0;
  bool symmetric = false;
  bool definite = false;
  std::vector<std::int32_t> indptr;   // CSR, rows sorted
  std::vector<std::int32_t> indices;
  std::vector<double> data;
  std::vector<double> b;
};

/// Throws std::runtime_error when the file is missing, short or of another kind.
System read_system(const std::string& path);

/// Writes x as raw doubles.
void write_vector(const std::string& path, const double* x, std::size_t n);

/// A in compressed columns: the CSR arrays of the transpose.
struct Columns {
  std::vector<std::int32_t> ptr;
  std::vector<std::int32_t> rows;
  std::vector<double> data;
};
Columns to_columns(const System& system);

}  // namespace bench
