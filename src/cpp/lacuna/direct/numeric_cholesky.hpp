#pragma once
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/supernodes.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Numeric phase of L·Lᵀ = P A Pᵀ over a structure that is known, in slices: by panels
/// (`SupernodalCholesky`) or, where every supernode is one column, by columns
/// (`SimplicialCholesky`). `Real` is double, or float for the factor of S·A·S in half the memory,
/// by panels alone.
template <class Real>
class NumericCholesky {
 public:
  virtual ~NumericCholesky() = default;

  /// Allocates the factor (`Supernodes::stored` numbers), unless `values` has the memory of an
  /// earlier one of this structure, which is lost, and its scratch. Of a pair aᵢⱼ, aⱼᵢ the one in
  /// the row of the earlier pivot is read. Of floats alone, S is the diagonal `scale`. What is
  /// given has to stay alive until the last step, `a` to have a pattern within that of the
  /// structure. `out_of_memory`.
  virtual Status begin(const CsrView& a, const Supernodes& structure, Buffer<Real>&& values = {},
                       const double* scale = nullptr) = 0;

  /// `failed` with `fault()`: `indefinite_matrix` and the column of A whose pivot was not a
  /// positive finite number.
  virtual TaskState step(Budget& budget) = 0;

  /// Share of the flops done.
  virtual double progress() const = 0;

  Fault fault() const { return fault_; }
  /// The pivot that was not positive.
  double failed_pivot() const { return failed_pivot_; }

  /// Of floats: the least pivot so far.
  double smallest_pivot() const { return smallest_pivot_; }

  /// The panels, as `Supernodes::value_begin` places them, once done; above the diagonals they hold
  /// anything. Of a factorization that failed or was not finished: their memory.
  Buffer<Real> take() { return std::move(values_); }

 protected:
  /// What every kind begins with.
  Status open(const CsrView& a, const Supernodes& structure, Buffer<Real>&& values,
              const double* scale) {
    values_ = std::move(values);
    const std::int64_t stored = structure.value_begin[structure.count];
    if (std::uint64_t(stored) > std::numeric_limits<std::size_t>::max() / sizeof(Real)) {
      return Status::out_of_memory;
    }
    a_ = a;
    scale_ = scale;
    structure_ = &structure;
    flops_ = 0;
    smallest_pivot_ = std::numeric_limits<double>::infinity();
    fault_ = {};
    const auto size = static_cast<std::size_t>(stored);
    return values_.size() == size ? Status::ok : values_.allocate(size);
  }

  /// Entry p of row `row` of A, or of S·A·S.
  Real entry(std::int32_t row, std::int32_t p) const {
    if constexpr (sizeof(Real) == sizeof(double)) return a_->data()[p];
    return static_cast<Real>(a_->data()[p] * scale_[row] * scale_[a_->indices()[p]]);
  }

  /// Notes what stands where column `pivot` of P A Pᵀ should have one.
  void refuse(std::int32_t pivot, double value) {
    fault_ = {Status::indefinite_matrix, structure_->permutation[pivot]};
    failed_pivot_ = value;
  }

  std::optional<CsrView> a_;
  const Supernodes* structure_ = nullptr;
  const double* scale_ = nullptr;
  double flops_ = 0;
  double failed_pivot_ = 0;
  double smallest_pivot_ = 0;
  Fault fault_;
  Buffer<Real> values_;
};

/// The kind that fits the structure; null where memory is short.
std::unique_ptr<NumericCholesky<double>> make_numeric_cholesky(const Supernodes& structure);

/// Bytes that its `begin` allocates.
double numeric_cholesky_bytes(const Supernodes& structure);

}  // namespace lacuna
