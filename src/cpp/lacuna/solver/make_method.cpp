#include "lacuna/solver/make_method.hpp"

namespace lacuna {

std::unique_ptr<Factorization> make_factorization(Method method) {
  switch (method) {
    case Method::cholesky: return make_cholesky();
    case Method::ldlt: return make_ldlt();
    case Method::lu: return make_lu();
    case Method::qr: return make_qr();
    default: return nullptr;
  }
}

std::unique_ptr<Preconditioner> make_preconditioner(const Rung& rung,
                                                    const SolverOptions& options) {
  switch (rung.preconditioner) {
    case PreconditionerKind::none: return make_identity_preconditioner();
    case PreconditionerKind::jacobi: return make_jacobi(rung.method == Method::cg);
    case PreconditionerKind::ic: return make_incomplete_cholesky();
    case PreconditionerKind::ilut: return make_ilut(options.drop_tolerance, options.fill_factor);
    default: return nullptr;
  }
}

}  // namespace lacuna
