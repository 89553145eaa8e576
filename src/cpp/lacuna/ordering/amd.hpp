#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/adjacency.hpp"

namespace lacuna {

/// Approximate minimum degree ordering (Amestoy, Davis & Duff, SIMAX 17, 1996), in slices.
///
/// The eliminated part of the graph is kept as a quotient graph: every pivot becomes an element
/// that stands for the clique of its neighbors. Variables with equal neighborhoods are merged and
/// eliminated at once, elements inside another are absorbed (also where only degrees show it), and
/// degrees are the paper's upper bound. Vertices of more than max(16, `dense_factor`·√n) neighbors
/// are left out and ordered last. Ties go to the variable whose degree was set last: the order
/// depends on nothing but the graph.
///
/// With constraints, a vertex of a lower stage comes before every vertex of a higher one, and
/// degrees count neighbors of all stages: what nested dissection asks for below its separators.
///
/// Time about proportional to the number of entries in practice, O(n·entries) at worst; memory
/// about 1.2·entries + 13·n integers.
class Amd {
 public:
  static constexpr double dense_factor = 10;

  /// `stage` is empty or holds, for each vertex, a number from 0 to `stages` − 1. Both are only
  /// needed until `step` has returned something else than `running`. `out_of_memory`.
  Status begin(const Adjacency& graph, std::span<const std::int32_t> stage = {},
               std::int32_t stages = 1);

  /// Never fails.
  TaskState step(Budget& budget);

  /// Share of the vertices eliminated.
  double progress() const { return n_ == 0 ? 1 : 1 - static_cast<double>(left_) / n_; }

  /// order[k] = vertex that is eliminated k-th.
  Buffer<std::int32_t> take() { return std::move(order_); }

 private:
  static constexpr std::int32_t none = -1;
  /// In `elements_`: a vertex that has become an element, or was absorbed.
  static constexpr std::int32_t element = -1;
  static constexpr std::int32_t dead = -2;

  enum class Phase { load, open, eliminate, mark, sweep, rank_pivots, rank_dense, place, done };

  void load_vertex(std::int32_t v);
  void advance(double& spent);
  void open_next(double& spent);
  void sweep_next(double& spent);
  void rank_pivot(double& spent);
  void rank_dense(double& spent);
  bool listed(std::int32_t v) const { return stage_.empty() || stage_[v] == current_; }
  void insert(std::int32_t v);
  void remove(std::int32_t v);
  bool has_room(std::int32_t pivot) const;
  double eliminate(std::int32_t pivot);
  void collect(std::int32_t pivot);
  void collect_from(std::int32_t p, std::int32_t end);
  void measure_overlaps(std::int32_t pivot);
  void update_degrees(std::int32_t pivot);
  void update_degree(std::int32_t pivot, std::int32_t i);
  void merge_equal(std::int32_t pivot);
  void merge_bucket(std::int32_t first);
  bool equal_lists(std::int32_t i, std::int32_t j) const;
  void close(std::int32_t pivot);
  void advance_tag(std::int32_t by);
  std::int32_t root(std::int32_t v);

  const Adjacency* graph_ = nullptr;
  std::span<const std::int32_t> stage_;
  std::int32_t n_ = 0;
  double dense_ = 0;
  Phase phase_ = Phase::done;
  std::int32_t at_ = 0;
  std::int32_t out_ = 0;

  // The quotient graph. A variable's list holds `elements_[v]` elements, then variables; an
  // element's list holds variables. `elements_` is `dead` for absorbed variables and elements.
  Buffer<std::int32_t> pool_;
  std::int32_t free_ = 0;
  Buffer<std::int32_t> begin_;
  Buffer<std::int32_t> length_;
  Buffer<std::int32_t> elements_;
  /// Vertices that a variable stands for: 0 once absorbed, negative while in the new element.
  Buffer<std::int32_t> weight_;
  /// Bound on the external degree of a variable; size of an element.
  Buffer<std::int32_t> degree_;
  /// 0 for absorbed elements; of a live element e, `tag_` + |Lₑ \ L_pivot| once measured. What
  /// lies below `tag_` is stale.
  Buffer<std::int32_t> mark_;
  std::int32_t tag_ = 2;
  /// What a variable was merged into or eliminated with.
  Buffer<std::int32_t> owner_;

  // Doubly linked lists of variables by degree; links and hashes of the new element's variables.
  Buffer<std::int32_t> head_;
  Buffer<std::int32_t> next_;
  Buffer<std::int32_t> previous_;
  Buffer<std::int32_t> buckets_;
  std::uint32_t bucket_mask_ = 0;
  std::int32_t least_ = 0;

  std::int32_t current_ = 0;         // stage
  std::int32_t stage_left_ = 0;      // vertices of it that are not eliminated
  Buffer<std::int32_t> stage_head_;  // list of each stage's vertices
  Buffer<std::int32_t> stage_next_;

  std::int32_t left_ = 0;  // vertices that are not eliminated, dense ones aside
  std::int32_t element_size_ = 0;
  std::int32_t pivot_weight_ = 0;
  std::int32_t largest_element_ = 0;
  double work_ = 0;
  std::int32_t pivots_ = 0;
  Buffer<std::int32_t> pivot_order_;
  Buffer<std::int32_t> order_;
};

}  // namespace lacuna
