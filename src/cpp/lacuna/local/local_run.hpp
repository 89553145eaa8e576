#pragma once
#include <span>

#include "lacuna/base/reason.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/local/inverse_line.hpp"
#include "lacuna/local/query.hpp"

namespace lacuna {

/// What a task may wait for when it returns `needs_rows`.
enum class Wanted : std::int32_t { rows = 0, columns = 1, values = 2 };

/// A local computation as a task, over a matrix that is loaded or one whose rows come on demand.
class LocalRun : public Task {
 public:
  /// Ends the task now with what it has: of queries the one in work gets its best value and bound
  /// so far, those not begun `reason` and no bound.
  virtual void stop(Reason reason) = 0;
  virtual Fault fault() const = 0;

  /// Vertices that are waited for, each once, in the order in which they were asked for.
  virtual std::span<const std::int64_t> wanted(Wanted kind) const = 0;
  /// The first `counts.size()` of the lines waited for: see `RowCache::supply`.
  virtual Fault supply_lines(Wanted kind, std::span<const std::int32_t> counts,
                             std::span<const std::int64_t> ids, std::span<const double> values) = 0;
  /// Values of the right-hand side for all of them; see `LocalRhs::supply`.
  virtual Fault supply_values(std::span<const double> values) = 0;
};

/// One or several queries: a report for each, complete once the task is done.
class QueryRun : public LocalRun {
 public:
  virtual std::span<const QueryReport> reports() const = 0;
};

/// A row or column of the inverse: a report and, once the task is done, its entries by ascending
/// id.
class LineRun : public LocalRun {
 public:
  virtual const LineReport& report() const = 0;
  virtual std::span<const double> ids() const = 0;
  virtual std::span<const double> values() const = 0;
};

}  // namespace lacuna
