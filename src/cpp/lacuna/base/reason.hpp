#pragma once
#include <cstdint>

namespace lacuna {

/// Why a solve ended. Closed; the numbers are part of the binary interface.
enum class Reason : std::int32_t {
  direct = 0,             ///< a direct method, and the residual test passed
  converged_rtol = 1,     ///< ‖b − Ax‖ ≤ rtol·‖b‖
  converged_atol = 2,     ///< ‖b − Ax‖ ≤ atol
  max_iterations = 3,     ///< the iteration limit came first
  budget = 4,             ///< the work limit came first
  cancelled = 5,          ///< the caller stopped it
  breakdown = 6,          ///< a scalar of the recurrence vanished, restarts included
  indefinite_matrix = 7,  ///< a direction of no positive curvature under CG
  singular_matrix = 8,    ///< no solution was found because A is singular
  stagnated = 9,          ///< the true residual no longer falls
  not_finite = 10,        ///< overflow or NaN on the way
  no_certificate = 11,    ///< an answer was found, but no theorem bounds its error
};

/// Stable name, e.g. "converged-rtol".
const char* reason_name(Reason reason);

}  // namespace lacuna
