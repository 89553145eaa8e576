#pragma once
#include "lacuna/local/query.hpp"
#include "lacuna/local/walks.hpp"

namespace lacuna {

/// One number tᵀA⁻¹b by local methods, t and perhaps b sparse. Plans while it runs: an adjoint push
/// in stretches of growing work, after each of which `Forecast` tells what is still to come; the
/// push is the first part of every deterministic and of the bidirectional way, so that little is
/// lost by a change of mind. What is cheapest goes on: the push, walks for the rest (where a
/// confidence below 1 will do), a push from b as well (where b is sparse), or a full solve, which
/// is the caller's (`Outcome::wants_full`).
///
/// Its tables are kept from query to query. Not for two queries at a time.
class LocalQuery {
 public:
  enum class Outcome : std::int32_t {
    running = 0,
    done = 1,
    failed = 2,
    needs_lines = 3,  ///< rows or columns that were asked for
    needs_rhs = 4,    ///< values of an on-demand right-hand side
    wants_full = 5,   ///< a full solve is cheaper, or asked for; the report says what is known
  };

  /// Starts a query with t = 0; then `add_target`. Everything of `problem` must outlive it.
  void begin(const QueryProblem& problem, const QuerySettings& settings);
  Status add_target(std::int64_t v, double weight);

  Outcome step(Budget& budget);
  /// After `wants_full`: it takes so much instead, for as many. `step` decides anew.
  void reprice(double full_cost, double shared_by) {
    settings_.full_cost = full_cost;
    settings_.full_shared_by = shared_by;
  }
  /// Ends it now with the best value and the bound that it has reached.
  void stop(Reason reason);

  /// Lines or values that were missing have come.
  void supplied();

  const QueryReport& report() const { return report_; }
  Fault fault() const { return fault_; }
  double progress() const;

  /// The adjoint push: p and s = t − Aᵀp, for whoever continues from them.
  Push& adjoint() { return adjoint_; }
  const Push& adjoint() const { return adjoint_; }
  Push& forward() { return forward_; }

 private:
  enum class Stage { begin, push, evaluate, series, table, walk, finished };

  Outcome begin_query();
  /// Whether a full solve is there to fall back to, within `max_work`.
  bool full_allowed() const;
  /// Its share of the cost of a full solve, ∞ where none is allowed.
  double full_share() const;
  /// Asks for the full solve, unless that is all that was to be known or costs too much.
  Outcome ask_full();
  /// Without a local way on: asks for the full solve where it may, else ends.
  Outcome give_up(Reason reason);
  /// Notes a prediction, once. True where the query is not to go on.
  bool predicts(double total);
  /// b becomes what the forward push starts from.
  Status begin_forward();
  /// The push whose turn it is goes on for so many entries and pushes.
  Outcome begin_stretch(double entries);
  Outcome push_on(Budget& budget);
  Outcome evaluate(Budget& budget);
  Outcome decide();
  Outcome begin_walks();
  /// The Neumann series, where it was asked for.
  Outcome sum_series(Budget& budget);
  Outcome build_table(Budget& budget);
  Outcome walk(Budget& budget);
  /// The interval of the walks, where it is better than what the push proves.
  void take_walks();
  Outcome finish(Reason reason);
  Outcome fail(Fault fault);
  void book();

  /// Entries of the first stretch.
  static constexpr double first_stretch = 400;
  /// The same, as a share of a full solve and at the most, where that is the only alternative.
  static constexpr double early = 0.002;
  static constexpr double last_stretch = 6000;
  /// At the most where a push from b may come in.
  static constexpr double two_sided_stretch = 1500;
  /// Work before which a forecast is not believed, as a share of that of the alternative.
  static constexpr double patience = 0.05;

  double tolerance() const;
  double factor() const;
  /// What the tolerance will be like once the value is known better.
  double expected_target() const;
  /// How fast −ln(residual) grows with the work of sweeps over the whole matrix.
  double sweep_rate(double contraction, PushOrder order) const;
  /// What a sweep over the rows leaves, in one norm or the other.
  double contraction() const;
  /// Work from here until a push alone reaches a bound of `target`, on the side that promises more.
  double push_cost(double target) const;
  /// Whether walks could take less than `pushing` at all.
  bool may_pay(double pushing, double target) const;
  /// Decides which push gets the next stretch, `pushing` being what is left to do.
  void choose_side(double pushing);
  /// Whether walks have what they rest on: weights, or for rows on demand a margin.
  bool walkable() const;
  /// Cost of walks to an answer within `target`, once the residual has fallen to the share `left`
  /// and what it touches has grown by `grown`.
  double walk_cost(double left, double target, double grown = 1) const;

  QueryProblem problem_;
  QuerySettings settings_;
  QueryReport report_;
  Fault fault_;
  Stage stage_ = Stage::begin;
  Push adjoint_;
  Push forward_;
  PushOrder order_ = PushOrder::buckets;
  Neumann series_;
  double series_goal_ = 0;
  double series_limit_ = 0;  ///< entries before it is foreseen what is left
  bool two_sided_ = false;
  bool push_forward_ = false;  ///< the side whose turn it is
  bool spent_[2] = {};         ///< a side that cannot get further: rounding, or nothing left
  Forecast forecast_[2];       ///< of the two residuals
  Forecast of_bound_;          ///< of the bound, over the work of both sides
  double initial_ = 0;         ///< weighted sum of t
  double stretch_ = 0;         ///< entries and pushes that are left of it
  double share_ = 1;           ///< of the tolerance that a push aims at
  double eased_ = 0;           ///< residual that ends the stretch, while the value is hardly known
  bool forward_begun_ = false;
  double inner_ = 0;
  double inner_size_ = 0;
  Certified certified_;
  Walks walks_;
  double walk_pad_ = 0;
  Push::Outcome pushed_ = Push::Outcome::running;
};

}  // namespace lacuna
