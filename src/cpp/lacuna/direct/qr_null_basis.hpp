#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/qr_factors.hpp"
#include "lacuna/direct/qr_plan.hpp"
#include "lacuna/direct/qr_solve.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Basis of the null space of R, by solves with R in slices: for each dependent column r the vector
/// that is −R₁⁻¹·r in the independent columns and 1 in its own, as a unit vector. A column that is
/// zero in R has none: its unknown is 0 anyway, and its vector orthogonal to all others.
class QrNullBasis {
 public:
  /// Everything has to stay alive until the last step. `out_of_memory`.
  Status begin(const QrPlan& plan, const QrFactors& factors);

  /// `failed` where memory is short, or the basis has 2³¹ entries or more.
  TaskState step(Meter& meter);

  std::int32_t count() const { return count_; }
  /// The vectors as columns, their elements in the order of pivots.
  Result<CsrMatrix> take() const;

 private:
  Status append();

  const QrPlan* plan_ = nullptr;
  const QrFactors* factors_ = nullptr;
  QrSweep sweep_;
  Buffer<double> pivots_;
  bool sweeping_ = false;
  std::int32_t at_ = 0;
  std::int32_t count_ = 0;
  std::size_t used_ = 0;
  Buffer<std::int32_t> begin_;
  Buffer<std::int32_t> row_;
  Buffer<double> value_;
};

}  // namespace lacuna
