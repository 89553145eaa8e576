#pragma once
#include <memory>
#include <optional>

#include "lacuna/local/conditions_pass.hpp"
#include "lacuna/local/local_query.hpp"
#include "lacuna/local/walk_table.hpp"
#include "lacuna/solver/factor_product.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

class Solver;

/// What local queries need of a solver's matrix, measured at the first of them and kept until the
/// values change: conditions, lines, the table of the walks, and a query whose tables are reused.
class LocalSystem {
 public:
  /// Nothing is measured yet; the transpose is begun where A is not symmetric and `columns` are
  /// wanted. `not_square`, `out_of_memory`.
  static Result<std::unique_ptr<LocalSystem>> create(Solver& solver, bool columns);

  /// Makes the transpose and measures, see `ConditionsPass`, whoever of those that wait for it
  /// calls: until it is `done` nothing else may be called. `failed` for want of memory.
  TaskState prepare(Solver& solver, Budget& budget);
  bool ready() const { return ready_; }

  const Conditions& conditions() const { return conditions_; }

  QueryProblem problem(LocalRhs& rhs);
  Lines& rows() { return *rows_; }
  /// Null where the transpose was not wanted and A is not symmetric.
  Lines* columns() { return columns_ ? &*columns_ : nullptr; }

  /// Predicted cost of a full solve in units of `cost`, set-up included where there is none yet:
  /// what the last one took, once there was one; before, with a factor at hand, that of one solve
  /// with it and of the certificate.
  double full_cost(Solver& solver) const;
  /// What a full solve for a query has taken, all in.
  void note_full(double flops) { full_flops_ = flops; }

  /// |x − x̃| for a full solution with ‖b − Ax̃‖∞ ≤ r is at most r·w: gives w at v, ∞ where no
  /// weights are known.
  double weight(std::int64_t v) const {
    return conditions_.rows.known() ? conditions_.rows(v) : std::numeric_limits<double>::infinity();
  }

  /// Takes weights that a full solve has found: w with ⟨A⟩w > 0 to be proven here. False where that
  /// fails. O(nnz).
  bool adopt_weights(const CsrView& a, Buffer<double>&& w);

  /// A query whose tables are warm; a second one at the same time gets tables of its own.
  Result<LocalQuery*> acquire();
  void release(LocalQuery* query);

  WalkTable& walks() { return walks_; }

  /// Products by the Cholesky factor in use, for `query` alone. Null where there is none, memory is
  /// short, no weights are known, or the query is not the one with the warm tables.
  FactorProduct* factor(Solver& solver, const LocalQuery* query);

 private:
  ConditionsPass pass_;
  bool ready_ = false;
  Conditions conditions_;
  std::optional<CsrView> matrix_;
  std::optional<CsrLines> rows_;
  std::optional<CsrLines> columns_;
  double nnz_ = 0;
  double full_flops_ = 0;
  std::int64_t n_ = 0;
  WalkTable walks_;
  LocalQuery query_;
  bool busy_ = false;
  std::unique_ptr<FactorProduct> factor_;
};

}  // namespace lacuna
