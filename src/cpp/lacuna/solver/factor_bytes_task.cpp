#include "lacuna/solver/factor_bytes_task.hpp"

#include <utility>

#include "lacuna/direct/cholesky_bytes.hpp"
#include "lacuna/direct/ldlt_bytes.hpp"
#include "lacuna/direct/lu_bytes.hpp"
#include "lacuna/direct/qr_bytes.hpp"

namespace lacuna {

Result<std::unique_ptr<FactorTask>> FactorExport::create(std::shared_ptr<Factor> factor) {
  if (const Status status = usable(*factor); status != Status::ok) return status;
  if (factor->single()) return Status::invalid_argument;
  std::unique_ptr<FactorExport> task(lacuna::create<FactorExport>(std::move(factor)));
  if (!task) return Status::out_of_memory;
  const Status status = task->begin();
  if (status != Status::ok) return status;
  return std::unique_ptr<FactorTask>(std::move(task));
}

Status FactorExport::begin() {
  const Factorization& made = *factor_->exact();
  BytesExport& out = export_;
  Status status = Status::not_ready;
  FactorKind kind = FactorKind::cholesky;
  switch (factor_->method()) {
    case Method::ldlt:
      kind = FactorKind::ldlt;
      status = list_bytes(static_cast<const Ldlt&>(made), out.figures, out.pieces);
      break;
    case Method::lu:
      kind = FactorKind::lu;
      status = list_bytes(static_cast<const LuFactorization&>(made), out.figures, out.pieces);
      break;
    case Method::qr:
      kind = FactorKind::qr;
      status = list_bytes(static_cast<const QrFactorization&>(made), out.figures, out.pieces);
      break;
    default: status = list_bytes(*factor_->cholesky(), out.figures, out.pieces);
  }
  return status == Status::ok ? out.begin(kind, factor_->system(false, 0, 0).a) : status;
}

TaskState FactorExport::step(Budget& budget) {
  const TaskState state = export_.step(budget);
  if (state == TaskState::done && bytes_.empty()) {
    bytes_ = export_.take();
    length_ = static_cast<double>(bytes_.size());
  }
  return state;
}

}  // namespace lacuna
