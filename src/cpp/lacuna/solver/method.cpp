#include "lacuna/solver/method.hpp"

namespace lacuna {

const char* method_name(Method method) {
  switch (method) {
    case Method::automatic: return "auto";
    case Method::cholesky: return "cholesky";
    case Method::ldlt: return "ldlt";
    case Method::lu: return "lu";
    case Method::qr: return "qr";
    case Method::cg: return "cg";
    case Method::bicgstab: return "bicgstab";
  }
  return "unknown";
}

const char* preconditioner_name(PreconditionerKind kind) {
  switch (kind) {
    case PreconditionerKind::automatic: return "auto";
    case PreconditionerKind::none: return "none";
    case PreconditionerKind::jacobi: return "jacobi";
    case PreconditionerKind::ic: return "ic";
    case PreconditionerKind::ilut: return "ilut";
  }
  return "unknown";
}

}  // namespace lacuna
