#pragma once
#include <memory>
#include <optional>

#include "lacuna/local/local_query.hpp"
#include "lacuna/local/local_run.hpp"
#include "lacuna/local/row_cache.hpp"

namespace lacuna {

/// A square matrix of up to 2⁵³ unknowns whose rows, and columns where there are any, come on
/// demand: what is promised of it, a cache for each side, and queries over them.
class RowSystem {
 public:
  /// `cache_limit` in bytes for each side. `invalid_size`, `invalid_argument` as
  /// `RowCache::create`.
  static Result<std::shared_ptr<RowSystem>> create(std::int64_t size, const Declared& declared,
                                                   std::size_t cache_limit, bool columns);

  std::int64_t size() const { return rows_.size(); }
  const Conditions& conditions() const { return conditions_; }
  RowCache& rows() { return rows_; }
  /// Of the columns; the rows where A is symmetric, null where columns cannot be read.
  RowCache* columns() {
    if (conditions_.symmetric) return &rows_;
    return columns_ ? &*columns_ : nullptr;
  }

  /// Fetched lines in the cache that `kind` names.
  RowCache* cache(Wanted kind) {
    return kind == Wanted::rows ? &rows_ : columns_ ? &*columns_ : nullptr;
  }

  /// Drops what a run waits for that ends before it has come: a source that could not give these
  /// lines, or gave wrong ones, is not asked for them again by the next query. Another that waits
  /// asks anew, after a supply of no lines.
  void give_up() {
    rows_.give_up();
    if (columns_) columns_->give_up();
  }

 private:
  RowSystem(RowCache&& rows, const Declared& declared)
      : rows_(std::move(rows)), conditions_(conditions_from(declared)) {}
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  RowCache rows_;
  std::optional<RowCache> columns_;
  Conditions conditions_;
};

/// One query over a `RowSystem`. Several may run at a time: they share the caches.
class RowQuery final : public QueryRun {
 public:
  /// The target has the entries (ids, weights). `index_out_of_range`, `not_finite` with the
  /// position; `not_ready` for a full solve, which would read every row; `out_of_memory`.
  static Result<std::unique_ptr<RowQuery>> create(std::shared_ptr<RowSystem> system, LocalRhs& rhs,
                                                  std::span<const std::int64_t> ids,
                                                  std::span<const double> weights,
                                                  const QuerySettings& settings);
  ~RowQuery() override {
    if (waiting_) system_->give_up();
  }

  TaskState step(Budget& budget) override;
  double progress() const override { return query_.progress(); }
  void stop(Reason reason) override { query_.stop(reason); }
  Fault fault() const override { return fault_.ok() ? query_.fault() : fault_; }
  std::span<const QueryReport> reports() const override { return {&query_.report(), 1}; }
  std::span<const std::int64_t> wanted(Wanted kind) const override;
  Fault supply_lines(Wanted kind, std::span<const std::int32_t> counts,
                     std::span<const std::int64_t> ids, std::span<const double> values) override;
  Fault supply_values(std::span<const double> values) override;

 private:
  RowQuery(std::shared_ptr<RowSystem> system, LocalRhs& rhs)
      : system_(std::move(system)), rhs_(rhs) {}
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  std::shared_ptr<RowSystem> system_;
  LocalRhs& rhs_;
  LocalQuery query_;
  Fault fault_;
  bool waiting_ = false;
};

/// A row or column of the inverse of a `RowSystem`.
class RowLine final : public LineRun {
 public:
  /// `not_ready` for a column where columns cannot be read; `index_out_of_range`.
  static Result<std::unique_ptr<RowLine>> create(std::shared_ptr<RowSystem> system, bool column,
                                                 std::int64_t vertex,
                                                 const QuerySettings& settings);
  ~RowLine() override {
    if (waiting_) system_->give_up();
  }

  TaskState step(Budget& budget) override;
  double progress() const override { return line_.progress(); }
  void stop(Reason reason) override;
  Fault fault() const override { return fault_.ok() ? line_.fault() : fault_; }
  std::span<const std::int64_t> wanted(Wanted kind) const override;
  Fault supply_lines(Wanted kind, std::span<const std::int32_t> counts,
                     std::span<const std::int64_t> ids, std::span<const double> values) override;
  Fault supply_values(std::span<const double>) override { return Status::invalid_argument; }
  const LineReport& report() const override { return line_.report(); }
  std::span<const double> ids() const override { return line_.ids(); }
  std::span<const double> values() const override { return line_.values(); }

 private:
  explicit RowLine(std::shared_ptr<RowSystem> system) : system_(std::move(system)) {}
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  std::shared_ptr<RowSystem> system_;
  InverseLine line_;
  Fault fault_;
  bool waiting_ = false;
};

}  // namespace lacuna
