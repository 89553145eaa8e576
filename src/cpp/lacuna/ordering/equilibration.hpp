#pragma once
#include <cstdint>
#include <optional>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/weighted_matching.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Powers of two rᵢ, cⱼ with which the largest of the |rᵢ·aᵢⱼ·cⱼ| in every row and column is near
/// 1, in slices: what `SymmetricScaling` is for a symmetric matrix. First the rows, then what that
/// left of the columns are scaled, to 1 … 2. Where either needed factors that are more than
/// `wide_spread` powers apart, that leaves rows that lie next to zero by their other entries: the
/// scalings are those of a matching of largest product instead, whose entries they make ¼ … 1 (Duff
/// & Koster, SIMAX 22, 2001), in the time and memory of `WeightedMatching`. O(nnz) otherwise.
class Equilibration {
 public:
  static constexpr std::int32_t wide_spread = 40;

  /// For a square matrix, which has to stay alive until the last step. `out_of_memory`.
  Status begin(const CsrView& a);

  /// `running`, `done`, or `failed` where memory is short.
  TaskState step(Budget& budget);

  /// n factors by row, and by column. 1 for one without an entry other than zero.
  Buffer<double> take_rows() { return std::move(rows_); }
  Buffer<double> take_columns() { return std::move(columns_); }

 private:
  double scale_row(std::int32_t i);
  static bool wide(const Buffer<double>& scale);
  void scale_by_matching();

  std::optional<CsrView> a_;
  std::int32_t at_ = 0;
  bool matching_ = false;  // under way
  WeightedMatching matcher_;
  Buffer<double> rows_;
  Buffer<double> columns_;  // first the largest entries
};

}  // namespace lacuna
