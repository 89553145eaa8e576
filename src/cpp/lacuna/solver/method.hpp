#pragma once
#include <cstdint>

namespace lacuna {

/// The numbers of these two are part of the binary interface.
enum class Method : std::int32_t {
  automatic = 0,
  cholesky = 1,
  ldlt = 2,
  lu = 3,
  qr = 4,
  cg = 5,
  bicgstab = 6,
};

enum class PreconditionerKind : std::int32_t {
  automatic = 0,
  none = 1,
  jacobi = 2,
  ic = 3,
  ilut = 4,
};

/// Public names, e.g. "cholesky", "ilut"; "auto" for `automatic`, "unknown" outside the range.
const char* method_name(Method method);
const char* preconditioner_name(PreconditionerKind kind);

constexpr bool is_iterative(Method method) {
  return method == Method::cg || method == Method::bicgstab;
}

}  // namespace lacuna
