#include "lacuna/direct/bytes_export.hpp"

namespace lacuna {

Status BytesExport::begin(FactorKind kind, const CsrView& a) {
  stage_ = Stage::done;
  Status status = pieces.status();
  if (status == Status::ok) status = writer_.begin(kind, pieces.plan());
  if (status != Status::ok) return status;
  stamper_.begin(a);
  stage_ = Stage::stamp;
  return Status::ok;
}

TaskState BytesExport::step(Budget& budget) {
  Meter meter(budget);
  if (stage_ == Stage::stamp) {
    if (stamper_.advance(meter)) return TaskState::running;
    stage_ = Stage::pieces;
  }
  if (stage_ == Stage::pieces) {
    if (pieces.write(writer_, meter)) return TaskState::running;
    stage_ = Stage::seal;
  }
  if (stage_ == Stage::seal) {
    if (writer_.seal(stamper_.stamp(), meter)) return TaskState::running;
    stage_ = Stage::done;
  }
  return TaskState::done;
}

}  // namespace lacuna
