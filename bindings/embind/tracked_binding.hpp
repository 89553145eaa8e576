#pragma once
#include <memory>
#include <utility>

#include "lacuna/local/tracked_query.hpp"
#include "local_binding.hpp"

namespace lacuna::native {

class NativeTracked;

/// A tracked query, and what it borrows from: a solver, or rows that come on demand.
class TrackedState {
 public:
  virtual ~TrackedState() = default;
  /// False once it is of no use: the matrix is another one.
  virtual bool current() const { return true; }
  virtual QueryRun& run() = 0;
  virtual TrackedQuery& query() = 0;
  /// Begins the change; `apply` as `NativeTracked::update`.
  virtual Fault update(const Change& change, bool apply) = 0;
};

/// Adds `count` targets, ids as float64, and makes it ready.
Result<std::shared_ptr<NativeTracked>> native_tracked(std::shared_ptr<TrackedState> state,
                                                      Address ids, Address weights,
                                                      std::int32_t count);

/// An entry or functional that is kept up to date. Changes cross as one block of doubles: two
/// places for results; `entries` ids and as many values of what is added to b; `rows` ids and as
/// many lengths of rows, −1 for one that the source is to be asked for; `total` ids and as many
/// values of their entries.
class NativeTracked : public Faulty {
 public:
  LACUNA_FAULT_METHODS

  explicit NativeTracked(std::shared_ptr<TrackedState> state) : state_(std::move(state)) {}

  /// Begins an update, see `TrackedQuery::update`. Null where it is refused; `unknown_handle` after
  /// an update of the solver. One that is deleted before its end is stopped. With `apply` 0 it only
  /// brings what `moved` needs of rows on demand, which is `not_ready` without.
  Owner<NativeQuery> update(Address block, std::int32_t entries, std::int32_t rows,
                            std::int32_t total, std::int32_t apply);
  /// `TrackedQuery::moved`; the bounds, for the answer and for every entry, go to the block's
  /// begin.
  std::int32_t moved(Address block, std::int32_t entries, std::int32_t rows, std::int32_t total);

 private:
  Fault read(Address block, std::int32_t entries, std::int32_t rows, std::int32_t total,
             Change& change);

  LiveHandle live_;
  std::shared_ptr<TrackedState> state_;
  Buffer<std::int64_t> rhs_ids_;
  Buffer<std::int64_t> rows_;
  Buffer<std::int32_t> counts_;
  Buffer<std::int64_t> ids_;
};

}  // namespace lacuna::native
