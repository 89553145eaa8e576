#include "lacuna/direct/numeric_cholesky.hpp"

#include "lacuna/direct/simplicial_cholesky.hpp"
#include "lacuna/direct/supernodal_cholesky.hpp"

namespace lacuna {

std::unique_ptr<NumericCholesky<double>> make_numeric_cholesky(const Supernodes& structure) {
  using Numeric = std::unique_ptr<NumericCholesky<double>>;
  if (structure.simplicial()) return Numeric(create<SimplicialCholesky>());
  return Numeric(create<SupernodalCholesky<double>>());
}

double numeric_cholesky_bytes(const Supernodes& structure) {
  return structure.simplicial() ? SimplicialCholesky::bytes(structure)
                                : SupernodalCholesky<double>::bytes(structure);
}

}  // namespace lacuna
