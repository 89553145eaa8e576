#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/factor_bytes.hpp"
#include "lacuna/direct/supernodes.hpp"

namespace lacuna {

/// A Cholesky factor to bytes, in slices: order, supernodes and the columns of the panels from the
/// diagonal on; what can be told from these is not written. See `FactorWriter` for the container.
class CholeskyExport {
 public:
  /// Bytes that it will take, −1 beyond what can be counted.
  static std::int64_t bytes(const Supernodes& structure);

  /// All arguments have to stay alive until the last step; `a` is the matrix whose factor it is,
  /// for its stamp. `invalid_size`, `out_of_memory`.
  Status begin(const Supernodes& structure, const double* values, const CsrView& a);

  TaskState step(Budget& budget);

  /// Once done.
  Buffer<unsigned char> take() { return writer_.take(); }

 private:
  enum class Stage { stamp, panels, seal, done };

  const Supernodes* structure_ = nullptr;
  const double* values_ = nullptr;
  Stage stage_ = Stage::done;
  std::int32_t supernode_ = 0;
  std::int32_t column_ = 0;
  unsigned char* out_ = nullptr;
  MatrixStamper stamper_;
  FactorWriter writer_;
};

/// Bytes to a Cholesky factor, in slices. Checksums come first; then every index and value is
/// checked, so that no bytes whatever, right or wrong, make anything but a factor or a fault.
class CholeskyImport {
 public:
  /// The bytes have to stay alive until the last step. With `expected` (a matrix that the factor is
  /// to be of) `pattern_mismatch` where it is of another one. Faults of `FactorReader::begin`.
  Fault begin(std::span<const unsigned char> bytes, const MatrixStamp* expected = nullptr);

  /// `failed` with `fault()`: `damaged_bytes` with the position of the section that is wrong;
  /// `out_of_memory`.
  TaskState step(Budget& budget);
  Fault fault() const { return fault_; }

  const MatrixStamp& stamp() const { return reader_.stamp(); }

  /// Once done; above the diagonals the panels hold zeros.
  Supernodes take_structure() { return std::move(out_); }
  Buffer<double> take_values() { return std::move(values_); }

 private:
  enum class Stage { verify, order, tree, panels, done };

  Fault open();
  Fault read_order(std::int32_t k);
  Fault read_supernode(std::int32_t s);
  bool nested(std::int32_t s) const;
  Fault close_tree();
  bool read_columns(Meter& meter);
  TaskState fail(Fault fault);

  Stage stage_ = Stage::done;
  std::int32_t at_ = 0;
  std::int32_t column_ = 0;
  const unsigned char* in_ = nullptr;
  std::int64_t packed_ = 0;  // entries of L in the panels
  Fault fault_;
  FactorReader reader_;
  Supernodes out_;
  Buffer<double> values_;
  Buffer<std::int32_t> first_;  // first supernode of each subtree
  Buffer<std::int32_t> size_;   // supernodes of each subtree
};

}  // namespace lacuna
