// A factor whose numbers come as bytes.
#include <utility>

#include "lacuna/base/meter.hpp"
#include "lacuna/solver/factor.hpp"

namespace lacuna {

Fault Factor::begin_import(std::span<const unsigned char> bytes) {
  if (working() || solves_ > 0 || ready_) return Status::busy;
  auto measured = measure_values(a_.view());
  if (!measured.ok()) return measured.fault();
  SolverOptions wanted;
  wanted.method = Method::cholesky;
  auto plan = make_plan(a_.view(), measured.value().structure, wanted);
  if (!plan.ok()) {
    failure_ = FactorFailure();
    note_failure(plan.fault());
    return plan.fault();
  }
  importer_.reset(lacuna::create<Importer>());
  std::unique_ptr<Cholesky> cholesky(lacuna::create<Cholesky>());
  if (!importer_ || !cholesky) return Status::out_of_memory;
  measures_ = measured.value();
  plan_ = plan.take();
  current_ = 0;
  // What was exported is in double precision.
  options_.precision = Precision::full;
  factorization_ = std::move(cholesky);
  failure_ = FactorFailure();
  importer_->bytes = bytes;
  importer_->stamper.begin(a_.view());
  goal_ = Goal::import;
  shown_ = 0;
  stage_ = Stage::import;
  return {};
}

Fault Factor::advance_import(Budget& budget) {
  Importer& in = *importer_;
  if (!in.reading) {
    Meter meter(budget);
    if (in.stamper.advance(meter)) return {};
    in.reading = true;
    in.stamp = in.stamper.stamp();
    return in.reader.begin(in.bytes, &in.stamp);
  }
  const TaskState state = in.reader.step(budget);
  if (state == TaskState::failed) return in.reader.fault();
  if (state != TaskState::done) return {};
  cholesky()->adopt(in.reader.take_structure(), in.reader.take_values());
  info_ = factorization_->info();
  analyzed_ = ready_ = true;
  end({});
  return {};
}

}  // namespace lacuna
