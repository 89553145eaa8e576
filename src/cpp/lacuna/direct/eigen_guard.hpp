#pragma once
#include <new>
#include <stdexcept>

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

}  // namespace lacuna
