#include "eigen_contender.hpp"

namespace bench {

std::unique_ptr<Contender> make_contender(const std::string& name, const System& system) {
  if (auto direct = make_eigen_direct(name, system)) return direct;
  return make_eigen_iterative(name, system);
}

}  // namespace bench
