#pragma once
#include "lacuna/base/budget.hpp"

namespace lacuna {

/// Books the small amounts of work of an inner loop and looks at the budget once in a piece of
/// them: what a long loop stops by. The rest is booked at the end of its life.
class Meter {
 public:
  explicit Meter(Budget& budget) : budget_(budget) {}
  ~Meter() { budget_.spend(since_); }
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  /// Books `work` flops; true when the caller has to pause.
  bool spend(double work) {
    since_ += work;
    if (since_ < Budget::piece) return false;
    budget_.spend(since_);
    since_ = 0;
    return budget_.exhausted();
  }

 private:
  Budget& budget_;
  double since_ = 0;
};

}  // namespace lacuna
