#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/direct/numeric_cholesky.hpp"

namespace lacuna {

/// L·Lᵀ by columns, for factors of which every supernode is one column (`Supernodes::simplicial`):
/// where L has few flops per entry, panels cost more than they save (Chen, Davis, Hager &
/// Rajamanickam, TOMS 35, 2008).
///
/// Left-looking (George & Liu, Computer Solution of Large Sparse Positive Definite Systems, 1981):
/// a column is spread over n places, every earlier column with an entry in its row subtracts a
/// multiple of what it has from there on, and the column is gathered again. The earlier ones hang
/// on lists by their next row. Beside the factor it needs 20n bytes.
class SimplicialCholesky final : public NumericCholesky<double> {
 public:
  Status begin(const CsrView& a, const Supernodes& structure, Buffer<double>&& values = {},
               const double* scale = nullptr) override;
  TaskState step(Budget& budget) override;
  double progress() const override;

  /// Bytes that `begin` allocates.
  static double bytes(const Supernodes& structure);

 private:
  double advance();
  double assemble(std::int32_t j);
  double subtract(std::int32_t j, double most);
  double close(std::int32_t j);
  void hand_on(std::int32_t d, std::int32_t row);

  std::int32_t column_ = 0;
  bool assembled_ = false;
  Buffer<double> x_;               // n: the column at hand, zero elsewhere
  Buffer<std::int32_t> head_;      // n: lists of columns that a column depends on
  Buffer<std::int32_t> next_;      // n
  Buffer<std::int32_t> next_row_;  // n: first entry of a column not yet used
};

}  // namespace lacuna
