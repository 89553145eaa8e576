#include "lacuna/solver/plan.hpp"

namespace lacuna {
namespace {

using Kind = PreconditionerKind;

/// The reason for which no square method can work, if there is one.
Fault structural_fault(const Structure& s) {
  if (!s.square) return Status::not_square;
  if (s.first_empty_row >= 0) return {Status::singular_matrix, s.first_empty_row};
  if (s.first_empty_col >= 0) return {Status::singular_matrix, s.first_empty_col};
  return {};
}

Fault symmetric_fault(const CsrView& a, const Structure& s, bool positive) {
  if (const Fault fault = structural_fault(s); !fault.ok()) return fault;
  if (!s.symmetric) {
    const Position entry = first_asymmetric_entry(a);
    return {Status::not_symmetric, entry.row, entry.col};
  }
  if (positive && !s.positive_diagonal()) {
    return {Status::indefinite_matrix, s.first_nonpositive_diagonal};
  }
  return {};
}

void add_cg(Plan& plan, Kind kind) {
  if (kind != Kind::automatic) return plan.add(Method::cg, kind);
  plan.add(Method::cg, Kind::ic);
  plan.add(Method::cg, Kind::jacobi);
}

void add_bicgstab(Plan& plan, const Structure& s, Kind kind) {
  if (kind != Kind::automatic) return plan.add(Method::bicgstab, kind);
  // ILUT costs far more than it saves where Jacobi already contracts.
  if (s.strictly_row_dominant) return plan.add(Method::bicgstab, Kind::jacobi);
  plan.add(Method::bicgstab, Kind::ilut);
  plan.add(Method::bicgstab, s.zero_diagonals == 0 ? Kind::jacobi : Kind::none);
}

Result<Plan> automatic_plan(const CsrView& a, const Structure& s, Kind kind) {
  Plan plan;
  if (kind != Kind::automatic) {
    if (const Fault fault = structural_fault(s); !fault.ok()) return fault;
    const bool cg_fits = s.symmetric && s.positive_diagonal();
    if (cg_fits && kind != Kind::ilut) plan.add(Method::cg, kind);
    if (kind != Kind::ic) plan.add(Method::bicgstab, kind);
    if (plan.count == 0) return symmetric_fault(a, s, true);
    return plan;
  }
  if (!s.square) {
    plan.add(Method::qr);
    return plan;
  }
  if (const Fault fault = structural_fault(s); !fault.ok()) return fault;
  if (s.symmetric && s.positive_diagonal()) plan.add(Method::cholesky);
  if (s.symmetric) plan.add(Method::ldlt);
  const bool iterate_first = !s.symmetric && s.strictly_row_dominant && a.rows() >= dominant_rows;
  if (iterate_first) plan.add(Method::bicgstab, Kind::jacobi);
  plan.add(Method::lu);
  if (!s.symmetric && !iterate_first) add_bicgstab(plan, s, Kind::automatic);
  if (a.rows() <= qr_fallback_limit) plan.add(Method::qr);
  return plan;
}

Result<Plan> fixed_plan(const CsrView& a, const Structure& s, const SolverOptions& options) {
  const Kind kind = options.preconditioner;
  Plan plan;
  Fault fault;
  switch (options.method) {
    case Method::cholesky: fault = symmetric_fault(a, s, true); break;
    case Method::ldlt: fault = symmetric_fault(a, s, false); break;
    case Method::lu: fault = structural_fault(s); break;
    case Method::qr: break;
    case Method::cg:
      fault = symmetric_fault(a, s, true);
      if (kind == Kind::ilut) return Fault{Status::invalid_argument};
      if (fault.ok()) add_cg(plan, kind);
      break;
    case Method::bicgstab:
      fault = structural_fault(s);
      if (kind == Kind::ic) fault = symmetric_fault(a, s, true);
      if (fault.ok()) add_bicgstab(plan, s, kind);
      break;
    default: return Fault{Status::invalid_argument};
  }
  if (!fault.ok()) return fault;
  if (!is_iterative(options.method)) {
    if (kind != Kind::automatic && kind != Kind::none) return Fault{Status::invalid_argument};
    plan.add(options.method);
  }
  return plan;
}

}  // namespace

Result<Plan> make_plan(const CsrView& a, const Structure& s, const SolverOptions& options) {
  if (options.method == Method::automatic) return automatic_plan(a, s, options.preconditioner);
  auto fixed = fixed_plan(a, s, options);
  if (!options.prefer) return fixed;
  auto automatic = automatic_plan(a, s, Kind::automatic);
  if (!automatic.ok() || !fixed.ok()) return automatic;
  Plan plan;
  const Rung first = fixed.value().rungs[0];
  plan.add(first.method, first.preconditioner);
  const Plan& ladder = automatic.value();
  for (int k = 0; k < ladder.count; ++k) {
    const Rung& rung = ladder.rungs[k];
    const bool again = rung.method == first.method && rung.preconditioner == first.preconditioner;
    if (again) plan.again = plan.count;
    if (!again) plan.add(rung.method, rung.preconditioner);
  }
  return plan;
}

}  // namespace lacuna
