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

/// Powers of two sᵢ with which the largest of the |sᵢ·aᵢⱼ·sⱼ| in every row is near 1, in slices:
/// the scaling multiplies without rounding. Rows without an entry other than zero keep s = 1.
///
/// Every sweep divides sᵢ by the root of the largest entry of row i (Ruiz, "A scaling algorithm to
/// equilibrate both rows and columns norms in matrices", RAL-TR-2001-034), in exponents alone: two
/// sweeps as a rule, `most_sweeps` at the most, of nnz integer additions each; 16n bytes. That
/// leaves open how to scale what is balanced within a row only, so where the factors spread over
/// more than `wide_spread` powers, or on demand, they are those of a matching of largest product,
/// whose entries they make 1 (Duff & Pralet, SIMAX 27, 2005): the memory and time of
/// `WeightedMatching`, whose own factors are bounded by e^±700, so that entries of 2^±600 side by
/// side are scaled less well.
class SymmetricScaling {
 public:
  static constexpr std::int32_t most_sweeps = 12;
  static constexpr std::int32_t wide_spread = 40;

  /// For a symmetric matrix, which has to stay alive until the last call. `out_of_memory`.
  Status begin(const CsrView& a, bool by_matching = false);

  /// `running`, `done`, or `failed` where memory is short.
  TaskState step(Budget& budget);

  /// n factors by row, 2⁻⁵⁰⁰ … 2⁵⁰⁰.
  Buffer<double> take() { return std::move(scale_); }

 private:
  bool sweep(Meter& meter);
  void measure_row(std::int32_t i);
  bool end_sweep();
  bool wide() const;
  void scale_by_matching();

  std::optional<CsrView> a_;
  std::int32_t at_ = 0;
  std::int32_t sweep_ = 0;
  bool by_matching_ = false;  // on demand
  bool matching_ = false;     // under way
  WeightedMatching matcher_;
  Buffer<std::int32_t> exponent_;  // of s
  Buffer<std::int32_t> largest_;   // exponent of the largest scaled entry of a row
  Buffer<double> scale_;
};

}  // namespace lacuna
