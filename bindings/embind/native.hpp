#pragma once
#include <cstdint>
#include <memory>
#include <utility>

#include "lacuna/base/status.hpp"

/// What the files of the binding share. Numbers cross as doubles (sizes, counts) or 32-bit
/// integers (pointers, codes); bulk data lies in spans of linear memory.
namespace lacuna::native {

/// Objects and spans that JavaScript holds: zero once everything was disposed of.
std::int32_t& live_handles();

/// Counts its owner among the live handles.
struct LiveHandle {
  LiveHandle() { ++live_handles(); }
  LiveHandle(const LiveHandle&) = delete;
  LiveHandle& operator=(const LiveHandle&) = delete;
  ~LiveHandle() { --live_handles(); }
};

/// Pointers cross as unsigned 32-bit integers.
using Address = std::uint32_t;

template <class T>
Address address(const T* pointer) {
  return static_cast<Address>(reinterpret_cast<std::uintptr_t>(pointer));
}
template <class T>
T* pointer(Address address) {
  return reinterpret_cast<T*>(static_cast<std::uintptr_t>(address));
}

/// The smart pointer behind every handle in JavaScript. Embind's trait for std::shared_ptr itself
/// would bring in `val`, with which JavaScript objects could share ownership.
template <class T>
class Owner {
 public:
  using element_type = T;
  Owner() = default;
  explicit Owner(std::shared_ptr<T> pointer) : pointer_(std::move(pointer)) {}
  T* get() const { return pointer_.get(); }

 private:
  std::shared_ptr<T> pointer_;
};

template <class T>
Owner<T> make_owner() {
  return Owner<T>(std::make_shared<T>());
}

/// No exception crosses into JavaScript, where it would be an opaque object.
template <class Body>
Fault guard(Body&& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory;
  } catch (...) {
    return Status::internal;
  }
}

}  // namespace lacuna::native
