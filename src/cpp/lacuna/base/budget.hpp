#pragma once
#include <limits>

namespace lacuna {

/// How much a call of `Task::step` may do. Work is counted in flops (an entry of A that is
/// touched counts two); the deadline is read through a clock of the host, in milliseconds, and
/// only between pieces of work.
class Budget {
 public:
  using Clock = double (*)();

  /// No limit.
  Budget() = default;
  explicit Budget(double work) : work_left_(work) {}
  Budget(double work, Clock clock, double deadline_ms)
      : work_left_(work), clock_(clock), deadline_ms_(deadline_ms) {}

  /// Books `work` flops.
  void spend(double work) {
    work_left_ -= work;
    since_clock_ += work;
  }

  /// True once the work is used up or the deadline has passed.
  bool exhausted() {
    if (work_left_ <= 0) return true;
    if (clock_ == nullptr || since_clock_ < clock_interval) return false;
    since_clock_ = 0;
    return clock_() >= deadline_ms_;
  }

  double work_left() const { return work_left_; }

  /// Work after which a piece of a long operation asks `exhausted` again: well under 1 ms.
  static constexpr double piece = 2.5e5;

  /// Work after which a long operation is left and entered again, though nobody waits: engines that
  /// have meanwhile made faster code of a function use it from its next entry on.
  static constexpr double entry = 2e6;

 private:
  static constexpr double clock_interval = 1e5;

  double work_left_ = std::numeric_limits<double>::infinity();
  double since_clock_ = clock_interval;
  Clock clock_ = nullptr;
  double deadline_ms_ = std::numeric_limits<double>::infinity();
};

}  // namespace lacuna
