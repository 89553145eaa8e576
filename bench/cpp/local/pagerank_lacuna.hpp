#pragma once
#include "graph_file.hpp"

/// lacuna's global PageRank, compiled natively from the same sources as its WebAssembly. Stands
/// empty in a build that has no such method.
class LacunaPagerank {
 public:
  static constexpr bool present = false;

  explicit LacunaPagerank(const GraphFile&) {}

  std::vector<double> run(double, double, double& iterations) {
    iterations = 0;
    return {};
  }
};
