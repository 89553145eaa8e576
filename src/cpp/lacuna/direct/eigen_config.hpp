#pragma once
// Eigen blocks its products by the cache sizes it finds and keeps sums in an order that depends
// on them: fixed sizes (and a fixed register count, set on the command line) keep the bits equal
// on every machine.
#include <Eigen/Core>

namespace lacuna {

/// Called before anything of Eigen runs; cheap and idempotent.
inline void fix_eigen_blocking() { Eigen::setCpuCacheSizes(32768, 524288, 4194304); }

}  // namespace lacuna
