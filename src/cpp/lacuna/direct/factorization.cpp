#include "lacuna/direct/factorization.hpp"

namespace lacuna {

Fault Factorization::run_to_end(Fault begun) {
  if (!begun.ok()) return begun;
  Budget unlimited;
  while (step(unlimited) == TaskState::running) {
  }
  return fault();
}

}  // namespace lacuna
