#include "support/failing_memory.hpp"

#ifdef LACUNA_WRAPPED_MALLOC
#include <cstdlib>
#include <new>

namespace {

long countdown = 0;  // 0: allocations work
bool lasts = false;
bool refused = false;

bool refuses() {
  if (countdown == 0) return false;
  if (countdown > 1) {
    --countdown;
    return false;
  }
  if (!lasts) countdown = 0;
  refused = true;
  return true;
}

}  // namespace

extern "C" {
void* __real_malloc(std::size_t size);
void* __wrap_malloc(std::size_t size) { return refuses() ? nullptr : __real_malloc(size); }
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return __wrap_malloc(size > 0 ? size : 1);
}
void* operator new(std::size_t size) {
  void* memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return operator new(size, std::nothrow);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace lacuna::test {

FailingMemory::FailingMemory(long first, bool lasting) {
  countdown = first;
  lasts = lasting;
  refused = false;
}
FailingMemory::~FailingMemory() { countdown = 0; }
bool FailingMemory::struck() const { return refused; }

}  // namespace lacuna::test
#endif
