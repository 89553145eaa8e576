#include "lacuna/sparse/structure.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna {
namespace {

bool agree(double u, double l) {
  const double scale = std::fmax(std::fabs(u), std::fabs(l));
  return std::fabs(u - l) <= Structure::symmetry_tolerance * scale;
}

/// Compares each entry above the diagonal with its mirror image. Row j meets its entries left of
/// the diagonal in ascending order while the rows above are walked, so one cursor per row is
/// enough and nothing is transposed.
Status measure_symmetry(const CsrView& a, Structure& s) {
  const std::int32_t n = a.rows();
  Buffer<std::int32_t> cursor;
  if (const Status status = cursor.copy_from({a.indptr(), static_cast<std::size_t>(n)});
      status != Status::ok) {
    return status;
  }
  const std::int32_t* begin = a.indptr();
  const std::int32_t* index = a.indices();
  const double* data = a.data();
  bool within = true;
  bool exact = true;
  for (std::int32_t i = 0; i < n; ++i) {
    const std::int32_t end = begin[i + 1];
    std::int32_t p = cursor[i];
    // An entry left of the diagonal that no row above asked for: its mirror image is absent.
    if (p < end && index[p] < i) return Status::ok;
    if (p < end && index[p] == i) ++p;
    for (; p < end; ++p) {
      const std::int32_t j = index[p];
      const std::int32_t mirror = cursor[j]++;
      if (mirror >= begin[j + 1] || index[mirror] != i) return Status::ok;
      if (data[p] == data[mirror]) continue;
      exact = false;
      within = within && agree(data[p], data[mirror]);
    }
  }
  s.symmetric_pattern = true;
  s.symmetric = within;
  s.exactly_symmetric = exact;
  return Status::ok;
}

}  // namespace

Result<Structure> measure_structure(const CsrView& a) {
  Structure s;
  s.square = a.square();
  Buffer<unsigned char> used;
  if (used.allocate_zero(a.cols()) != Status::ok) return Status::out_of_memory;
  s.strictly_row_dominant = s.square;
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    const std::int32_t begin = a.indptr()[i];
    const std::int32_t end = a.indptr()[i + 1];
    if (begin == end && s.first_empty_row < 0) s.first_empty_row = i;
    double diagonal = 0;
    double others = 0;
    for (std::int32_t p = begin; p < end; ++p) {
      used[a.indices()[p]] = 1;
      if (a.indices()[p] == i) {
        diagonal = a.data()[p];
      } else {
        others += std::fabs(a.data()[p]);
      }
    }
    if (!(std::fabs(diagonal) > others)) s.strictly_row_dominant = false;
    if (i >= a.cols()) continue;
    if (diagonal == 0) {
      if (s.zero_diagonals++ == 0) s.first_zero_diagonal = i;
    }
    if (!(diagonal > 0) && s.first_nonpositive_diagonal < 0) s.first_nonpositive_diagonal = i;
  }
  for (std::int32_t j = 0; j < a.cols() && s.first_empty_col < 0; ++j) {
    if (!used[j]) s.first_empty_col = j;
  }
  if (s.square) {
    if (const Status status = measure_symmetry(a, s); status != Status::ok) return status;
  }
  return s;
}

Position first_asymmetric_entry(const CsrView& a) {
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      const std::int32_t j = a.indices()[p];
      const std::int32_t* end = a.indices() + a.indptr()[j + 1];
      const std::int32_t* mirror = std::lower_bound(a.indices() + a.indptr()[j], end, i);
      const bool present = mirror != end && *mirror == i;
      if (!present || !agree(a.data()[p], a.data()[mirror - a.indices()])) return {i, j};
    }
  }
  return {};
}

}  // namespace lacuna
