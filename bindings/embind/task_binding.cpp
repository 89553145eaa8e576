#include "task_binding.hpp"

#include <emscripten.h>

#include <utility>

namespace lacuna::native {

Status ids_from(Address source, std::size_t count, Buffer<std::int64_t>& ids) {
  if (ids.allocate(count) != Status::ok) return Status::out_of_memory;
  const double* from = pointer<const double>(source);
  for (std::size_t k = 0; k < count; ++k) ids[k] = static_cast<std::int64_t>(from[k]);
  return Status::ok;
}

Address export_ids(std::span<const std::int64_t> ids, Buffer<double>& copy) {
  if (copy.allocate(ids.size()) != Status::ok) return 0;
  for (std::size_t k = 0; k < ids.size(); ++k) copy[k] = static_cast<double>(ids[k]);
  return address(copy.data());
}

Fault SuppliedLines::take(std::int32_t lines, Address counts_at, Address ids_at,
                          Address values_at) {
  counts = {pointer<const std::int32_t>(counts_at), static_cast<std::size_t>(lines)};
  std::size_t total = 0;
  for (const std::int32_t count : counts) {
    if (count < 0) return Status::invalid_size;
    total += static_cast<std::size_t>(count);
  }
  if (ids_from(ids_at, total, copied) != Status::ok) return Status::out_of_memory;
  if (values_at != 0) values = {pointer<const double>(values_at), total};
  return {};
}

Fault supply_to(LocalRun& run, Wanted kind, std::int32_t lines, Address counts, Address ids,
                Address values) {
  SuppliedLines given;
  const Fault fault = given.take(lines, counts, ids, values);
  if (!fault.ok()) return fault;
  return run.supply_lines(kind, given.counts, given.ids(), given.values);
}

std::int32_t step_task(Task& task, double work, double deadline, Fault& fault) {
  auto state = TaskState::failed;
  fault = guard([&]() -> Fault {
    Budget budget(work, emscripten_get_now, deadline);
    state = task.step(budget);
    return {};
  });
  return static_cast<std::int32_t>(state);
}

}  // namespace lacuna::native
