#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/local/graph/components.hpp"
#include "lacuna/local/lines.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Where a walk goes that has reached a vertex without out-edges.
enum class Dangling : std::int32_t {
  source = 0,   ///< back to where it began: the personalization vector (as in networkx)
  self = 1,     ///< it stays there: Pᵥᵥ = 1
  uniform = 2,  ///< anywhere, all vertices alike; only where the whole graph is visited
};

/// Compressed arcs of a graph: those of vertex v are `indices[indptr[v] … indptr[v + 1]]`.
struct Arcs {
  const std::int32_t* indptr = nullptr;
  const std::int32_t* indices = nullptr;
  const double* weights = nullptr;  ///< null: all 1

  std::int32_t degree(std::int32_t v) const { return indptr[v + 1] - indptr[v]; }
};

/// A loaded graph: n vertices, arcs with positive weights (or none: all 1), self-loops allowed, no
/// arc twice. An undirected edge is two arcs. P is its row-stochastic matrix, Pᵤᵥ = wᵤᵥ/Wᵤ with
/// Wᵤ the sum of the out-weights; a dangling vertex has an empty row.
///
/// 4 bytes an arc, 8 more with weights, and as much again for in-arcs once they are asked for;
/// an undirected graph has no need of those.
class Graph {
 public:
  /// Takes over unchecked out-arcs, row u listing where u leads; no `data` means no weights.
  /// Besides what `CsrMatrix::adopt` refuses: `not_square`, `invalid_argument` with the position of
  /// a weight that is not positive, `not_finite` with the vertex whose out-weights overflow.
  /// O(nnz).
  static Result<Graph> adopt(CsrParts&& parts);

  /// Copies CSR arrays; `weights` empty or of the length of `indices`.
  static Result<Graph> from_csr(std::int64_t n, std::span<const std::int32_t> indptr,
                                std::span<const std::int32_t> indices,
                                std::span<const double> weights);

  /// From a list of edges in any order, each stored in both directions if `undirected`. Of parallel
  /// edges weights are summed; without weights they count once. `weights` empty or one an edge.
  static Result<Graph> from_edges(std::int64_t n, std::span<const std::int32_t> from,
                                  std::span<const std::int32_t> to, std::span<const double> weights,
                                  bool undirected);

  std::int32_t vertices() const { return n_; }
  std::int32_t arcs() const { return indptr_[n_]; }
  bool weighted() const { return !weights_.empty(); }
  /// The arcs with their weights equal those of the reversed graph to the last bit.
  bool undirected() const { return undirected_; }
  bool has_loops() const { return loops_ > 0; }
  std::int32_t dangling() const { return dangling_; }
  /// Σ Wᵤ, to within its rounding.
  double volume() const { return volume_; }
  std::int32_t max_out_degree() const { return max_degree_; }
  double max_out_weight() const { return max_weight_; }

  Arcs out() const {
    return {indptr_.data(), indices_.data(), weighted() ? weights_.data() : nullptr};
  }
  std::int32_t out_degree(std::int32_t v) const { return indptr_[v + 1] - indptr_[v]; }
  /// The vertices of the greatest out-weight, greatest first (equal ones by their numbers), up
  /// to 64.
  std::span<const std::int32_t> heaviest() const { return {heaviest_, heavy_count_}; }
  /// The out-degree, or `many` where it is that or more: a byte a vertex, which stays in the cache
  /// where pointers would not.
  static constexpr std::uint8_t many = 255;
  const std::uint8_t* short_degrees() const { return short_degrees_.data(); }
  /// `out_degree` through that byte.
  std::int32_t quick_degree(std::int32_t v) const {
    return short_degrees_[v] < many ? short_degrees_[v] : out_degree(v);
  }
  /// Wᵥ; added with compensation: relative error below 2⁻⁵², none without weights.
  double out_weight(std::int32_t v) const { return weighted() ? sums_[v] : out_degree(v); }
  /// Weight of the arc v → v, 0 where there is none. O(log degree).
  double loop(std::int32_t v) const;

  /// Makes the in-arcs, a bounded piece at a time: `done`, `running`, or `failed` for want of
  /// memory. O(nnz) in all, nothing for an undirected graph.
  TaskState prepare_in_arcs(Budget& budget);
  /// All of it in one call.
  Status ensure_in_arcs();
  bool has_in_arcs() const { return undirected_ || stage_ == Stage::ready; }
  /// Row v lists the u with u → v, ascending, with the weights wᵤᵥ. After `prepare_in_arcs`.
  Arcs in() const;

  /// Of an undirected graph, to be stepped by who asks.
  Components& components() { return components_; }

  std::size_t bytes() const;

 private:
  enum class Stage { none, counting, summing, scattering, ready };
  Graph() = default;
  Fault measure();
  Fault measure_rows(std::int32_t begin, std::int32_t end);
  Status measure_symmetry();
  /// Whether rows [begin, end) have their arcs both ways.
  bool mirrored(std::int32_t begin, std::int32_t end, std::int32_t* cursor) const;
  void note_weight(std::int32_t v, double weight);

  std::int32_t n_ = 0;
  Buffer<std::int32_t> indptr_;
  Buffer<std::int32_t> indices_;
  Buffer<double> weights_;
  Buffer<double> sums_;  ///< W, with weights only
  Buffer<std::uint8_t> short_degrees_;
  bool undirected_ = false;
  std::int32_t loops_ = 0;
  std::int32_t dangling_ = 0;
  std::int32_t max_degree_ = 0;
  double volume_ = 0;
  double max_weight_ = 0;
  std::int32_t heaviest_[64] = {};
  std::size_t heavy_count_ = 0;

  Components components_;
  Stage stage_ = Stage::none;
  std::int32_t at_ = 0;
  Buffer<std::int32_t> in_indptr_;
  Buffer<std::int32_t> in_indices_;
  Buffer<double> in_weights_;
};

/// The rows of A = I − (1−α)P, read from the out-arcs. With the teleport probability α the
/// personalized PageRank of a distribution s is π = α·A⁻ᵀs, so the forward push, which solves with
/// Aᵀ, takes the rows of A. A is strictly row dominant: A·1 ≥ α·1.
///
/// A dangling row is that of the identity, or α on the diagonal where `self` keeps the walk. Under
/// `source` the identity row drops the walk: π is then proportional to α·A⁻ᵀs and sums to 1. O(1) a
/// line, O(log degree) in a graph with self-loops.
class TransitionRows final : public Lines {
 public:
  TransitionRows(const Graph& graph, double teleport, Dangling dangling)
      : graph_(graph), teleport_(teleport), dangling_(dangling) {}

  std::int64_t size() const override { return graph_.vertices(); }
  bool get(std::int64_t v, Line& line) override;

 private:
  const Graph& graph_;
  double teleport_;
  Dangling dangling_;
};

/// The columns of the same matrix, read from the in-arcs: for the backward push, which solves A x =
/// α·eₜ, xᵤ = πᵤ(t). The entry at u has the degree of u in it, not that of the line's own vertex.
/// O(in-degree) a line. The graph must have its in-arcs; `reserve` before the first line.
class TransitionColumns final : public Lines {
 public:
  TransitionColumns(const Graph& graph, double teleport, Dangling dangling)
      : graph_(graph), teleport_(teleport), dangling_(dangling) {}

  /// Room for the longest line; O(n). `out_of_memory`.
  Status reserve();
  std::int64_t size() const override { return graph_.vertices(); }
  bool get(std::int64_t v, Line& line) override;

 private:
  const Graph& graph_;
  double teleport_;
  Dangling dangling_;
  Buffer<double> probabilities_;
};

}  // namespace lacuna
