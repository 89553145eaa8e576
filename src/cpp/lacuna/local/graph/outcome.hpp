#pragma once
#include <cstdint>
#include <limits>

namespace lacuna {

/// Where a step of a graph query ended. Whatever bound stands at that point is valid, and but for
/// `refused` and `failed` the query can be stepped on.
enum class GraphOutcome : std::int32_t {
  running = 0,       ///< the budget is used up
  done = 1,          ///< the accuracy asked for is reached
  needs_lines = 2,   ///< waits for lines that its source has noted
  limit = 3,         ///< a limit of the query came first
  rounding = 4,      ///< as accurate as rounding lets it be
  disconnected = 5,  ///< the vertices lie in different components
  refused = 6,       ///< no answer exists, or none that could be proven: the query says why
  failed = 7,        ///< see its `fault`; after `out_of_memory` most can be stepped again
};

/// lo ≤ the number in question ≤ hi, rounding included.
struct Bracket {
  double lo = 0;
  double hi = std::numeric_limits<double>::infinity();

  double width() const { return hi - lo; }
};

}  // namespace lacuna
