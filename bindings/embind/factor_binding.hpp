#pragma once
#include <memory>

#include "lacuna/solver/factor_bytes_task.hpp"
#include "lacuna/solver/factor_entries.hpp"
#include "lacuna/solver/factor_task.hpp"
#include "matrix_binding.hpp"
#include "native.hpp"
#include "task_binding.hpp"

namespace lacuna::native {

/// Bits of the `flags` of a solve with a factor.
enum FactorFlags : std::int32_t {
  factor_transposed_flag = 1,
  factor_error_bound_flag = 2,
};

/// A question to a factor, in steps.
class NativeFactorTask : public Faulty {
 public:
  explicit NativeFactorTask(std::unique_ptr<FactorTask> task) : task_(std::move(task)) {}

  LACUNA_FAULT_METHODS

  std::int32_t step(double work, double deadline);
  std::int32_t stop(std::int32_t reason);
  double progress() const { return task_->progress(); }
  /// Doubles of the answer: see factor_task.hpp.
  Address result() const { return address(task_->result().data()); }
  /// Bytes of an export.
  Address bytes() const { return address(task_->bytes().data()); }

 private:
  LiveHandle live_;
  std::unique_ptr<FactorTask> task_;
};

/// A factor, which is a task itself while it is analyzed, factored or updated.
class NativeFactor : public Faulty {
 public:
  LACUNA_FAULT_METHODS
  double fault_partner() const { return static_cast<double>(fault_.partner); }

  /// Takes the sealed matrix; a matrix that was refused stays with its owner. `permutation`: int32,
  /// one for each column, for the ordering that is given.
  std::int32_t create(NativeMatrix& matrix, std::int32_t method, std::int32_t ordering,
                      Address permutation, double length, double max_flops, double max_bytes,
                      std::int32_t precision);
  /// Begins a `Factor::Goal`; values are those of an update.
  std::int32_t begin(std::int32_t goal, Address values, double count);
  /// Begins a `Factor::Change` by int32 `begin` (columns + 1), int32 rows and values, or by a row.
  std::int32_t change(std::int32_t kind, Address begin, Address rows, Address values,
                      double columns, std::int32_t row);
  /// Begins to take the factors from bytes.
  std::int32_t import(Address bytes, double length);
  std::int32_t step(double work, double deadline);
  /// Gives up what was begun.
  std::int32_t stop(std::int32_t);
  double progress() const { return factor_->progress(); }
  /// Address of a FactorReport.
  Address report();
  /// Address of what is known of the failure: two values, structural rank (−1: full or unknown),
  /// rows left over (count), those rows, as many columns. 0 where memory is short.
  Address failure();
  /// The pattern that the factor works on.
  Address indptr() const { return address(factor_->system(false, 0, 0).a.indptr()); }
  Address indices() const { return address(factor_->system(false, 0, 0).a.indices()); }

  /// Null where it cannot start; `status` and `faultPosition` tell why.
  Owner<NativeFactorTask> solve(Address b, Address x, std::int32_t k, std::int32_t flags,
                                std::int32_t refinement, double rtol, double atol);
  Owner<NativeFactorTask> condition();
  Owner<NativeFactorTask> export_bytes();
  /// Entries at int32 `rows` of the solution for int32 `ids` and values.
  Owner<NativeFactorTask> reach(Address ids, Address values, double count, Address rows,
                                double wanted, Address out);
  /// Entries of the inverse at int32 rows and columns.
  Owner<NativeFactorTask> inverse(Address rows, Address cols, double count, Address out);
  /// Address of log|det A| and the sign; 0 where they cannot be told.
  Address determinant();

 private:
  Owner<NativeFactorTask> start(Result<std::unique_ptr<FactorTask>>&& created);
  template <class T>
  static std::span<T> list(Address at, double count) {
    return {pointer<T>(at), static_cast<std::size_t>(count)};
  }

  LiveHandle live_;
  std::shared_ptr<Factor> factor_;
  FactorReport report_;
  Buffer<double> failure_;
  double determinant_[2] = {};
};

}  // namespace lacuna::native
