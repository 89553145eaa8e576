#pragma once
#include <string>

#include "lacuna/base/status.hpp"
#include "support/catch.hpp"
#include "support/failing_memory.hpp"

namespace lacuna::test {

/// Calls `work` with the 1st, 2nd, … allocation failing, until it gets by without meeting the
/// failure; `work` returns its Status, `after` checks what is left behind.
template <class Work, class After>
void fail_everywhere(Work&& work, After&& after) {
  for (const bool lasting : {false, true}) {
    int failures = 0;
    for (long first = 1;; ++first) {
      Status status;
      bool struck;
      {
        FailingMemory memory(first, lasting);
        status = work();
        struck = memory.struck();
      }
      if (!struck) {
        REQUIRE(std::string(status_name(status)) == "ok");
        after(status);
        break;
      }
      // What was refused may have been asked for a second time, in a smaller size or by another
      // rung.
      if (status != Status::ok) {
        ++failures;
        REQUIRE(std::string(status_name(status)) == "out-of-memory");
      }
      after(status);
      REQUIRE(first < 100000);
    }
    // A single failure may be made good by another rung; a lasting one never.
    if (lasting) CHECK(failures > 0);
  }
}

}  // namespace lacuna::test
