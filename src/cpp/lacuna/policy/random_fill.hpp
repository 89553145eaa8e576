#pragma once
#include "lacuna/policy/degree_counts.hpp"

namespace lacuna {

struct RandomFill {
  double nnz = 0;
  double flops = 0;
};

/// What a Cholesky factorization by minimum degree takes, in the mean, of a random graph whose n
/// vertices have these degrees times `scale`: it is eliminated by up to 16 classes of alike
/// degrees, the rarer the higher. Each class hits the others by their share of all ends of edges; a
/// vertex that is hit by one of degree k gets k − 2 neighbors more, less those that it has already,
/// until what is left is nearly complete. Graphs with small separators take far less. O(1).
RandomFill predict_random_fill(const DegreeCounts& degrees, double n, double scale);

}  // namespace lacuna
