#pragma once
#include <cstdint>
#include <new>
#include <optional>
#include <utility>

namespace lacuna {

/// Outcome of an operation of the core. The numbers are part of the binary interface:
/// append, never renumber.
enum class Status : std::int32_t {
  ok = 0,
  invalid_argument = 1,    ///< an argument outside its domain
  invalid_size = 2,        ///< negative, zero, or beyond the int32 index range
  bad_indptr = 3,          ///< row pointers do not start at 0, decrease, or do not end at nnz
  index_out_of_range = 4,  ///< a row or column index outside the matrix
  unsorted_indices = 5,    ///< column indices of a row not ascending
  duplicate_entry = 6,     ///< the same position twice
  not_finite = 7,          ///< NaN or infinity among values
  shape_mismatch = 8,      ///< lengths that do not belong together
  not_square = 9,          ///< the method needs a square matrix
  not_symmetric = 10,      ///< the method needs a symmetric matrix
  indefinite_matrix = 11,  ///< the method needs a positive definite matrix
  singular_matrix = 12,    ///< no usable pivot or diagonal entry
  out_of_memory = 13,      ///< an allocation failed; nothing was changed
  busy = 14,               ///< a task that uses the object is still running
  not_ready = 15,          ///< called before the stage that it needs
  unknown_handle = 16,     ///< no live object behind the handle
  not_sliceable = 17,      ///< the method cannot be interrupted
  internal = 18,           ///< a defect of the library
  zero_pivot = 19,         ///< elimination without pivoting met a zero; the matrix may be regular
  declaration_violated = 20,  ///< a line breaks what its matrix was declared to be
  over_budget = 21,           ///< more flops or bytes than the caller allows
  pattern_mismatch = 22,      ///< a change of a matrix where its factor has no room
  damaged_bytes = 23,         ///< bytes that are not what was exported
  instance_limit = 24,  ///< as many instances live as may
  stale_handle = 25,    ///< its object was let go
  double_free = 26,     ///< its object was let go before
};

/// Stable lower-case name of a status, e.g. "out-of-memory".
const char* status_name(Status status);

/// A status and where it arose: `position` is the index of the offending element (entry, row or
/// column, as the operation documents), or −1 where there is none; `partner` is the column where
/// the position is a row of a pair.
struct Fault {
  Status status = Status::ok;
  std::int64_t position = -1;
  std::int64_t partner = -1;

  constexpr Fault() = default;
  constexpr Fault(Status status_, std::int64_t position_ = -1, std::int64_t partner_ = -1)
      : status(status_), position(position_), partner(partner_) {}
  constexpr bool ok() const { return status == Status::ok; }
};

/// Either a value or the fault that prevented it. The core is free of exceptions.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T&& value) : value_(std::move(value)) {}
  Result(Fault fault) : fault_(fault) {}
  Result(Status status) : fault_(status) {}

  bool ok() const { return fault_.ok(); }
  Fault fault() const { return fault_; }
  T& value() { return *value_; }
  const T& value() const { return *value_; }
  T take() { return std::move(*value_); }

 private:
  std::optional<T> value_;
  Fault fault_;
};

}  // namespace lacuna
