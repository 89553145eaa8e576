#pragma once
#include <cstdint>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/graph/outcome.hpp"
#include "lacuna/local/graph/workspace.hpp"
#include "lacuna/local/lines.hpp"
#include "lacuna/local/vertex_table.hpp"

namespace lacuna {

/// Poisson probabilities ψₖ = e⁻ᵗtᵏ/k! for k = 0 … K and their tails, by recurrences from the
/// largest term and a sum of positive terms: no library function.
class PoissonTerms {
 public:
  /// Terms until the tail is at most `tail`. `invalid_argument` unless 0 ≤ t ≤ 10⁵ and
  /// 1e-16 ≤ tail < 1; `out_of_memory`. O(t + 1).
  Status make(double t, double tail);

  std::int32_t last() const { return last_; }
  double term(std::int32_t k) const { return terms_[static_cast<std::size_t>(k)]; }
  /// Upper bound on Σ of ψⱼ over j > k.
  double beyond(std::int32_t k) const { return beyond_[static_cast<std::size_t>(k)]; }
  /// Bound on Σ |error of ψₖ| over k ≤ K.
  double error() const { return error_; }
  std::size_t bytes() const { return terms_.bytes() + beyond_.bytes(); }

 private:
  Buffer<double> terms_;
  Buffer<double> beyond_;
  std::int32_t last_ = 0;
  double error_ = 0;
};

/// Heat kernel of a random walk from a seed s: the row vector
///     h = sᵀ e^{−t(I−P)} = Σ ψₖ sᵀPᵏ,   ψₖ = e⁻ᵗtᵏ/k!,
/// P the row-stochastic matrix of the out-arcs (weights over their sum; a vertex without out-arcs
/// keeps what reaches it). A probability distribution: the walk after Poisson(t) many steps.
///
/// Truncated Taylor series on the vertices it reaches, in the spirit of Kloster & Gleich (KDD
/// 2014): sᵀPᵏ is carried from one k to the next, and mass too small to matter is dropped before it
/// spreads. All terms are positive and P keeps mass, so nothing is estimated: h̃ ≤ h entry by entry
/// but for rounding, and
///     ‖h − h̃‖₁ = Σₖ (mass dropped before step k + 1)·(Σ of ψⱼ, j > k) + (Σ of ψⱼ, j > K),
/// which is counted as it goes. K and the mass that may be dropped follow from the goal.
///
/// The source gives lines of out-arcs with weights, 0 or in 2⁻⁵⁰⁰ … 2⁵⁰⁰ (loops count; the diagonal
/// is not looked at). Cost: the out-arcs of what is not dropped, once for each of at most t +
/// O(√(t·log 1/ε)) terms; 40 bytes a touched vertex, its place in two lists, and the index.
class HeatKernel {
 public:
  struct Vertex {
    std::int64_t id;
    double value;  ///< h̃
    double mass;   ///< of the power of P that is being made
    double out;    ///< sum of the weights of its line, −1 before it was read
    std::uint32_t home;
    std::uint32_t active;  ///< 1: among those with mass
  };

  /// Starts over with all mass at `seed`; `error`: bound on ‖h − h̃‖₁ to be reached, rounding set
  /// aside. `invalid_argument` unless 0 ≤ t ≤ 10⁵ and 1e-15 ≤ error < 1; `index_out_of_range`,
  /// `out_of_memory`. O(t).
  Status begin(Lines& arcs, std::int64_t seed, double t, double error);

  /// `max_entries`: entries that may be touched before it ends as `limit`, with what remains of the
  /// series in the bound; a higher limit later takes it on. `failed`: `invalid_argument` with a
  /// vertex that has a weight outside the range above, `index_out_of_range`, `out_of_memory`.
  GraphOutcome step(double max_entries, Budget& budget);

  /// Bound on ‖h − h̃‖₁, so on the error of each entry, those of untouched vertices too: at any
  /// time.
  double bound() const;
  /// h̃ at a vertex, 0 where it was not touched.
  double value(std::int64_t v) const {
    const std::uint32_t k = table_.find(v);
    return k == VertexTable<Vertex>::none ? 0 : table_[k].value;
  }
  std::uint32_t touched() const { return table_.size(); }
  const Vertex& vertex(std::uint32_t k) const { return table_[k]; }
  double entries() const { return entries_; }
  std::int32_t terms() const { return k_; }
  /// Share of the terms that are through.
  double progress() const { return static_cast<double>(k_) / (terms_.last() + 1.0); }
  Fault fault() const { return fault_; }
  std::size_t bytes() const {
    return table_.bytes() + terms_.bytes() + now_.bytes() + next_.bytes() + amount_.bytes();
  }

 private:
  enum class Stage { collect, spread, done };

  GraphOutcome fail(Fault fault) {
    fault_ = fault;
    return GraphOutcome::failed;
  }
  bool collect(Budget& budget);
  void choose();
  GraphOutcome spread(double max_entries, Budget& budget);
  /// Adds up weights along a piece of a line, or moves mass along it; `done` at its end.
  GraphOutcome weigh(std::uint32_t from, const Line& line);
  GraphOutcome scatter(std::uint32_t from, const Line& line, double amount);
  Status make_room(std::int32_t count);
  void give(std::uint32_t to, double amount);
  void finish_power();

  Lines* arcs_ = nullptr;
  PoissonTerms terms_;
  VertexTable<Vertex> table_;
  std::int32_t k_ = 0;  ///< of the power that is held
  Stage stage_ = Stage::collect;
  graph_detail::Pass pass_;
  Fault fault_;

  Buffer<std::uint32_t> now_;  ///< vertices with mass in the present power
  Buffer<double> amount_;      ///< and that mass
  std::uint32_t now_count_ = 0;
  Buffer<std::uint32_t> next_;
  std::uint32_t next_count_ = 0;

  static constexpr int size_classes = 128;
  double class_mass_[size_classes] = {};  ///< mass by binary exponent
  int first_class_ = 0;                   ///< that is not dropped

  std::uint32_t at_ = 0;     ///< vertex of `now_` that is spread
  std::int32_t offset_ = 0;  ///< in its line
  double sum_ = 0;           ///< of its weights so far

  double error_ = 0;
  double allowance_ = 0;  ///< error that dropping may still make
  double dropped_ = 0;    ///< and what it made
  double dropping_ = 0;   ///< mass dropped from the present power
  double mass_ = 1;       ///< of the present power
  double rounding_ = 0;   ///< ‖·‖₁ of rounding errors, in units of u
  double entries_ = 0;
};

}  // namespace lacuna
