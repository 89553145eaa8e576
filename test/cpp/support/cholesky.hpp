#pragma once
#include <vector>

#include "lacuna/direct/cholesky.hpp"
#include "support/catch.hpp"
#include "support/drive.hpp"
#include "support/systems.hpp"

namespace lacuna::test {

/// A matrix with its factor: by panels where n is even, else by columns if those are fast.
struct CholeskyOf {
  CsrMatrix a;
  Cholesky cholesky;

  explicit CholeskyOf(const Triplets& t) : a(t.matrix()) {
    if (t.rows % 2 == 0) cholesky.keep_panels();
    REQUIRE(cholesky.analyze(a.view()).ok());
    REQUIRE(cholesky.factorize(a.view()).ok());
  }

  std::int32_t n() const { return a.view().rows(); }
  const Supernodes& structure() const { return cholesky.structure(); }

  std::vector<double> solve(const std::vector<double>& b) {
    std::vector<double> x(b.size());
    REQUIRE(cholesky.solve(b, x, false) == Status::ok);
    return x;
  }

  /// Column j of A⁻¹.
  std::vector<double> inverse_column(std::int32_t j) {
    std::vector<double> e(n(), 0);
    e[j] = 1;
    return solve(e);
  }
};

}  // namespace lacuna::test
