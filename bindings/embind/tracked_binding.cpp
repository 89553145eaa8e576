#include "tracked_binding.hpp"

#include <emscripten/bind.h>

namespace lacuna::native {
namespace {

/// One update of a tracked query, which outlives it.
class TrackedRun final : public QueryRun {
 public:
  explicit TrackedRun(std::shared_ptr<TrackedState> state) : state_(std::move(state)) {}
  ~TrackedRun() override { stop(Reason::cancelled); }

  TaskState step(Budget& budget) override {
    // A callback may have changed the solver meanwhile.
    return state_->current() ? state_->run().step(budget) : TaskState::failed;
  }
  double progress() const override { return state_->run().progress(); }
  void stop(Reason reason) override {
    if (state_->current()) state_->run().stop(reason);
  }
  Fault fault() const override {
    return state_->current() ? state_->run().fault() : Fault(Status::unknown_handle);
  }
  std::span<const QueryReport> reports() const override { return state_->run().reports(); }
  std::span<const std::int64_t> wanted(Wanted kind) const override {
    return state_->run().wanted(kind);
  }
  Fault supply_lines(Wanted kind, std::span<const std::int32_t> counts,
                     std::span<const std::int64_t> ids, std::span<const double> values) override {
    return state_->run().supply_lines(kind, counts, ids, values);
  }
  Fault supply_values(std::span<const double> values) override {
    return state_->run().supply_values(values);
  }

 private:
  std::shared_ptr<TrackedState> state_;
};

}  // namespace

Result<std::shared_ptr<NativeTracked>> native_tracked(std::shared_ptr<TrackedState> state,
                                                      Address ids, Address weights,
                                                      std::int32_t count) {
  const double* at = pointer<const double>(ids);
  const double* weight = pointer<const double>(weights);
  for (std::int32_t k = 0; k < count; ++k) {
    const auto v = static_cast<std::int64_t>(at[k]);
    const Status status = state->query().add_target(v, weight[k]);
    if (status != Status::ok) return Fault(status, k);
  }
  return std::make_shared<NativeTracked>(std::move(state));
}

Fault NativeTracked::read(Address block, std::int32_t entries, std::int32_t rows,
                          std::int32_t total, Change& change) {
  if (!state_->current()) return Status::unknown_handle;
  const auto m = static_cast<std::size_t>(entries);
  const auto k = static_cast<std::size_t>(rows);
  const auto t = static_cast<std::size_t>(total);
  const double* at = pointer<const double>(block) + 2;
  const double* lengths = at + 2 * m + k;
  const auto where = [](const double* p) { return address(p); };
  if (ids_from(where(at), m, rhs_ids_) != Status::ok ||
      ids_from(where(at + 2 * m), k, rows_) != Status::ok ||
      ids_from(where(lengths + k), t, ids_) != Status::ok || counts_.allocate(k) != Status::ok) {
    return Status::out_of_memory;
  }
  for (std::size_t p = 0; p < k; ++p) counts_[p] = static_cast<std::int32_t>(lengths[p]);
  change.rhs_ids = std::as_const(rhs_ids_).span();
  change.rhs_values = {at + m, m};
  change.rows = std::as_const(rows_).span();
  change.counts = std::as_const(counts_).span();
  change.ids = std::as_const(ids_).span();
  change.values = {lengths + k + t, t};
  return {};
}

Owner<NativeQuery> NativeTracked::update(Address block, std::int32_t entries, std::int32_t rows,
                                         std::int32_t total, std::int32_t apply) {
  std::shared_ptr<NativeQuery> query;
  note(guard([&]() -> Fault {
    auto run = std::make_unique<TrackedRun>(state_);
    auto made = std::make_shared<NativeQuery>(std::move(run), nullptr);
    Change change;
    Fault fault = read(block, entries, rows, total, change);
    if (fault.ok()) fault = state_->update(change, apply != 0);
    if (fault.ok()) query = std::move(made);
    return fault;
  }));
  return Owner<NativeQuery>(std::move(query));
}

std::int32_t NativeTracked::moved(Address block, std::int32_t entries, std::int32_t rows,
                                  std::int32_t total) {
  return note(guard([&]() -> Fault {
    Change change;
    Fault fault = read(block, entries, rows, total, change);
    Moved moved;
    if (fault.ok()) fault = state_->query().moved(change, 0, moved);
    double* results = pointer<double>(block);
    results[0] = moved.bound;
    results[1] = moved.everywhere;
    return fault;
  }));
}

}  // namespace lacuna::native

EMSCRIPTEN_BINDINGS(lacuna_tracked) {
  using namespace lacuna::native;
  emscripten::class_<NativeTracked>("NativeTracked")
      .smart_ptr<Owner<NativeTracked>>("NativeTrackedHandle")
      .function("update", &NativeTracked::update)
      .function("moved", &NativeTracked::moved)
      .function("status", &NativeTracked::status)
      .function("faultPosition", &NativeTracked::fault_position);
}
