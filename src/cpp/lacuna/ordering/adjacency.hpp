#pragma once
#include <cstdint>
#include <optional>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Undirected graph without loops: the neighbors of v are `neighbors[begin[v] … begin[v + 1])`,
/// ascending, and every edge stands in both lists.
struct Adjacency {
  std::int32_t n = 0;
  Buffer<std::int32_t> begin;
  Buffer<std::int32_t> neighbors;

  std::int32_t degree(std::int32_t v) const { return begin[v + 1] - begin[v]; }
  std::int32_t entries() const { return n == 0 ? 0 : begin[n]; }
};

/// Adjacency of the pattern of A + Aᵀ without the diagonal, in slices: A's own rows as long as they
/// turn out to be symmetric, else a counting sort of the transpose and a merge of each row with it.
/// O(nnz + n) time; memory for the transposed pattern besides the graph. The view has to stay alive
/// until the last step.
class AdjacencyBuilder {
 public:
  /// `not_square`, `out_of_memory`.
  Status begin(const CsrView& a);

  /// `failed` with `invalid_size` where the graph has 2³¹ entries or more, or `out_of_memory`.
  TaskState step(Budget& budget);

  Status status() const { return status_; }
  Adjacency take() { return std::move(graph_); }

 private:
  enum class Stage { copy, count, scatter, measure, merge, done };
  TaskState fail(Status status);
  bool copy_row(std::int32_t i);
  std::int32_t merge_row(std::int32_t i, std::int32_t* out) const;

  std::optional<CsrView> view_;
  Stage stage_ = Stage::copy;
  std::int32_t at_ = 0;
  std::int64_t total_ = 0;
  // Of the transpose; while scattering, its cursors; while copying, those of A's rows.
  Buffer<std::int32_t> starts_;
  Buffer<std::int32_t> mirrored_;  // the transpose, or the neighbors that are copied
  Adjacency graph_;
  Status status_ = Status::ok;
};

}  // namespace lacuna
