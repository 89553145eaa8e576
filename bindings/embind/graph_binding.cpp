#include "graph_binding.hpp"

#include <emscripten/bind.h>

#include <algorithm>
#include <cmath>

#include "graph_runs.hpp"
#include "matrix_binding.hpp"

namespace lacuna::native {

std::int32_t NativeGraphTask::step(double work, double deadline) {
  const std::int32_t state = step_task(*run_, work, deadline, fault_);
  if (fault_.ok() && state == static_cast<std::int32_t>(TaskState::failed)) fault_ = run_->fault();
  return state;
}

std::int32_t NativeGraphTask::stop(std::int32_t reason) {
  stopped_ = reason;
  return 0;
}

Address NativeGraphTask::report() {
  report_ = {};
  fault_ = guard([&]() -> Fault { return run_->finish(report_, table_); });
  if (stopped_ >= 0) report_.reason = stopped_;
  return fault_.ok() ? address(&report_) : 0;
}

std::int32_t NativeGraphTask::wanted_count(std::int32_t kind) const {
  ArcCache* arcs = run_->arcs();
  if (kind != 0 || arcs == nullptr) return 0;
  return static_cast<std::int32_t>(arcs->wanted().size());
}

Address NativeGraphTask::wanted(std::int32_t kind) {
  if (wanted_count(kind) == 0) return 0;
  return export_ids(run_->arcs()->wanted(), wanted_);
}

std::int32_t NativeGraphTask::supply_lines(std::int32_t kind, std::int32_t lines, Address counts,
                                           Address ids, Address values) {
  return note(guard([&]() -> Fault {
    ArcCache* arcs = run_->arcs();
    if (kind != 0 || arcs == nullptr) return Status::internal;
    SuppliedLines given;
    const Fault fault = given.take(lines, counts, ids, values);
    return fault.ok() ? arcs->supply(given.counts, given.ids(), given.values) : fault;
  }));
}

namespace {

/// What is known of a graph, as doubles.
struct GraphFacts {
  double vertices, arcs, undirected, weighted, dangling, volume;
};

class NativeGraph : public Faulty {
 public:
  LACUNA_FAULT_METHODS

  /// Takes the arrays that the matrix was filled with, as adjacency.
  std::int32_t create(NativeMatrix& matrix) {
    return note(guard([&]() -> Fault {
      CsrParts& parts = matrix.parts();
      const bool plain = std::all_of(parts.data.data(), parts.data.data() + parts.data.size(),
                                     [](double w) { return w == 1; });
      if (plain) parts.data.release();
      auto made = Graph::adopt(std::move(parts));
      if (!made.ok()) return made.fault();
      graph_ = std::make_shared<Graph>(made.take());
      facts_ = {static_cast<double>(graph_->vertices()),   static_cast<double>(graph_->arcs()),
                static_cast<double>(graph_->undirected()), static_cast<double>(graph_->weighted()),
                static_cast<double>(graph_->dangling()),   graph_->volume()};
      return {};
    }));
  }

  /// A graph whose arcs come on demand; what is not declared is ∞.
  std::int32_t create_on_demand(double size, std::int32_t undirected, double cache_bytes,
                                double volume, double max_weight) {
    return note(guard([&]() -> Fault {
      auto made = ArcCache::create(static_cast<std::int64_t>(size), undirected != 0,
                                   static_cast<std::size_t>(cache_bytes), volume, max_weight);
      if (!made.ok()) return made.fault();
      arcs_ = std::make_shared<ArcCache>(made.take());
      const double unknown = std::nan("");
      facts_ = {size,    unknown, static_cast<double>(undirected != 0),
                unknown, unknown, std::isfinite(volume) ? volume : unknown};
      return {};
    }));
  }

  Address facts() const { return address(&facts_); }

  Owner<NativeGraphTask> begin(std::int32_t query, Address arguments, std::int32_t count) {
    std::shared_ptr<NativeGraphTask> task;
    note(guard([&]() -> Fault {
      const auto kind = static_cast<GraphQuery>(query);
      std::shared_ptr<Graph> graph = graph_;
      std::shared_ptr<ArcCache> arcs = arcs_;
      auto run = arcs                            ? graph_runs::arc_run(kind, std::move(arcs))
                 : kind < GraphQuery::resistance ? graph_runs::rank_run(kind, std::move(graph))
                                                 : graph_runs::walk_run(kind, std::move(graph));
      // Nothing but what needs a loaded graph.
      if (!run) return Status::not_ready;
      const Fault fault = run->begin(
          Arguments({pointer<const double>(arguments), static_cast<std::size_t>(count)}));
      if (!fault.ok()) return fault;
      task = std::make_shared<NativeGraphTask>(std::move(run));
      return {};
    }));
    return Owner<NativeGraphTask>(std::move(task));
  }

 private:
  LiveHandle live_;
  std::shared_ptr<Graph> graph_;
  std::shared_ptr<ArcCache> arcs_;
  GraphFacts facts_{};
};

std::int32_t graph_report_fields() { return sizeof(GraphReport) / sizeof(double); }
std::int32_t graph_facts_fields() { return sizeof(GraphFacts) / sizeof(double); }

}  // namespace
}  // namespace lacuna::native

EMSCRIPTEN_BINDINGS(lacuna_graph) {
  using namespace lacuna::native;
  emscripten::function("graphReportFields", &graph_report_fields);
  emscripten::function("graphFactsFields", &graph_facts_fields);
  emscripten::class_<NativeGraph>("NativeGraph")
      .smart_ptr_constructor("NativeGraph", &make_owner<NativeGraph>)
      .function("create", &NativeGraph::create)
      .function("createOnDemand", &NativeGraph::create_on_demand)
      .function("status", &NativeGraph::status)
      .function("faultPosition", &NativeGraph::fault_position)
      .function("facts", &NativeGraph::facts)
      .function("begin", &NativeGraph::begin);
  emscripten::class_<NativeGraphTask>("NativeGraphTask")
      .smart_ptr<Owner<NativeGraphTask>>("NativeGraphTaskHandle")
      .function("step", &NativeGraphTask::step)
      .function("stop", &NativeGraphTask::stop)
      .function("status", &NativeGraphTask::status)
      .function("faultPosition", &NativeGraphTask::fault_position)
      .function("progress", &NativeGraphTask::progress)
      .function("wantedCount", &NativeGraphTask::wanted_count)
      .function("wanted", &NativeGraphTask::wanted)
      .function("supplyLines", &NativeGraphTask::supply_lines)
      .function("report", &NativeGraphTask::report)
      .function("table", &NativeGraphTask::table);
}
