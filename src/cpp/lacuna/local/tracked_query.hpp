#pragma once
#include <optional>

#include "lacuna/local/change.hpp"
#include "lacuna/local/local_run.hpp"

namespace lacuna {

/// What a change that is not made would do to the answer of a tracked query.
struct Moved {
  bool unmoved = false;   ///< `bound` is at most the tolerance
  double bound = 0;       ///< on |tᵀx′ − tᵀx|
  double everywhere = 0;  ///< on |x′ᵥ − xᵥ| for every v
};

/// One number tᵀA⁻¹b that is kept up to date while b and rows of A change, by the adjoint push of
/// t: p and s = t − Aᵀp, so that tᵀx = pᵀb + sᵀx for every b. Changes are a view of its own: the
/// matrix and the right-hand side underneath stay as they are, and must not change by other hands.
///
/// If b changes, p and s stay: pᵀb moves by pᵀΔb, O(change) together with the certificate as long
/// as that still meets the tolerance. If row i of A changes by Δ, s becomes s − pᵢΔ, which is
/// nothing where p has not come; new weights are found from the changed rows alone (`ChangedRows`).
/// If the bound no longer meets the tolerance, the push goes on from there. In all: O(change),
/// O(touched) where s has changed, and the entries pushed.
///
/// Bounds are those of `certify_adjoint`, with the weights, signs and norms in force.
/// The same bits however the work is sliced. Values of an on-demand right-hand side are waited for,
/// and so are lines that are not at hand, but for those of a change: see `RowTracked`.
class TrackedQuery final : public QueryRun {
 public:
  /// Everything of `problem` must outlive it; the weights of its rows must be known. Of the
  /// settings, accuracy, `max_entries` (of each update) and the order of the push count.
  TrackedQuery(const QueryProblem& problem, const QuerySettings& settings);
  /// Before the first step. `not_finite`, `out_of_memory`.
  Status add_target(std::int64_t v, double weight);

  /// Takes a change, to be made by the steps that follow, after which the report is the new answer.
  /// A value of b that changes becomes b + Δ, rounded to the nearest double. Faults as of
  /// `check_shape` and `ChangedRows::examine`; with the position in `rhs_ids` `index_out_of_range`
  /// and `not_finite`; `duplicate_entry` for a row that is given twice; `busy` while another change
  /// waits for values; `out_of_memory`: all refuse the change, and everything is as it was.
  /// O(change).
  Fault update(const Change& change);

  /// Bounds what a change would do, without making it. With g = Δb − ΔA·x it is x′ − x = A′⁻¹g, so
  ///     |x′ᵥ − xᵥ| ≤ w′ᵥ‖g‖∞  and  |tᵀ(x′ − x)| ≤ Σ|pᵢgᵢ| + (Σ wᵥ′|s′ᵥ|)·‖g‖∞,
  /// w′ weights of A′, s′ = t − A′ᵀp, where |xᵥ| ≤ wᵥ‖b‖∞, and the answer itself where t is one
  /// entry. Rounding is included; no push, O(change). Faults as of `update`, and `not_ready` before
  /// there is an answer.
  Fault moved(const Change& change, double atol, Moved& result);

  /// Fails with `singular_matrix` where numbers overflow, after which it is of no use;
  /// `out_of_memory` for want of memory while it pushes, after which the next step goes on;
  /// `not_finite` with the vertex where a value of b overflows, and the change is not made. Until a
  /// step is `done` the report is that of the latest answer.
  TaskState step(Budget& budget) override;
  /// Ends the update now; one that waits for values of b before it is made is dropped.
  void stop(Reason reason) override;
  double progress() const override { return stage_ == Stage::idle ? 1 : 0; }

  const QueryReport& report() const { return report_; }
  std::span<const QueryReport> reports() const override { return {&report_, 1}; }
  Fault fault() const override { return fault_; }
  std::span<const std::int64_t> wanted(Wanted kind) const override;
  Fault supply_lines(Wanted, std::span<const std::int32_t>, std::span<const std::int64_t>,
                     std::span<const double>) override {
    return Status::invalid_argument;
  }
  Fault supply_values(std::span<const double> values) override;

  const Push& adjoint() const { return push_; }

 private:
  enum class Stage { idle, admit, evaluate, push };
  struct Pending {
    std::int64_t id;
    double delta;
    double fresh;
    std::uint32_t home;
    std::uint32_t unused;
  };
  /// |gᵢ| of a changed row.
  struct Gap {
    std::int64_t id;
    double delta;
    double size;
    std::uint32_t home;
    std::uint32_t unused;
  };

  Fault take_rhs(const Change& change);
  Fault take_rows(const Change& change);
  TaskState admit();
  TaskState evaluate(Budget& budget);
  TaskState push_on(Budget& budget);
  /// pᵀb over all that is touched. False where values of b are missing.
  bool inner_product();
  void add_product(double p, double b);
  void certify();
  double tolerance() const;
  double needed() const;
  double entries() const { return push_.work().entries - before_.entries; }
  TaskState finish(Reason reason);
  TaskState fail(Fault fault);

  QueryProblem problem_;
  QuerySettings settings_;
  ChangedRhs rhs_;
  ChangedRows rows_;
  Push push_;
  QueryReport report_;
  Fault fault_;
  Stage stage_ = Stage::evaluate;
  Stage unmade_ = Stage::evaluate;  ///< where it was before the change that is to be made
  bool answered_ = false;
  bool lost_ = false;

  VertexTable<Pending> pending_;
  Buffer<std::int64_t> ids_;
  Buffer<double> values_;
  Buffer<std::int32_t> counts_;
  Buffer<ChangedRows::Facts> facts_;
  std::size_t row_count_ = 0;
  VertexTable<Gap> gaps_;

  std::int64_t target_ = -1;  ///< the one entry that t has, else −1
  double target_weight_ = 0;
  std::uint32_t targets_ = 0;

  /// pᵀb as an unevaluated sum, and Σ|pᵥbᵥ| over all that went into it.
  double inner_ = 0;
  double inner_error_ = 0;
  double inner_size_ = 0;
  double inner_fresh_size_ = 0;
  bool inner_known_ = false;
  ResidualSums sums_;
  bool sums_known_ = false;
  Certified certified_;

  PushWork before_;  ///< of the push, when the update began
  double goal_ = 0;
  bool reached_ = false;
  bool spent_ = false;
  bool by_largest_ = true;
  double passed_ = 0;  ///< vertices that the update has looked at
};

}  // namespace lacuna
