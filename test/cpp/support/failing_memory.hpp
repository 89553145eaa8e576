#pragma once
// Makes allocations fail on purpose: malloc by the linker's --wrap, operator new by replacement.
// Only where the build says so (LACUNA_WRAPPED_MALLOC); the WebAssembly build does not.

namespace lacuna::test {

/// While it lives, allocation number `first` (from 1) and, if `lasting`, all after it fail.
class FailingMemory {
 public:
  explicit FailingMemory(long first, bool lasting);
  ~FailingMemory();
  FailingMemory(const FailingMemory&) = delete;
  FailingMemory& operator=(const FailingMemory&) = delete;

  /// True once an allocation was refused.
  bool struck() const;
};

}  // namespace lacuna::test
