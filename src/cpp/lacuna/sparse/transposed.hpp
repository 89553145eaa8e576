#pragma once
#include <optional>

#include "lacuna/base/task.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Aᵀ by a counting sort in pieces; rows come out sorted. Its arrays lie where they will be from
/// the start on, so that whoever borrows them may do so before they are filled.
class Transposed {
 public:
  /// Begins anew. A has to stay alive, with the same values, until `step` is done. Allocates the
  /// new matrix and, until then, 4 bytes a column; `out_of_memory` leaves it as `reset` does.
  Status begin(const CsrView& a);
  bool begun() const { return matrix_.has_value(); }
  /// O(nnz + rows + cols) in all. What has not begun is done.
  TaskState step(Budget& budget);
  /// Its sizes and arrays once begun; what they hold once `step` is done.
  CsrView view() const { return matrix_->view(); }
  CsrMatrix take() { return *std::move(matrix_); }
  void reset();

 private:
  enum class Phase { count, sum, place, done };

  void count(std::int32_t begin, std::int32_t end);
  void sum(std::int32_t begin, std::int32_t end);
  void place(std::int32_t begin, std::int32_t end);

  std::optional<CsrMatrix> matrix_;
  std::optional<CsrView> source_;
  /// Behind the begin of each row so far; of row j − 1 at j.
  Buffer<std::int32_t> next_;
  Phase phase_ = Phase::done;
  std::int32_t at_ = 0;
};

}  // namespace lacuna
