#include "lacuna/policy/row_pass.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna {
namespace {

constexpr double lowest_margin = -1;

/// A hash of the pair {i, j}.
std::uint64_t hash_of(std::uint32_t less, std::uint32_t more) {
  std::uint64_t h = less * 0x9e3779b97f4a7c15u + more * 0xbf58476d1ce4e5b9u;
  h ^= h >> 32;
  return h * 0x94d049bb133111ebu;
}

/// A hash of that and a value, in which each bit of it counts.
std::uint64_t hash_of(std::uint64_t pair, double value) {
  // −0 is 0.
  std::uint64_t h = pair ^ __builtin_bit_cast(std::uint64_t, value + 0.0);
  h = (h ^ h >> 32) * 0xbf58476d1ce4e5b9u;
  return (h ^ h >> 29) * 0x94d049bb133111ebu;
}

/// The sums over one triangle less those over the other, of patterns and of values.
struct Mirror {
  std::uint64_t pattern = 0;
  std::uint64_t values = 0;

  void add(std::int32_t i, std::int32_t j, double value) {
    const std::int32_t less = i < j ? i : j;
    const std::int32_t more = i < j ? j : i;
    const std::uint64_t pair =
        hash_of(static_cast<std::uint32_t>(less), static_cast<std::uint32_t>(more));
    const std::uint64_t whole = hash_of(pair, value);
    pattern += i < j ? pair : std::uint64_t{0} - pair;
    values += i < j ? whole : std::uint64_t{0} - whole;
  }
};

/// Whether an entry of some that are evenly spaced differs from its mirror image, which is stored.
bool differs_somewhere(const CsrView& a) {
  constexpr std::int32_t samples = 64;
  const std::int32_t stride = a.rows() / samples + 1;
  for (std::int32_t i = 0; i < a.rows(); i += stride) {
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      const std::int32_t j = a.indices()[p];
      const std::int32_t* row = a.indices() + a.indptr()[j];
      const std::int32_t* at = std::lower_bound(row, a.indices() + a.indptr()[j + 1], i);
      const double value = a.data()[p];
      const double image = a.data()[at - a.indices()];
      const double scale = std::fmax(std::fabs(value), std::fabs(image));
      if (std::fabs(value - image) > Structure::symmetry_tolerance * scale) return true;
    }
  }
  return false;
}

double margin_of(double weight, double others) {
  return weight > 0 ? std::max(1 - others / weight, lowest_margin) : lowest_margin;
}

/// Empty columns, and the margins of columns where they are better than those of rows.
Status look_at_columns(const CsrView& a, RowPass& pass) {
  Buffer<unsigned char> used;
  Buffer<double> weights;
  Buffer<double> others;
  const auto cols = static_cast<std::size_t>(a.cols());
  for (const Status status :
       {used.allocate_zero(cols), weights.allocate_zero(cols), others.allocate_zero(cols)}) {
    if (status != Status::ok) return status;
  }
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      const std::int32_t j = a.indices()[p];
      used[j] = 1;
      (j == i ? weights : others)[j] += std::fabs(a.data()[p]);
    }
  }
  Structure& s = pass.structure;
  double least = 1;
  double sum = 0;
  for (std::int32_t j = 0; j < a.cols(); ++j) {
    if (!used[j] && s.first_empty_col < 0) s.first_empty_col = j;
    const double margin = margin_of(weights[j], others[j]);
    least = std::min(least, margin);
    sum += margin;
  }
  if (!s.square) return Status::ok;
  pass.least_margin = std::max(pass.least_margin, least);
  pass.sum_of_margins = std::max(pass.sum_of_margins, sum);
  return Status::ok;
}

}  // namespace

Result<RowPass> pass_over_rows(const CsrView& a) {
  RowPass pass;
  Structure& s = pass.structure;
  s.square = a.square();
  s.strictly_row_dominant = s.square;
  if (s.square && pass.v.allocate(a.rows()) != Status::ok) return Status::out_of_memory;
  Mirror mirror;
  const std::int32_t* before = nullptr;
  std::int32_t length_before = -1;
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    const std::int32_t* row = a.indices() + a.indptr()[i];
    const double* values = a.data() + a.indptr()[i];
    const std::int32_t length = a.indptr()[i + 1] - a.indptr()[i];
    double own = 0;
    double sum = 0;
    double others = 0;
    std::int32_t off = length;
    for (std::int32_t p = 0; p < length; ++p) {
      const double value = values[p];
      sum += value;
      if (row[p] == i) {
        own = value;
        --off;
        continue;
      }
      others += std::fabs(value);
      if (s.square) mirror.add(i, row[p], value);
    }
    pass.off_diagonal += off;
    pass.core += off >= 3;
    pass.degrees.add(off);
    pass.row_max = std::max(pass.row_max, length);
    if (length > 0) {
      pass.bandwidth = std::max({pass.bandwidth, i - row[0], row[length - 1] - i});
      const double width = std::max(0, i - row[0]);
      pass.profile += width * width;
    } else if (s.first_empty_row < 0) {
      s.first_empty_row = i;
    }
    if (length == length_before && std::equal(row, row + length, before)) pass.twins += 1;
    before = row;
    length_before = length;

    const double weight = std::fabs(own);
    if (!(weight > others)) s.strictly_row_dominant = false;
    if (i < a.cols()) {
      if (own == 0 && s.zero_diagonals++ == 0) s.first_zero_diagonal = i;
      if (!(own > 0) && s.first_nonpositive_diagonal < 0) s.first_nonpositive_diagonal = i;
    }
    const double margin = margin_of(weight, others);
    pass.least_margin = std::min(pass.least_margin, margin);
    pass.sum_of_margins += margin;
    if (weight > 0) {
      pass.least_diagonal =
          pass.least_diagonal == 0 ? weight : std::min(pass.least_diagonal, weight);
      pass.most_diagonal = std::max(pass.most_diagonal, weight);
    }
    pass.total += sum;
    pass.diagonal += weight;
    const double scaled = own != 0 ? sum / own : 0;
    pass.second += sum * scaled;
    if (s.square) pass.v[i] = scaled;
  }
  s.symmetric_pattern = s.square && mirror.pattern == 0;
  s.symmetric = s.exactly_symmetric = s.symmetric_pattern && mirror.values == 0;
  if (s.symmetric_pattern && !s.symmetric && !differs_somewhere(a)) {
    auto exact = measure_structure(a);
    if (!exact.ok()) return exact.fault();
    s = exact.value();
    return pass;
  }
  if (s.symmetric_pattern) {
    s.first_empty_col = s.first_empty_row;
    return pass;
  }
  if (look_at_columns(a, pass) != Status::ok) return Status::out_of_memory;
  return pass;
}

}  // namespace lacuna
