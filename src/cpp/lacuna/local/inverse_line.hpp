#pragma once
#include <cmath>

#include "lacuna/base/reason.hpp"
#include "lacuna/local/query.hpp"

namespace lacuna {

/// What was asked of a row or column of the inverse, and what came of it. All doubles, append only.
struct LineReport {
  double reason = 0;
  double converged = 0;
  double bound = -1;   ///< on the error of every entry, those not touched included; −1: none
  double bound1 = -1;  ///< on the sum of the errors of all entries; −1: none
  double bound_kind = 0;
  double target = 0;  ///< max(atol, rtol·largest entry)
  double lines = 0;
  double entries = 0;
  double pushes = 0;
  double bytes = 0;
  double touched = 0;
  double cost = 0;
};

/// Column j of A⁻¹ near its source (forward push, A x = eⱼ), or row i (adjoint push, Aᵀp = eᵢ), as
/// a sparse vector with a certificate that covers every entry. For the column
///     ‖x − x̃‖∞ ≤ ‖r‖∞·max w  (weights of the rows)  and  ‖x − x̃‖₁ ≤ Σ|rᵥ|uᵥ  (of the columns),
/// for the row the same with rows and columns exchanged; the smaller one bounds each entry. Cost
/// and memory as of `Push`.
class InverseLine {
 public:
  enum class Outcome : std::int32_t { running = 0, done = 1, failed = 2, needs_lines = 3 };

  /// `lines` and `push_weights`: the columns of A and theirs for a column, the rows for a row;
  /// `other` the weights of the other side. Only `rtol`, `atol`, `max_entries` and the order of
  /// `settings` count. All must outlive the run.
  Status begin(Lines& lines, const Weights& push_weights, const Weights& other, double contraction,
               std::int64_t vertex, const QuerySettings& settings);
  Outcome step(Budget& budget);
  void stop(Reason reason);
  void supplied() { push_.lines_arrived(); }

  const LineReport& report() const { return report_; }
  Fault fault() const { return fault_; }
  /// Share of the digits asked for that the residual has lost, 0 to 1.
  double progress() const;

  /// Sorts the entries that are not zero by id; to be called once done. `out_of_memory`.
  Status collect();
  std::span<const double> ids() const { return ids_.span(); }
  std::span<const double> values() const { return values_.span(); }

 private:
  void measure();
  /// What slack and keys of the push are weighed with at the least: 1 where no weights are known.
  double least_weight() const { return push_weights_->known() ? push_weights_->least : 1; }
  /// The sum of the residual, weighed or plain, that surely is enough.
  double last_goal() const {
    const double plain = other_->known() ? std::fmax(1, other_->uniform) : 1;
    return 0.97 * report_.target / (push_weights_->known() ? 1 : plain);
  }
  Outcome finish(Reason reason);

  const Weights* push_weights_ = nullptr;
  const Weights* other_ = nullptr;
  QuerySettings settings_;
  Push push_;
  LineReport report_;
  Fault fault_;
  double largest_ = 0;
  double goal_ = 0;  ///< share of the residual that the next stretch may leave
  bool finished_ = false;
  bool by_largest_ = true;       ///< whether the largest residual ends a stretch, too
  double measured_pushes_ = -1;  ///< when the bound was measured last
  Buffer<double> ids_;           ///< float64 holds every id below 2⁵³
  Buffer<double> values_;
};

}  // namespace lacuna
