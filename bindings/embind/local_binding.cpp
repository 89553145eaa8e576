#include "local_binding.hpp"

#include <emscripten/bind.h>

namespace lacuna::native {

QuerySettings settings_from(const SettingsBlock& block) {
  QuerySettings settings;
  settings.way = static_cast<Way>(static_cast<std::int32_t>(block.way));
  settings.rtol = block.rtol;
  settings.atol = block.atol;
  settings.confidence = block.confidence;
  settings.seed = static_cast<std::uint64_t>(block.seed_high) << 32 |
                  static_cast<std::uint64_t>(block.seed_low);
  settings.max_entries = block.max_entries;
  settings.max_walks = block.max_walks;
  settings.max_work = block.max_work;
  settings.estimate = block.estimate != 0;
  settings.order_given = block.order >= 0;
  if (settings.order_given) {
    settings.order = static_cast<PushOrder>(static_cast<std::int32_t>(block.order));
  }
  return settings;
}

ConditionsReport report_of(const Conditions& c) {
  ConditionsReport r;
  r.signs = static_cast<double>(c.signs);
  r.symmetric = c.symmetric;
  r.row_margin = c.row_margin;
  r.column_margin = c.column_margin;
  r.row_contraction = c.row_contraction;
  r.column_contraction = c.column_contraction;
  r.row_dominance = static_cast<double>(c.rows.dominance);
  r.column_dominance = static_cast<double>(c.columns.dominance);
  r.row_weight = c.rows.uniform;
  r.column_weight = c.columns.uniform;
  r.power_steps = c.power_steps;
  r.mean_degree = c.mean_degree;
  r.first_weak_row = static_cast<double>(c.first_weak_row);
  return r;
}

std::int32_t NativeRhs::take(Result<LocalRhs>&& made) {
  return note(guard([&]() -> Fault {
    if (!made.ok()) return made.fault();
    rhs_ = std::make_shared<KeptRhs>(made.take());
    return {};
  }));
}

std::int32_t NativeRhs::dense(Address values, double n) {
  return take(LocalRhs::dense({pointer<const double>(values), static_cast<std::size_t>(n)}));
}

std::int32_t NativeRhs::sparse(Address ids, Address values, double count, double n) {
  Buffer<std::int64_t> copied;
  const auto entries = static_cast<std::size_t>(count);
  if (ids_from(ids, entries, copied) != Status::ok) return note(Status::out_of_memory);
  return take(LocalRhs::sparse(static_cast<std::int64_t>(n), std::as_const(copied).span(),
                               {pointer<const double>(values), entries}));
}

std::int32_t NativeRhs::on_demand(double least, double greatest, double norm_inf, double norm1) {
  RhsFacts facts;
  facts.least = least;
  facts.greatest = greatest;
  facts.norm_inf = norm_inf;
  facts.norm1 = norm1;
  return take(LocalRhs::on_demand(facts));
}

std::int32_t NativeQuery::step(double work, double deadline) {
  const std::int32_t state = step_task(*run_, work, deadline, fault_);
  if (fault_.ok() && state == static_cast<std::int32_t>(TaskState::failed)) fault_ = run_->fault();
  return state;
}

std::int32_t NativeQuery::stop(std::int32_t reason) {
  return note(guard([&]() -> Fault {
    run_->stop(static_cast<Reason>(reason));
    return {};
  }));
}

Address NativeQuery::wanted(std::int32_t kind) {
  return export_ids(run_->wanted(static_cast<Wanted>(kind)), wanted_);
}

std::int32_t NativeQuery::supply_lines(std::int32_t kind, std::int32_t lines, Address counts,
                                       Address ids, Address values) {
  return note(guard(
      [&] { return supply_to(*run_, static_cast<Wanted>(kind), lines, counts, ids, values); }));
}

std::int32_t NativeQuery::supply_values(Address values) {
  return note(guard([&] {
    const std::size_t count = run_->wanted(Wanted::values).size();
    return run_->supply_values({pointer<const double>(values), count});
  }));
}

std::int32_t NativeLine::step(double work, double deadline) {
  const std::int32_t state = step_task(*run_, work, deadline, fault_);
  if (fault_.ok() && state == static_cast<std::int32_t>(TaskState::failed)) fault_ = run_->fault();
  return state;
}

std::int32_t NativeLine::stop(std::int32_t reason) {
  return note(guard([&]() -> Fault {
    run_->stop(static_cast<Reason>(reason));
    return run_->fault();
  }));
}

std::int32_t NativeLine::supply_lines(std::int32_t kind, std::int32_t lines, Address counts,
                                      Address ids, Address values) {
  return note(guard(
      [&] { return supply_to(*run_, static_cast<Wanted>(kind), lines, counts, ids, values); }));
}

namespace {

Address way_text(std::int32_t code) { return address(way_name(static_cast<Way>(code))); }
Address bound_kind_text(std::int32_t code) {
  return address(bound_kind_name(static_cast<BoundKind>(code)));
}
template <class Report>
std::int32_t fields() {
  return sizeof(Report) / sizeof(double);
}

}  // namespace
}  // namespace lacuna::native

EMSCRIPTEN_BINDINGS(lacuna_local) {
  using namespace lacuna::native;
  emscripten::function("wayName", &way_text);
  emscripten::function("boundKindName", &bound_kind_text);
  emscripten::function("queryReportFields", &fields<lacuna::QueryReport>);
  emscripten::function("lineReportFields", &fields<lacuna::LineReport>);
  emscripten::function("conditionsReportFields", &fields<ConditionsReport>);
  emscripten::class_<NativeRhs>("NativeRhs")
      .smart_ptr_constructor("NativeRhs", &make_owner<NativeRhs>)
      .function("dense", &NativeRhs::dense)
      .function("sparse", &NativeRhs::sparse)
      .function("onDemand", &NativeRhs::on_demand)
      .function("faultPosition", &NativeRhs::fault_position);
  emscripten::class_<NativeQuery>("NativeQuery")
      .smart_ptr<Owner<NativeQuery>>("NativeQueryHandle")
      .function("step", &NativeQuery::step)
      .function("stop", &NativeQuery::stop)
      .function("status", &NativeQuery::status)
      .function("faultPosition", &NativeQuery::fault_position)
      .function("progress", &NativeQuery::progress)
      .function("reports", &NativeQuery::reports)
      .function("wantedCount", &NativeQuery::wanted_count)
      .function("wanted", &NativeQuery::wanted)
      .function("supplyLines", &NativeQuery::supply_lines)
      .function("supplyValues", &NativeQuery::supply_values);
  emscripten::class_<NativeLine>("NativeLine")
      .smart_ptr<Owner<NativeLine>>("NativeLineHandle")
      .function("step", &NativeLine::step)
      .function("stop", &NativeLine::stop)
      .function("status", &NativeLine::status)
      .function("faultPosition", &NativeLine::fault_position)
      .function("progress", &NativeLine::progress)
      .function("report", &NativeLine::report)
      .function("wantedCount", &NativeLine::wanted_count)
      .function("wanted", &NativeLine::wanted)
      .function("supplyLines", &NativeLine::supply_lines)
      .function("count", &NativeLine::count)
      .function("ids", &NativeLine::ids)
      .function("values", &NativeLine::values);
}
