#include "factor_binding.hpp"

#include <emscripten.h>
#include <emscripten/bind.h>

namespace lacuna::native {

std::int32_t NativeFactorTask::step(double work, double deadline) {
  const std::int32_t state = step_task(*task_, work, deadline, fault_);
  if (fault_.ok()) fault_ = task_->fault();
  return state;
}

std::int32_t NativeFactorTask::stop(std::int32_t reason) {
  return note(guard([&]() -> Fault {
    task_->stop(static_cast<Reason>(reason));
    return {};
  }));
}

std::int32_t NativeFactor::create(NativeMatrix& matrix, std::int32_t method, std::int32_t ordering,
                                  Address permutation, double length, double max_flops,
                                  double max_bytes, std::int32_t precision) {
  return note(guard([&]() -> Fault {
    if (!matrix.matrix()) return Status::not_ready;
    FactorOptions options;
    options.method = static_cast<Method>(method);
    options.ordering = static_cast<OrderingKind>(ordering);
    options.max_flops = max_flops;
    options.max_bytes = max_bytes;
    options.precision = static_cast<Precision>(precision);
    auto created = Factor::create(std::move(*matrix.matrix()), options,
                                  list<const std::int32_t>(permutation, length));
    if (!created.ok()) return created.fault();
    matrix.matrix().reset();
    factor_ = created.take();
    return {};
  }));
}

std::int32_t NativeFactor::begin(std::int32_t goal, Address values, double count) {
  return note(guard([&] {
    return factor_->begin(static_cast<Factor::Goal>(goal), list<const double>(values, count));
  }));
}

std::int32_t NativeFactor::change(std::int32_t kind, Address begin, Address rows, Address values,
                                  double columns, std::int32_t row) {
  return note(guard([&] {
    SparseColumns w;
    w.begin = list<const std::int32_t>(begin, columns + 1);
    w.rows = list<const std::int32_t>(rows, w.begin.back());
    w.values = list<const double>(values, w.begin.back());
    return factor_->begin_change(static_cast<Factor::Change>(kind), w, row);
  }));
}

std::int32_t NativeFactor::import(Address bytes, double length) {
  return note(
      guard([&] { return factor_->begin_import(list<const unsigned char>(bytes, length)); }));
}

std::int32_t NativeFactor::step(double work, double deadline) {
  auto state = TaskState::failed;
  note(guard([&]() -> Fault {
    Budget budget(work, emscripten_get_now, deadline);
    state = factor_->step(budget);
    return factor_->failure().fault;
  }));
  return static_cast<std::int32_t>(fault_.ok() ? state : TaskState::failed);
}

std::int32_t NativeFactor::stop(std::int32_t) {
  factor_->cancel();
  return 0;
}

Address NativeFactor::report() {
  report_ = factor_->report();
  return address(&report_);
}

Address NativeFactor::failure() {
  const FactorFailure& failure = factor_->failure();
  const StructuralDeficiency& deficiency = failure.deficiency;
  const std::size_t left = deficiency.rows.size();
  if (failure_.allocate(4 + 2 * left) != Status::ok) return 0;
  failure_[0] = failure.value;
  failure_[1] = failure.mirror;
  failure_[2] = static_cast<double>(deficiency.rank);
  failure_[3] = static_cast<double>(left);
  for (std::size_t k = 0; k < left; ++k) {
    failure_[4 + k] = deficiency.rows[k];
    failure_[4 + left + k] = deficiency.cols[k];
  }
  return address(failure_.data());
}

Owner<NativeFactorTask> NativeFactor::start(Result<std::unique_ptr<FactorTask>>&& created) {
  std::shared_ptr<NativeFactorTask> task;
  note(created.fault());
  if (created.ok()) task = std::make_shared<NativeFactorTask>(created.take());
  return Owner<NativeFactorTask>(std::move(task));
}

Owner<NativeFactorTask> NativeFactor::solve(Address b, Address x, std::int32_t k,
                                            std::int32_t flags, std::int32_t refinement,
                                            double rtol, double atol) {
  FactorSettings settings;
  settings.transposed = flags & factor_transposed_flag;
  settings.error_bound = flags & factor_error_bound_flag;
  settings.refinement = refinement;
  settings.rtol = rtol;
  settings.atol = atol;
  std::size_t m = factor_->rows(), n = factor_->cols();
  if (settings.transposed) std::swap(m, n);
  const auto count = static_cast<std::size_t>(k);
  return start(FactorSolve::create(factor_, {pointer<const double>(b), count * m},
                                   {pointer<double>(x), count * n}, k, settings));
}

Owner<NativeFactorTask> NativeFactor::condition() {
  return start(FactorCondition::create(factor_));
}

Owner<NativeFactorTask> NativeFactor::export_bytes() {
  return start(FactorExport::create(factor_));
}

Owner<NativeFactorTask> NativeFactor::reach(Address ids, Address values, double count, Address rows,
                                            double wanted, Address out) {
  const SparseEntries b{list<const std::int32_t>(ids, count), list<const double>(values, count)};
  return start(FactorReach::create(factor_, b, list<const std::int32_t>(rows, wanted),
                                   list<double>(out, wanted)));
}

Owner<NativeFactorTask> NativeFactor::inverse(Address rows, Address cols, double count,
                                              Address out) {
  return start(FactorInverse::create(factor_, list<const std::int32_t>(rows, count),
                                     list<const std::int32_t>(cols, count),
                                     list<double>(out, count)));
}

Address NativeFactor::determinant() {
  if (!factor_->ready()) return 0;
  const auto found = factor_->factorization().determinant();
  if (!found) return 0;
  determinant_[0] = found->log_abs;
  determinant_[1] = found->sign;
  return address(determinant_);
}

namespace {

Address method_text(std::int32_t code) { return address(method_name(static_cast<Method>(code))); }
Address ordering_text(std::int32_t code) {
  return address(ordering_name(static_cast<OrderingKind>(code)));
}
std::int32_t factor_report_fields() { return sizeof(FactorReport) / sizeof(double); }
std::int32_t factor_solve_fields() { return sizeof(FactorSolveReport) / sizeof(double); }

}  // namespace
}  // namespace lacuna::native

