#pragma once
#include <memory>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/factorization.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Factors in single precision of S·A·T, S and T diagonals of powers of two, and what those who
/// refine by them need to know.
class SingleFactors {
 public:
  virtual ~SingleFactors() = default;

  /// Solves with A by the factors as they are, computed in doubles. Null where memory is short. The
  /// factors have to outlive it.
  virtual std::unique_ptr<Substitution> substitution() const = 0;
  /// Figures that came about with the numbers.
  virtual void describe(FactorInfo&) const {}

  bool symmetric() const { return column_scale.empty(); }
  /// Of T, by column of A; of Aᵀ, which S and T change places for.
  std::span<const double> unknowns(bool transposed) const {
    return transposed || symmetric() ? row_scale.span() : column_scale.span();
  }
  /// Of S, by row of A, or for Aᵀ.
  std::span<const double> equations(bool transposed) const {
    return transposed && !symmetric() ? column_scale.span() : row_scale.span();
  }

  Buffer<double> row_scale;     ///< n: of S, by row of A
  Buffer<double> column_scale;  ///< n: of T, by column of A; empty where A is symmetric and T = S
  double solve_flops = 0;       ///< of one substitution
  double growth = 1;            ///< elements grew by its reciprocal: see `LuQuality`
  double condition = -1;        ///< estimate of that of S·A·T, where it was needed
  bool stagnates = false;       ///< plain refinement is not worth trying
};

/// The numeric phase in single precision of one method, in slices.
class SingleNumeric {
 public:
  virtual ~SingleNumeric() = default;

  /// A has to stay alive until the last step. `out_of_memory`.
  virtual Status begin(const CsrView& a) = 0;
  /// `failed` with `fault()`.
  virtual TaskState step(Budget& budget) = 0;
  virtual Fault fault() const = 0;
  virtual double progress() const = 0;
  /// No more than this is 1/condition, as far as it has come; infinite where that is unknown.
  virtual double reciprocal_condition() const = 0;
  /// Once done; null where memory is short.
  virtual std::unique_ptr<SingleFactors> take() = 0;
};

}  // namespace lacuna
