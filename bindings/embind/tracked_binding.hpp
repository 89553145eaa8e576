#pragma once
#include <memory>

#include "lacuna/local/tracked_query.hpp"
#include "lacuna/solver/solver.hpp"
#include "local_binding.hpp"

namespace lacuna::native {

/// A change of a system, as doubles: addresses and counts of its lists. Ids are float64, counts
/// int32; `rhs` lists are added to b, rows replace those of A.
struct ChangeBlock {
  double rhs_ids, rhs_values, rhs_count;
  double rows, counts, ids, values, row_count;
};

/// A query that is kept up to date. It locks its solver against `update`.
class NativeTracked {
 public:
  NativeTracked(std::shared_ptr<Solver> solver, std::shared_ptr<KeptRhs> rhs,
                const QueryProblem& problem, const QuerySettings& settings)
      : solver_(std::move(solver)), rhs_(std::move(rhs)), tracked_(problem, settings) {
    solver_->task_started();
  }
  ~NativeTracked() { solver_->task_ended(); }

  TrackedQuery& tracked() { return tracked_; }
  /// Takes a change over, or only tells what it would do.
  Fault update(const ChangeBlock& block);
  Fault moved(const ChangeBlock& block, double atol);
  /// Address of three doubles: unmoved, the bound for the answer, that for every unknown.
  Address outcome() const { return address(outcome_); }

 private:
  template <class Use>
  Fault with_change(const ChangeBlock& block, Use&& use);

  LiveHandle live_;
  std::shared_ptr<Solver> solver_;
  std::shared_ptr<KeptRhs> rhs_;
  TrackedQuery tracked_;
  double outcome_[3] = {};
};

/// A run of a tracked query, which outlives it.
class TrackedRun final : public QueryRun {
 public:
  explicit TrackedRun(TrackedQuery& query) : query_(query) {}

  TaskState step(Budget& budget) override { return query_.step(budget); }
  double progress() const override { return query_.progress(); }
  void stop(Reason reason) override { query_.stop(reason); }
  Fault fault() const override { return query_.fault(); }
  std::span<const QueryReport> reports() const override { return query_.reports(); }
  std::span<const std::int64_t> wanted(Wanted kind) const override { return query_.wanted(kind); }
  Fault supply_lines(Wanted kind, std::span<const std::int32_t> counts,
                     std::span<const std::int64_t> ids, std::span<const double> values) override {
    return query_.supply_lines(kind, counts, ids, values);
  }
  Fault supply_values(std::span<const double> values) override {
    return query_.supply_values(values);
  }

 private:
  TrackedQuery& query_;
};

}  // namespace lacuna::native
