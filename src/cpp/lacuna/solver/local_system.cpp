#include "lacuna/solver/local_system.hpp"

#include <cmath>

#include "lacuna/base/elementary.hpp"
#include "lacuna/direct/cholesky.hpp"
#include "lacuna/solver/solver.hpp"

namespace lacuna {

Result<std::unique_ptr<LocalSystem>> LocalSystem::create(Solver& solver, bool columns) {
  const CsrView a = solver.matrix(false);
  if (!a.square()) return Status::not_square;
  const bool symmetric = solver.structure().exactly_symmetric;
  if (columns && !symmetric) {
    if (const Status status = solver.begin_transposed(); status != Status::ok) return status;
  }
  std::unique_ptr<LocalSystem> system(lacuna::create<LocalSystem>());
  if (!system) return Status::out_of_memory;
  std::optional<CsrView> transposed;
  if (columns && !symmetric) transposed.emplace(solver.matrix(true));
  if (const Status status = system->pass_.begin(a, symmetric, transposed ? &*transposed : nullptr);
      status != Status::ok) {
    return status;
  }
  system->matrix_.emplace(a);
  system->rows_.emplace(a);
  if (symmetric) system->columns_.emplace(a);
  if (transposed) system->columns_.emplace(*transposed);
  system->nnz_ = a.nnz();
  system->n_ = a.rows();
  return system;
}

TaskState LocalSystem::prepare(Solver& solver, Budget& budget) {
  if (ready_) return TaskState::done;
  if (columns_ && solver.make_transposed(budget) != TaskState::done) return TaskState::running;
  const TaskState state = pass_.step(budget);
  ready_ = state == TaskState::done;
  if (ready_) conditions_ = pass_.take();
  return state;
}

QueryProblem LocalSystem::problem(LocalRhs& rhs) {
  QueryProblem problem;
  problem.rows = &*rows_;
  problem.columns = columns();
  problem.conditions = &conditions_;
  problem.rhs = &rhs;
  problem.size = n_;
  problem.nnz = nnz_;
  problem.weighted_contraction = conditions_.weighted_contraction;
  problem.table = &walks_;
  problem.matrix = &*matrix_;
  return problem;
}

double LocalSystem::full_cost(Solver& solver) const {
  if (solver.ready() && full_flops_ > 0) return cost::flop * full_flops_;
  // Residual and certificate of any solution.
  const double certificate = 31 * nnz_;
  const double n = static_cast<double>(n_);
  const bool iterative = solver.ready() ? is_iterative(solver.method()) : conditions_.rows.known();
  if (!iterative) {
    if (solver.ready()) {
      return cost::flop * (solver.factorization()->info().solve_flops + certificate);
    }
    // Not factored: what a planar pattern takes with a good ordering (Lipton, Rose & Tarjan, 1979).
    return cost::flop * (certificate + 30 * n * std::sqrt(n));
  }
  // Krylov methods take about half of √κ·ln(2/rtol), and a dominant matrix has κ ≤ (1+q)/(1−q).
  const double q = std::fmin(conditions_.row_contraction, 0.9999);
  const double iterations = std::fmin(n, 12 * std::sqrt((1 + q) / (1 - q)));
  return cost::flop * (certificate + iterations * (2 * nnz_ + 14 * n));
}

bool LocalSystem::adopt_weights(const CsrView& a, Buffer<double>&& w) {
  return lacuna::adopt_weights(a, std::move(w), conditions_.rows);
}

FactorProduct* LocalSystem::factor(Solver& solver, const LocalQuery* query) {
  const bool there = solver.ready() && solver.method() == Method::cholesky;
  if (!there || query != &query_ || !conditions_.rows.known()) return nullptr;
  const auto& cholesky = static_cast<const Cholesky&>(*solver.factorization());
  if (!factor_) factor_.reset(lacuna::create<FactorProduct>());
  const bool attached =
      factor_ &&
      (factor_->attached(cholesky) ||
       (!cholesky.values().empty() && factor_->attach(cholesky, conditions_) == Status::ok));
  return attached ? factor_.get() : nullptr;
}

Result<LocalQuery*> LocalSystem::acquire() {
  if (!busy_) {
    busy_ = true;
    return &query_;
  }
  LocalQuery* query = lacuna::create<LocalQuery>();
  if (query == nullptr) return Status::out_of_memory;
  return static_cast<LocalQuery*>(query);
}

void LocalSystem::release(LocalQuery* query) {
  if (query == &query_) {
    busy_ = false;
  } else {
    delete query;
  }
}

}  // namespace lacuna
