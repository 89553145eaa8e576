#include "lacuna/solver/registry.hpp"

#include <algorithm>

namespace lacuna {

SolverRegistry::~SolverRegistry() {
  for (Slot* slot : slots_.span()) delete slot;
}

bool SolverRegistry::grow() {
  const std::size_t old_size = slots_.size();
  const std::size_t new_size = std::max<std::size_t>(16, 2 * old_size);
  if (new_size > (std::size_t{1} << index_bits)) return false;
  Buffer<Slot*> larger;
  if (larger.allocate_zero(new_size) != Status::ok) return false;
  for (std::size_t i = old_size; i < new_size; ++i) {
    larger[i] = create<Slot>();
    if (larger[i] == nullptr) {
      for (std::size_t k = old_size; k < i; ++k) delete larger[k];
      return false;
    }
  }
  std::copy(slots_.span().begin(), slots_.span().end(), larger.span().begin());
  slots_ = std::move(larger);
  return true;
}

std::uint32_t SolverRegistry::add(std::shared_ptr<Solver> solver) {
  if (used_ + retired_ == slots_.size() && !grow()) return 0;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = *slots_[i];
    if (slot.solver || slot.generation == retired_generation) continue;
    slot.solver = std::move(solver);
    ++used_;
    return slot.generation << index_bits | static_cast<std::uint32_t>(i);
  }
  return 0;
}

const std::shared_ptr<Solver>* SolverRegistry::find(std::uint32_t handle) const {
  const std::uint32_t index = index_of(handle);
  if (index >= slots_.size()) return nullptr;
  const Slot& slot = *slots_[index];
  const bool current = slot.solver && slot.generation == handle >> index_bits;
  return current ? &slot.solver : nullptr;
}

bool SolverRegistry::remove(std::uint32_t handle) {
  if (find(handle) == nullptr) return false;
  Slot& slot = *slots_[index_of(handle)];
  slot.solver.reset();
  --used_;
  if (slot.generation == last_generation) {
    // Another generation would make old handles of this slot valid again.
    slot.generation = retired_generation;
    ++retired_;
  } else {
    ++slot.generation;
  }
  return true;
}

}  // namespace lacuna
