#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/task.hpp"
#include "lacuna/local/graph/personalized.hpp"
#include "lacuna/local/graph/sweep_order.hpp"
#include "lacuna/local/vertex_table.hpp"

namespace lacuna {

/// A community around the sources of a personalized PageRank: vertices in the order of p_v/W_v, and
/// of all prefixes S of that order the one with the least conductance
///     φ(S) = cut(S) / min(vol(S), vol(V) − vol(S)),
/// cut the weight of the edges that leave S, vol the sum of W (exact without weights, else to
/// rounding; a side of less than 10⁻¹² of the volume counts as none). If a set of conductance φ has
/// most of the source's mass, a prefix of conductance O(√(φ·log vol)) is found (Andersen, Chung &
/// Lang, FOCS 2006). Undirected graphs. O(vol(S_max) + k log k), k the vertices with p > 0; nothing
/// of size n. Equal p_v/W_v go by their numbers, equal conductances to the smaller set.
class SweepCut final : public Task {
 public:
  /// `rank` and its graph must outlive the task and stay as they are. `not_symmetric` for a
  /// directed graph, `out_of_memory`. O(touched).
  Fault begin(const SourceRank& rank);
  TaskState step(Budget& budget) override;
  double progress() const override;

  /// The set, in the order of p_v/W_v. Empty where no prefix leaves two sides with volume.
  std::span<const std::int32_t> vertices() const { return {order_.ids(), best_}; }
  double conductance() const { return conductance_; }
  double cut() const { return cut_; }
  double volume() const { return volume_; }
  /// Of every prefix that was looked at, by its length less one: the profile.
  std::span<const double> profile() const { return {profile_.data(), done_}; }

 private:
  struct Mark {
    std::int64_t id;
    std::uint32_t home;
    std::uint32_t rank;
  };
  enum class Phase { sort, cut, finished };

  const Graph* graph_ = nullptr;
  Phase phase_ = Phase::finished;
  SweepOrder<std::int32_t> order_;
  Buffer<double> profile_;
  VertexTable<Mark> inside_;
  std::size_t done_ = 0;
  std::size_t best_ = 0;
  double running_cut_ = 0;
  double running_volume_ = 0;
  double conductance_ = 1;
  double cut_ = 0;
  double volume_ = 0;
};

}  // namespace lacuna
