#pragma once
#include <cstdint>
#include <memory>

#include "lacuna/base/buffer.hpp"
#include "lacuna/solver/solver.hpp"

namespace lacuna {

/// Numbered solvers, for callers that cannot hold a pointer: plain exports of a module. A handle
/// is never 0 and names one solver for ever: a slot used again gets another generation, so a
/// stale handle finds nothing instead of a stranger.
class SolverRegistry {
 public:
  SolverRegistry() = default;
  SolverRegistry(const SolverRegistry&) = delete;
  SolverRegistry& operator=(const SolverRegistry&) = delete;
  ~SolverRegistry();

  /// Handle of a solver that is kept alive until `remove`; 0 where memory is short.
  std::uint32_t add(std::shared_ptr<Solver> solver);

  /// Null for a handle that is not in use.
  const std::shared_ptr<Solver>* find(std::uint32_t handle) const;

  /// False for a handle that is not in use.
  bool remove(std::uint32_t handle);

  std::size_t size() const { return used_; }

 private:
  static constexpr std::uint32_t index_bits = 20;
  static constexpr std::uint32_t last_generation = (1u << (32 - index_bits)) - 1;
  /// Of a slot that is not used again; no handle has it, so a handle is never 0.
  static constexpr std::uint32_t retired_generation = 0;

  struct Slot {
    std::uint32_t generation = 1;
    std::shared_ptr<Solver> solver;
  };

  static std::uint32_t index_of(std::uint32_t handle) { return handle & ((1u << index_bits) - 1); }
  bool grow();

  Buffer<Slot*> slots_;
  std::size_t used_ = 0;
  std::size_t retired_ = 0;
};

}  // namespace lacuna
