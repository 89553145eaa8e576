#pragma once
#include <cstdint>

#include "lacuna/base/budget.hpp"

namespace lacuna {

enum class TaskState : std::int32_t {
  running = 0,     ///< call `step` again
  done = 1,        ///< the result is there (which may be "did not converge")
  failed = 2,      ///< a fault stopped it
  needs_rows = 3,  ///< waits for rows of a matrix that is not loaded
};

/// Long work in bounded pieces. `step` advances until the budget is used up or the work is over;
/// a synchronous call is a loop over `step`. A task keeps what it needs alive and may be
/// destroyed at any point between steps.
class Task {
 public:
  virtual ~Task() = default;

  virtual TaskState step(Budget& budget) = 0;

  /// Share of the work done, 0 to 1, as far as it can be told; never decreases.
  virtual double progress() const = 0;
};

/// A step of at most `Budget::entry`.
template <class T>
TaskState step_briefly(T& task, Budget& budget) {
  const double work = budget.work_left() < Budget::entry ? budget.work_left() : Budget::entry;
  Budget part(work);
  const TaskState state = task.step(part);
  budget.spend(work - part.work_left());
  return state;
}

}  // namespace lacuna
