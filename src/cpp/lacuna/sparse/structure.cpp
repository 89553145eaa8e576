#include "lacuna/sparse/structure.hpp"

#include <cmath>

namespace lacuna {
namespace {

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
  s.symmetric_pattern = s.symmetric = s.exactly_symmetric = true;
  const auto broken = [&](std::int32_t i, std::int32_t j, bool pattern) {
    if (s.asymmetric_row < 0) {
      s.asymmetric_row = i;
      s.asymmetric_col = j;
    }
    s.symmetric = s.exactly_symmetric = false;
    if (pattern) s.symmetric_pattern = false;
  };
  for (std::int32_t i = 0; i < n && s.symmetric_pattern; ++i) {
    const std::int32_t end = a.indptr()[i + 1];
    std::int32_t p = cursor[i];
    if (p < end && a.indices()[p] < i) {
      broken(i, a.indices()[p], true);  // its mirror image is absent
      break;
    }
    if (p < end && a.indices()[p] == i) ++p;
    for (; p < end; ++p) {
      const std::int32_t j = a.indices()[p];
      const std::int32_t mirror = cursor[j]++;
      if (mirror >= a.indptr()[j + 1] || a.indices()[mirror] != i) {
        broken(i, j, true);
        break;
      }
      const double u = a.data()[p];
      const double l = a.data()[mirror];
      if (u == l) continue;
      s.exactly_symmetric = false;
      const double scale = std::fmax(std::fabs(u), std::fabs(l));
      if (!(std::fabs(u - l) <= Structure::symmetry_tolerance * scale)) broken(i, j, false);
    }
  }
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

}  // namespace lacuna