EMSCRIPTEN_BINDINGS(lacuna_factor) {
  using namespace lacuna::native;
  emscripten::function("methodName", &method_text);
  emscripten::function("orderingName", &ordering_text);
  emscripten::function("factorReportFields", &factor_report_fields);
  emscripten::function("factorSolveFields", &factor_solve_fields);
  emscripten::class_<NativeFactor>("NativeFactor")
      .smart_ptr_constructor("NativeFactor", &make_owner<NativeFactor>)
      .function("create", &NativeFactor::create)
      .function("begin", &NativeFactor::begin)
      .function("change", &NativeFactor::change)
      .function("import", &NativeFactor::import)
      .function("exportBytes", &NativeFactor::export_bytes)
      .function("step", &NativeFactor::step)
      .function("stop", &NativeFactor::stop)
      .function("progress", &NativeFactor::progress)
      .function("status", &NativeFactor::status)
      .function("faultPosition", &NativeFactor::fault_position)
      .function("faultPartner", &NativeFactor::fault_partner)
      .function("report", &NativeFactor::report)
      .function("failure", &NativeFactor::failure)
      .function("indptr", &NativeFactor::indptr)
      .function("indices", &NativeFactor::indices)
      .function("solve", &NativeFactor::solve)
      .function("condition", &NativeFactor::condition)
      .function("reach", &NativeFactor::reach)
      .function("inverse", &NativeFactor::inverse)
      .function("determinant", &NativeFactor::determinant);
  emscripten::class_<NativeFactorTask>("NativeFactorTask")
      .smart_ptr<Owner<NativeFactorTask>>("NativeFactorTaskHandle")
      .function("step", &NativeFactorTask::step)
      .function("stop", &NativeFactorTask::stop)
      .function("status", &NativeFactorTask::status)
      .function("faultPosition", &NativeFactorTask::fault_position)
      .function("progress", &NativeFactorTask::progress)
      .function("result", &NativeFactorTask::result)
      .function("bytes", &NativeFactorTask::bytes);
}
