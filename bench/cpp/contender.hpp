// What a native solver must offer to be timed. setup() and solve() are timed apart; everything a
// contender needs in its own format is made in its constructor, before the clock starts.
#pragma once

#include <memory>
#include <string>

#include "system.hpp"

namespace bench {

class Contender {
 public:
  virtual ~Contender() = default;
  /// Ordering, analysis and factorization, or the preconditioner; from scratch at every call.
  virtual bool setup() = 0;
  /// Writes n values to x.
  virtual bool solve(double* x) = 0;
  /// Of the last solve; -1 for a direct method.
  virtual int iterations() const { return -1; }
};

constexpr double kRelativeTolerance = 1e-10;  // as RTOL in bench/js/lib/tolerance.mjs

/// Each program defines one; null for a name it doesn't know.
std::unique_ptr<Contender> make_contender(const std::string& name, const System& system);

}  // namespace bench
