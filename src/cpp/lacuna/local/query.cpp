#include "lacuna/local/query.hpp"

namespace lacuna {

const char* way_name(Way way) {
  switch (way) {
    case Way::automatic: return "auto";
    case Way::push: return "push";
    case Way::product: return "product";
    case Way::neumann: return "neumann";
    case Way::walks: return "walks";
    case Way::bidirectional: return "bidirectional";
    case Way::full: return "full";
    case Way::factor: return "factor";
  }
  return "unknown";
}

const char* bound_kind_name(BoundKind kind) {
  switch (kind) {
    case BoundKind::none: return "none";
    case BoundKind::adjoint: return "adjoint";
    case BoundKind::bracket: return "bracket";
    case BoundKind::product: return "product";
    case BoundKind::columns: return "columns";
    case BoundKind::bernstein: return "bernstein";
    case BoundKind::residual: return "residual";
    case BoundKind::backward: return "backward";
  }
  return "unknown";
}

}  // namespace lacuna
