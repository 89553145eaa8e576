#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/row_cache.hpp"

namespace lacuna {

/// Takes the rows that a source gives, one after the other. Arrays double and are reused.
class RowSink {
 public:
  /// An entry of the row that is being given. `out_of_memory`.
  Status entry(std::int64_t id, double value);
  /// Ends it.
  Status end_row();
  /// A row at once; equal lengths, else `shape_mismatch`.
  Status row(std::span<const std::int64_t> ids, std::span<const double> values);

  void clear() { row_count_ = entry_count_ = begin_ = 0; }
  std::span<const std::int32_t> counts() const { return {counts_.data(), row_count_}; }
  std::span<const std::int64_t> ids() const { return {ids_.data(), entry_count_}; }
  std::span<const double> values() const { return {values_.data(), entry_count_}; }

 private:
  Status make_room(std::size_t more);

  Buffer<std::int32_t> counts_;
  Buffer<std::int64_t> ids_;
  Buffer<double> values_;
  std::size_t row_count_ = 0;
  std::size_t entry_count_ = 0;
  std::size_t begin_ = 0;  ///< of the row that is being given
};

/// Gives the rows of a matrix that is never loaded: a formula, a file, a data base.
class RowSource {
 public:
  virtual ~RowSource() = default;

  /// Gives the rows `ids`, in this order, each ended. May give fewer, but at least the first one.
  /// Anything but `ok` stops the query.
  virtual Status fetch(std::span<const std::int64_t> ids, RowSink& sink) = 0;
};

/// Fetches what a cache is waiting for, in one call as far as it is likely to fit, and hands it
/// over. `out_of_memory`, `shape_mismatch` where the source gave too few or too many, what the
/// source says, and the faults of `RowCache::supply`. Does nothing where nothing is wanted.
Fault fill(RowCache& cache, RowSource& source, RowSink& sink);

template <class Outcome>
struct Driven {
  Outcome outcome;
  Fault fault;     ///< of the source or of the cache; then `outcome` is `needs_lines`
  double batches;  ///< calls of `fetch`
};

/// Steps a method over a cache whose rows come from a source that answers at once, until it needs
/// no further lines or the budget is used up. A method has `step(goal, budget)`, `lines_arrived()`
/// and `Outcome::needs_lines`: `Push`, `Neumann`. A fault leaves the method as it stands, to be
/// driven on or asked for the bound that it has reached.
template <class Method, class Goal>
Driven<typename Method::Outcome> drive(Method& method, const Goal& goal, RowCache& cache,
                                       RowSource& source, Budget& budget) {
  RowSink sink;
  double batches = 0;
  for (;;) {
    const auto outcome = method.step(goal, budget);
    if (outcome != Method::Outcome::needs_lines) return {outcome, {}, batches};
    if (cache.wanted().empty()) {
      // What could not be noted is asked for again when it is driven on.
      method.lines_arrived();
      return {outcome, cache.failed() ? Status::out_of_memory : Status::internal, batches};
    }
    ++batches;
    if (const Fault fault = fill(cache, source, sink); !fault.ok()) {
      return {outcome, fault, batches};
    }
    method.lines_arrived();
    if (budget.exhausted()) return {Method::Outcome::running, {}, batches};
  }
}

}  // namespace lacuna
