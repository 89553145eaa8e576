#include "lacuna/base/status.hpp"

namespace lacuna {

const char* status_name(Status status) {
  switch (status) {
    case Status::ok: return "ok";
    case Status::invalid_argument: return "invalid-argument";
    case Status::invalid_size: return "invalid-size";
    case Status::bad_indptr: return "bad-indptr";
    case Status::index_out_of_range: return "index-out-of-range";
    case Status::unsorted_indices: return "unsorted-indices";
    case Status::duplicate_entry: return "duplicate-entry";
    case Status::not_finite: return "not-finite";
    case Status::shape_mismatch: return "shape-mismatch";
    case Status::not_square: return "not-square";
    case Status::not_symmetric: return "not-symmetric";
    case Status::indefinite_matrix: return "indefinite-matrix";
    case Status::singular_matrix: return "singular-matrix";
    case Status::out_of_memory: return "out-of-memory";
    case Status::busy: return "busy";
    case Status::not_ready: return "not-ready";
    case Status::unknown_handle: return "unknown-handle";
    case Status::not_sliceable: return "not-sliceable";
    case Status::internal: return "internal";
    case Status::zero_pivot: return "zero-pivot";
    case Status::declaration_violated: return "declaration-violated";
    case Status::over_budget: return "over-budget";
    case Status::pattern_mismatch: return "pattern-mismatch";
    case Status::damaged_bytes: return "damaged-bytes";
    case Status::instance_limit: return "instance-limit";
    case Status::stale_handle: return "stale-handle";
    case Status::double_free: return "double-free";
  }
  return "unknown";
}

}  // namespace lacuna
