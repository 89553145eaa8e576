#pragma once
#include <memory>
#include <utility>

#include "lacuna/local/tracked_query.hpp"
#include "lacuna/solver/solver.hpp"
#include "local_binding.hpp"

namespace lacuna::native {

/// A tracked query, and what it borrows from. Of no use after an update of the solver.
struct TrackedState {
  TrackedState(std::shared_ptr<Solver> from, std::shared_ptr<KeptRhs> b,
               const QueryProblem& problem, const QuerySettings& settings)
      : solver(std::move(from)),
        rhs(std::move(b)),
        number(solver->local_number()),
        query(problem, settings) {}

  bool current() const { return solver->local_number() == number; }

  std::shared_ptr<Solver> solver;
  std::shared_ptr<KeptRhs> rhs;
  std::uint64_t number;
  TrackedQuery query;
};

/// An entry or functional that is kept up to date. Changes cross as one block of doubles: two
/// places for results; `entries` ids and as many values of what is added to b; `rows` ids and as
/// many lengths of rows; `total` ids and as many values of their entries.
class NativeTracked : public Faulty {
 public:
  LACUNA_FAULT_METHODS

  explicit NativeTracked(std::shared_ptr<TrackedState> state) : state_(std::move(state)) {}

  /// Begins an update, see `TrackedQuery::update`. Null where it is refused; `unknown_handle` after
  /// an update of the solver. One that is deleted before its end is stopped.
  Owner<NativeQuery> update(Address block, std::int32_t entries, std::int32_t rows,
                            std::int32_t total);
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
