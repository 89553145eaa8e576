#pragma once
#include <memory>

#include "lacuna/direct/factorization.hpp"
#include "lacuna/precond/preconditioner.hpp"
#include "lacuna/solver/plan.hpp"

namespace lacuna {

/// What a rung of the ladder works with; null where memory is short or the rung has none.
std::unique_ptr<Factorization> make_factorization(Method method);
std::unique_ptr<Preconditioner> make_preconditioner(const Rung& rung, const SolverOptions& options);

}  // namespace lacuna
