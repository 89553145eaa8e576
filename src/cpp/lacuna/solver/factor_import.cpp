// A factor whose numbers come as bytes.
#include <utility>

#include "lacuna/base/meter.hpp"
#include "lacuna/direct/cholesky_bytes.hpp"
#include "lacuna/direct/ldlt_bytes.hpp"
#include "lacuna/direct/lu_bytes.hpp"
#include "lacuna/direct/qr_bytes.hpp"
#include "lacuna/solver/factor.hpp"

namespace lacuna {
namespace {

/// What reads bytes of a kind, by the method of their factors; null where memory is short.
std::unique_ptr<BytesImport> make_import(Method method) {
  BytesImport* made = nullptr;
  switch (method) {
    case Method::ldlt: made = create<LdltImport>(); break;
    case Method::lu: made = create<LuImport>(); break;
    case Method::qr: made = create<QrImport>(); break;
    default: made = create<CholeskyImport>();
  }
  return std::unique_ptr<BytesImport>(made);
}

/// Of the method whose factors are of that kind; unknown ones are left to `FactorReader`.
Method method_of(FactorKind kind) {
  switch (kind) {
    case FactorKind::ldlt: return Method::ldlt;
    case FactorKind::lu: return Method::lu;
    case FactorKind::qr: return Method::qr;
    default: return Method::cholesky;
  }
}

}  // namespace

Fault Factor::begin_import(std::span<const unsigned char> bytes) {
  if (working() || solves_ > 0 || ready_) return Status::busy;
  FactorKind kind = FactorReader::kind_of(bytes);
  if (method_of(kind) == Method::cholesky) kind = FactorKind::cholesky;
  FactorReader header;
  if (const Fault fault = header.begin(bytes, kind); !fault.ok()) return fault;
  auto measured = measure_values(a_.view());
  if (!measured.ok()) return measured.fault();
  SolverOptions wanted;
  wanted.method = options_.method = method_of(kind);
  auto plan = make_plan(a_.view(), measured.value().structure, wanted);
  if (!plan.ok()) {
    failure_ = FactorFailure();
    note_failure(plan.fault());
    return plan.fault();
  }
  importer_.reset(lacuna::create<Importer>());
  if (!importer_) return Status::out_of_memory;
  importer_->reader = make_import(wanted.method);
  if (!importer_->reader) return Status::out_of_memory;
  measures_ = measured.value();
  plan_ = plan.take();
  current_ = 0;
  // What was exported is in double precision.
  options_.precision = Precision::full;
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
    return in.reader->begin(in.bytes, a_.view(), &in.stamp);
  }
  const TaskState state = in.reader->step(budget);
  if (state == TaskState::failed) return in.reader->fault();
  if (state != TaskState::done) return {};
  factorization_ = in.reader->take();
  info_ = factorization_->info();
  analyzed_ = ready_ = true;
  // Of QR only the order is kept.
  if (method() == Method::qr) ++analyses_;
  end({});
  return {};
}

}  // namespace lacuna
