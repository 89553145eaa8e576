#include "lacuna/solver/factor_bytes_task.hpp"

#include <utility>

namespace lacuna {

Result<std::unique_ptr<FactorTask>> FactorExport::create(std::shared_ptr<Factor> factor) {
  if (const Status status = usable(*factor); status != Status::ok) return status;
  if (factor->cholesky() == nullptr) return Status::invalid_argument;
  if (factor->cholesky()->values().empty()) return Status::not_ready;
  std::unique_ptr<FactorExport> task(lacuna::create<FactorExport>(std::move(factor)));
  if (!task) return Status::out_of_memory;
  const Cholesky& cholesky = *task->factor_->cholesky();
  const Status status = task->export_.begin(cholesky.structure(), cholesky.values().data(),
                                            task->factor_->system(false, 0, 0).a);
  if (status != Status::ok) return status;
  return std::unique_ptr<FactorTask>(std::move(task));
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
