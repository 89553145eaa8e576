#include "tracked_binding.hpp"

#include <emscripten/bind.h>

namespace lacuna::native {

template <class Use>
Fault NativeTracked::with_change(const ChangeBlock& block, Use&& use) {
  const auto at = [](double address) { return static_cast<Address>(address); };
  const auto size = [](double count) { return static_cast<std::size_t>(count); };
  Buffer<std::int64_t> rhs_ids, rows, ids;
  Change change;
  change.counts = {pointer<const std::int32_t>(at(block.counts)), size(block.row_count)};
  std::size_t entries = 0;
  for (const std::int32_t count : change.counts) entries += static_cast<std::size_t>(count);
  if (ids_from(at(block.rhs_ids), size(block.rhs_count), rhs_ids) != Status::ok ||
      ids_from(at(block.rows), size(block.row_count), rows) != Status::ok ||
      ids_from(at(block.ids), entries, ids) != Status::ok) {
    return Status::out_of_memory;
  }
  change.rhs_ids = std::as_const(rhs_ids).span();
  change.rhs_values = {pointer<const double>(at(block.rhs_values)), size(block.rhs_count)};
  change.rows = std::as_const(rows).span();
  change.ids = std::as_const(ids).span();
  change.values = {pointer<const double>(at(block.values)), entries};
  return use(change);
}

Fault NativeTracked::update(const ChangeBlock& block) {
  return with_change(block, [&](const Change& change) { return tracked_.update(change); });
}

Fault NativeTracked::moved(const ChangeBlock& block, double atol) {
  Moved result;
  const Fault fault = with_change(
      block, [&](const Change& change) { return tracked_.moved(change, atol, result); });
  outcome_[0] = result.unmoved;
  outcome_[1] = result.bound;
  outcome_[2] = result.everywhere;
  return fault;
}

}  // namespace lacuna::native

EMSCRIPTEN_BINDINGS(lacuna_tracked) {
  using namespace lacuna::native;
  emscripten::class_<NativeTracked>("NativeTracked")
      .smart_ptr<Owner<NativeTracked>>("NativeTrackedHandle")
      .function("outcome", &NativeTracked::outcome);
}
