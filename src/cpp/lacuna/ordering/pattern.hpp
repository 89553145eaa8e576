#pragma once
#include <cstdint>

#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Borrowed positions of a sparse matrix, line by line (rows of a CSR, columns of a CSC matrix):
/// line i holds `indices[indptr[i] … indptr[i + 1])`, in any order, free of duplicates.
struct PatternView {
  std::int32_t lines = 0;
  std::int32_t width = 0;  ///< indices are below it
  const std::int32_t* indptr = nullptr;
  const std::int32_t* indices = nullptr;

  PatternView() = default;
  PatternView(std::int32_t lines_, std::int32_t width_, const std::int32_t* indptr_,
              const std::int32_t* indices_)
      : lines(lines_), width(width_), indptr(indptr_), indices(indices_) {}
  explicit PatternView(const CsrView& a)
      : PatternView(a.rows(), a.cols(), a.indptr(), a.indices()) {}

  std::int32_t length(std::int32_t line) const { return indptr[line + 1] - indptr[line]; }
};

}  // namespace lacuna
