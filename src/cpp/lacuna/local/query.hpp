#pragma once
#include <cstdint>
#include <limits>

#include "lacuna/base/reason.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/local/certificate.hpp"
#include "lacuna/local/forecast.hpp"

namespace lacuna {

class WalkTable;

/// A way to answer a query. The numbers are part of the binary interface.
enum class Way : std::int32_t {
  automatic = 0,
  push = 1,           ///< adjoint push, certified by its residual
  product = 2,        ///< adjoint and forward push: their residuals multiply; sparse b
  neumann = 3,        ///< truncated local Neumann series
  walks = 4,          ///< random walks alone
  bidirectional = 5,  ///< adjoint push, then random walks for what it leaves
  full = 6,           ///< one full solve
  factor = 7,         ///< the paths of t and b in a factor that is there; sparse b
};
/// Stable name, e.g. "bidirectional".
const char* way_name(Way way);
/// The same of a theorem, e.g. "bracket".
const char* bound_kind_name(BoundKind kind);

/// What is asked of a query.
struct QuerySettings {
  Way way = Way::automatic;
  double rtol = 1e-6;  ///< the bound is to be at most max(atol, rtol·|value|)
  double atol = 0;
  double confidence = 1;  ///< below 1, a statistical interval will do
  std::uint64_t seed = 0;
  double max_entries = std::numeric_limits<double>::infinity();
  double max_walks = std::numeric_limits<double>::infinity();
  /// Refuses, with `Reason::budget`, what is predicted to cost more units of `cost`. Where a full
  /// solve alone would cost more, `automatic` does without.
  double max_work = std::numeric_limits<double>::infinity();
  /// Predicted cost of a full solve; ∞ where there is none to fall back to, 0 where it was made.
  double full_cost = std::numeric_limits<double>::infinity();
  /// Queries that one full solve would answer: `automatic` compares a share of its cost.
  double full_shared_by = 1;
  /// Only predicts: ends after the first stretch, and never comes to a full solve. `way` is then
  /// the one foreseen.
  bool estimate = false;
  PushOrder order = PushOrder::buckets;
  bool order_given = false;
};

/// The answer and what was done for it. All doubles, in this order across the boundary: append
/// only.
struct QueryReport {
  double way = 0;        ///< that ran
  double reason = 0;     ///< Reason
  double converged = 0;  ///< 1 where a bound is known and at most the target
  double value = 0;
  double bound = -1;  ///< −1 where no theorem holds
  double bound_kind = 0;
  double confidence = 1;  ///< of the bound
  double lower = 0;
  double upper = 0;
  double target = 0;   ///< max(atol, rtol·|value|)
  double lines = 0;    ///< distinct rows and columns read
  double entries = 0;  ///< of them, every reading counted
  double pushes = 0;
  double walks = 0;
  double steps = 0;       ///< of walks
  double bytes = 0;       ///< of the state that was touched
  double predicted = -1;  ///< cost foreseen after the first stretch, in entries pushed; −1: none
  double cost = 0;        ///< spent, in the same units
  double exponent = -1;   ///< `Forecast::exponent`
  double switches = 0;    ///< times the plan was changed
  double touched = 0;     ///< vertices
};

/// What a query is asked of.
struct QueryProblem {
  Lines* rows = nullptr;
  Lines* columns = nullptr;  ///< null where they cannot be read
  const Conditions* conditions = nullptr;
  LocalRhs* rhs = nullptr;
  std::int64_t size = 0;
  double nnz = std::numeric_limits<double>::infinity();
  WalkTable* table = nullptr;  ///< of a loaded matrix; null where walks read the rows themselves
  const CsrView* matrix = nullptr;  ///< from which the table is built
  /// `weighted_contraction` of the rows' weights; that of the rows where these are uniform.
  double weighted_contraction = std::numeric_limits<double>::infinity();
};

}  // namespace lacuna
