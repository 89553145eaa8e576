#pragma once
#include <new>
#include <stdexcept>
#include <utility>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"

namespace lacuna {

/// Runs code of Eigen, which throws where memory is short, and turns that into a status: no
/// exception leaves a file that uses Eigen's solvers.
template <class Body>
Fault guard_eigen(Body&& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory;
  } catch (const std::length_error&) {
    return Status::out_of_memory;
  } catch (...) {
    return Status::internal;
  }
}

/// `create` of a class with members of Eigen, whose constructors allocate and throw.
template <class T, class... Args>
T* create_eigen(Args&&... args) {
  try {
    return create<T>(std::forward<Args>(args)...);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace lacuna
