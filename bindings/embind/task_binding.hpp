#pragma once
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/local/local_run.hpp"
#include "native.hpp"

/// What the tasks of both modules share.
namespace lacuna::native {

/// Ids cross as float64, which holds all below 2⁵³. A copy for the core; `out_of_memory`.
Status ids_from(Address source, std::size_t count, Buffer<std::int64_t>& ids);

/// Advances a task by about `work` flops or until `deadline`, with no exception escaping. Returns a
/// TaskState.
std::int32_t step_task(Task& task, double work, double deadline, Fault& fault);

/// Wanted ids as float64: address of a copy in `copy`, 0 where memory is short.
Address export_ids(std::span<const std::int64_t> ids, Buffer<double>& copy);

/// Lines on their way into the core: int32 counts, float64 ids and values one line after another.
struct SuppliedLines {
  std::span<const std::int32_t> counts;
  Buffer<std::int64_t> copied;
  std::span<const double> values;

  std::span<const std::int64_t> ids() const { return copied.span(); }
  /// `invalid_size`, `out_of_memory`. `values` 0 where there are none.
  Fault take(std::int32_t lines, Address counts, Address ids, Address values);
};

/// Hands `lines` lines to a run: int32 counts, float64 ids and values one line after another.
Fault supply_to(LocalRun& run, Wanted kind, std::int32_t lines, Address counts, Address ids,
                Address values);

/// What several classes do: remember the fault of the latest call. Embind wants the methods that it
/// registers to be members of the class itself, hence `LACUNA_FAULT_METHODS`.
class Faulty {
 protected:
  std::int32_t note(Fault fault) {
    fault_ = fault;
    return static_cast<std::int32_t>(fault.status);
  }

  Fault fault_;
};

#define LACUNA_FAULT_METHODS                                                       \
  std::int32_t status() const { return static_cast<std::int32_t>(fault_.status); } \
  double fault_position() const { return static_cast<double>(fault_.position); }

}  // namespace lacuna::native
