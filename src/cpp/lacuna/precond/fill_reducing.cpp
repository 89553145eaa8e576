#include "lacuna/precond/fill_reducing.hpp"

#include "lacuna/ordering/ordering.hpp"

namespace lacuna {

Result<PivotOrder> minimum_degree_order(const CsrView& a) {
  AdjacencyBuilder builder;
  if (const Status status = builder.begin(a); status != Status::ok) return status;
  Budget unlimited;
  while (builder.step(unlimited) == TaskState::running) {
  }
  if (builder.status() != Status::ok) return builder.status();
  const Adjacency graph = builder.take();
  OrderingTask ordering;
  if (const Fault fault = ordering.begin(graph, {OrderingKind::amd}); !fault.ok()) return fault;
  while (ordering.step(unlimited) == TaskState::running) {
  }
  if (!ordering.fault().ok()) return ordering.fault();
  PivotOrder order;
  order.row = ordering.take();
  if (const Status status = order.position.allocate(order.row.size()); status != Status::ok) {
    return status;
  }
  for (std::size_t k = 0; k < order.row.size(); ++k) {
    order.position[static_cast<std::size_t>(order.row[k])] = static_cast<std::int32_t>(k);
  }
  return order;
}

}  // namespace lacuna
