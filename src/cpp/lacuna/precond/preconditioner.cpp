#include "lacuna/precond/preconditioner.hpp"

namespace lacuna {

Fault Preconditioner::compute(const CsrView& a) {
  if (const Fault fault = begin(a); !fault.ok()) return fault;
  Budget unlimited;
  while (step(unlimited) == TaskState::running) {
  }
  return fault_;
}

}  // namespace lacuna
