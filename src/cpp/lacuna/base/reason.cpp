#include "lacuna/base/reason.hpp"

namespace lacuna {

const char* reason_name(Reason reason) {
  switch (reason) {
    case Reason::direct: return "direct";
    case Reason::converged_rtol: return "converged-rtol";
    case Reason::converged_atol: return "converged-atol";
    case Reason::max_iterations: return "max-iterations";
    case Reason::budget: return "budget";
    case Reason::cancelled: return "cancelled";
    case Reason::breakdown: return "breakdown";
    case Reason::indefinite_matrix: return "indefinite-matrix";
    case Reason::singular_matrix: return "singular-matrix";
    case Reason::stagnated: return "stagnated";
    case Reason::not_finite: return "not-finite";
    case Reason::no_certificate: return "no-certificate";
  }
  return "unknown";
}

}  // namespace lacuna
