#include "lacuna/policy/prior_table.hpp"

#include <algorithm>
#include <cmath>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

/// Of a factorization: units for each entry, row and column of A, for each entry of the factors,
/// for each flop; entries and flops as multiples of those of a Cholesky factor of the pattern.
struct DirectPrior {
  Method method;
  double entry;
  double stored;
  double flop;
  double nnz;
  double flops;
  double safety;  ///< chance of a certificate where it fits
};

constexpr DirectPrior direct_table[] = {{Method::cholesky, 520, 10, 1, 1, 1, 0.9},
                                        {Method::ldlt, 900, 130, 1.5, 1, 1, 0.9},
                                        {Method::lu, 1100, 80, 1, 2.5, 3, 0.9},
                                        {Method::qr, 1900, 300, 0.5, 3, 8, 0.95},
                                        {Method::automatic, 1100, 80, 1, 2.5, 3, 0.8}};

/// Of a preconditioner: units for each entry and row of A, for each entry that it stores, of which
/// it has `fill` for each of A; iterations as a share of those with the diagonal; units of one use
/// for each entry stored; chance of a certificate where it fits.
struct PreconditionerPrior {
  PreconditionerKind kind;
  double entry;
  double stored;
  double fill;
  double iterations;
  double applied;
  double safety;
};

constexpr PreconditionerPrior preconditioner_table[] = {
    {PreconditionerKind::none, 0, 0, 0, 1.3, 0, 0.6},
    {PreconditionerKind::jacobi, 4, 0, 0.2, 1, 2, 0.8},
    {PreconditionerKind::ic, 0, 1800, 0.5, 0.35, 22, 0.85},
    {PreconditionerKind::ilut, 0, 900, 2, 0.12, 48, 0.8},
    {PreconditionerKind::automatic, 100, 500, 1, 1, 20, 0.7}};

/// Units of a set-up and of a solve, of an entry that is copied and measured, of flops of products
/// and of substitutions, of an iteration.
constexpr double setup_call = 60'000;
constexpr double solve_call = 90'000;
constexpr double measured = 80;
constexpr double product = 1.25;
constexpr double substituted = 2;
constexpr double iteration = 1000;
/// Flops of the certificate of an answer and of a step of refinement, for each entry.
constexpr double certified = 20;

/// The row of the table, or the last one for what came later.
const DirectPrior& row_of(Method method) {
  return *std::find_if(std::begin(direct_table), std::end(direct_table) - 1,
                       [&](const DirectPrior& row) { return row.method == method; });
}
const PreconditionerPrior& row_of(PreconditionerKind kind) {
  return *std::find_if(std::begin(preconditioner_table), std::end(preconditioner_table) - 1,
                       [&](const PreconditionerPrior& row) { return row.kind == kind; });
}

/// Share of predicted fill and flops, and units for each entry that ordering takes more.
struct OrderingPrior {
  double nnz = 1;
  double flops = 1;
  double entry = 0;
};

OrderingPrior prior_of(OrderingKind kind, const Features& f) {
  const double rows = f[Feature::rows];
  const double flops = std::max(1.0, f[Feature::factor_flops]);
  const double nnz = std::max(1.0, f[Feature::factor_nnz]);
  // Those that keep a band take its whole width.
  const auto band = [&](double width) {
    return OrderingPrior{std::max(1.0, rows * width / nnz),
                         std::max(1.0, rows * width * width / flops), -300};
  };
  switch (kind) {
    case OrderingKind::natural: return band(f[Feature::profile]);
    // Trees and what is nearly one fill in little, however wide their levels are.
    case OrderingKind::rcm:
      return band(std::min(f[Feature::level_width], std::sqrt(flops / std::sqrt(rows))));
    case OrderingKind::nested_dissection: return {1, 0.8, 10'000};
    case OrderingKind::amd: return {1, 1, -35};
    default: return {};
  }
}

double direct_cost(const Arm& arm, const Features& f) {
  const DirectPrior& row = row_of(arm.method);
  const OrderingPrior order = prior_of(arm.ordering, f);
  const double entries = f[Feature::nnz] + f[Feature::rows] + f[Feature::cols];
  const double factor = f[Feature::factor_nnz] * order.nnz * row.nnz;
  const double flops = f[Feature::factor_flops] * order.flops * row.flops;
  const double setup =
      std::max(50.0, row.entry + order.entry) * entries + row.stored * factor + row.flop * flops;
  const double solve = substituted * (8 * factor + certified * entries);
  return setup + f[Feature::rhs_count] * (solve_call + solve);
}

double iterative_cost(const Arm& arm, const Features& f) {
  const PreconditionerPrior& row = row_of(arm.preconditioner);
  const double entries = f[Feature::nnz] + f[Feature::rows] + f[Feature::cols];
  const double kept = row.fill * f[Feature::nnz];
  const double times = arm.method == Method::cg ? 1 : 2;
  const double digits = -natural_log(std::clamp(f[Feature::rtol], 1e-16, 0.1)) / 23;
  const double iterations = 2 + f[Feature::iterations] * row.iterations * digits;
  const double each = product * (2 * f[Feature::nnz] + 13 * f[Feature::rows]) + row.applied * kept;
  const double setup = row.entry * entries + row.stored * kept;
  const double solve = iterations * (iteration + times * each) + product * certified * entries;
  return setup + f[Feature::rhs_count] * (solve_call + solve);
}

/// What the rules put before a heavy Cholesky factorization.
bool rules_defer(const Arm& arm, const Features& f) {
  return arm.method == Method::cholesky && f[Feature::factor_flops] > deferral_flops &&
         f[Feature::factor_nnz] > deferral_fill * f[Feature::nnz] / 2;
}

}  // namespace

double prior_log_cost(const Arms& arms, int k, const Features& f) {
  Arm arm = arms[k];
  if (k == Arms::rules) {
    arm = arms[f.rules_arm];
    if (rules_defer(arm, f)) arm = {Method::cg, PreconditionerKind::ic, OrderingKind::automatic};
  }
  const double work = is_iterative(arm.method) ? iterative_cost(arm, f) : direct_cost(arm, f);
  const double entries = f[Feature::nnz] + f[Feature::rows] + f[Feature::cols];
  return natural_log(setup_call + measured * entries + work);
}

BetaPosterior prior_safety(const Arm& arm) {
  constexpr double weight = 2;
  const double p = arm == Arm{}               ? 0.97
                   : is_iterative(arm.method) ? row_of(arm.preconditioner).safety
                                              : row_of(arm.method).safety;
  return {weight * p, weight * (1 - p)};
}

}  // namespace lacuna
