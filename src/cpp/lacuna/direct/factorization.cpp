#include "lacuna/direct/factorization.hpp"

namespace lacuna {

Fault Factorization::run_to_end(Fault begun) {
  if (!begun.ok()) return begun;
  Budget unlimited;
  while (step_briefly(*this, unlimited) == TaskState::running) {
  }
  return fault();
}

}  // namespace lacuna
