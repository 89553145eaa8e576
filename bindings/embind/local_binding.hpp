#pragma once
#include <memory>

#include "lacuna/local/inverse_line.hpp"
#include "lacuna/local/local_run.hpp"
#include "lacuna/solver/kept_rhs.hpp"
#include "task_binding.hpp"

namespace lacuna::native {

/// Settings cross as doubles in this order.
struct SettingsBlock {
  double way, rtol, atol, confidence, seed_low, seed_high, max_entries, max_walks, max_work;
  double estimate, order;
};
QuerySettings settings_from(const SettingsBlock& block);

/// What bounds rest on, as doubles; the weights by their largest.
struct ConditionsReport {
  double signs, symmetric, row_margin, column_margin, row_contraction, column_contraction;
  double row_dominance, column_dominance, row_weight, column_weight;
  double power_steps, mean_degree, first_weak_row;
};
ConditionsReport report_of(const Conditions& conditions);

/// A right-hand side with its norms.
class NativeRhs : public Faulty {
 public:
  LACUNA_FAULT_METHODS

  /// Borrows n doubles, which the caller keeps where they are.
  std::int32_t dense(Address values, double n);
  /// Copies `count` entries; ids as float64.
  std::int32_t sparse(Address ids, Address values, double count, double n);
  std::int32_t on_demand(double least, double greatest, double norm_inf, double norm1);

  const std::shared_ptr<KeptRhs>& rhs() const { return rhs_; }

 private:
  std::int32_t take(Result<LocalRhs>&& made);

  LiveHandle live_;
  std::shared_ptr<KeptRhs> rhs_;
};

/// Queries in steps.
class NativeQuery : public Faulty {
 public:
  LACUNA_FAULT_METHODS

  NativeQuery(std::unique_ptr<QueryRun> run, std::shared_ptr<void> keeps)
      : keeps_(std::move(keeps)), run_(std::move(run)) {}

  /// Returns a TaskState; 3 where it waits for what `wanted` lists.
  std::int32_t step(double work, double deadline);
  std::int32_t stop(std::int32_t reason);
  double progress() const { return run_->progress(); }
  Address reports() const { return address(run_->reports().data()); }
  std::int32_t wanted_count(std::int32_t kind) const {
    return static_cast<std::int32_t>(run_->wanted(static_cast<Wanted>(kind)).size());
  }
  /// Address of their ids as float64, 0 where memory is short; valid until the next call.
  Address wanted(std::int32_t kind);
  std::int32_t supply_lines(std::int32_t kind, std::int32_t lines, Address counts, Address ids,
                            Address values);
  std::int32_t supply_values(Address values);

 private:
  LiveHandle live_;
  std::shared_ptr<void> keeps_;
  std::unique_ptr<QueryRun> run_;
  Buffer<double> wanted_;
};

/// A row or column of an inverse in steps.
class NativeLine : public Faulty {
 public:
  LACUNA_FAULT_METHODS

  NativeLine(std::unique_ptr<LineRun> run, std::shared_ptr<void> keeps)
      : keeps_(std::move(keeps)), run_(std::move(run)) {}

  std::int32_t step(double work, double deadline);
  std::int32_t stop(std::int32_t reason);
  double progress() const { return run_->progress(); }
  Address report() const { return address(&run_->report()); }
  std::int32_t wanted_count(std::int32_t kind) const {
    return static_cast<std::int32_t>(run_->wanted(static_cast<Wanted>(kind)).size());
  }
  Address wanted(std::int32_t kind) {
    return export_ids(run_->wanted(static_cast<Wanted>(kind)), wanted_);
  }
  std::int32_t supply_lines(std::int32_t kind, std::int32_t lines, Address counts, Address ids,
                            Address values);
  std::int32_t count() const { return static_cast<std::int32_t>(run_->ids().size()); }
  Address ids() const { return address(run_->ids().data()); }
  Address values() const { return address(run_->values().data()); }

 private:
  LiveHandle live_;
  std::shared_ptr<void> keeps_;
  std::unique_ptr<LineRun> run_;
  Buffer<double> wanted_;
};

}  // namespace lacuna::native
