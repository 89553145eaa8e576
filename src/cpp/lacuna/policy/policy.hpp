#pragma once
#include <limits>
#include <memory>

#include "lacuna/policy/arms.hpp"
#include "lacuna/policy/beliefs.hpp"
#include "lacuna/policy/exploration.hpp"
#include "lacuna/policy/features.hpp"
#include "lacuna/policy/plan_memory.hpp"
#include "lacuna/policy/state_reader.hpp"

namespace lacuna {

/// How much a policy may do of its own. The numbers are part of the binary interface.
enum class Learning : std::int32_t {
  off = 0,     ///< always the rules
  memory = 1,  ///< what worked on a pattern, else the rules
  full = 2,
};

/// Why an arm was proposed.
enum class Source : std::int32_t {
  rules = 0,      ///< learning is off, or nothing else fits
  memory = 1,     ///< it worked on this pattern
  bandit = 2,     ///< least drawn score, or least expected one without exploring
  challenge = 3,  ///< tried against the plan that is remembered for the pattern
  observed = 4,   ///< not proposed, but run all the same: as what followed, or in training
};

struct PolicySettings {
  std::uint64_t seed = 0;
  Learning learning = Learning::full;
  /// Whether second plans are proposed.
  bool speculate = false;
  /// A challenger is cut off at this multiple of what the best known plan is expected to cost.
  double cutoff = 1.25;
  /// A remembered plan is cut off at this multiple of what it has cost.
  double trial = 2;
  std::size_t memory_entries = 1024;
};

/// What a decision was made on, for one arm that fits.
struct Candidate {
  int arm = 0;
  ArmForecast forecast;
  double prior = 0;  ///< ln of cost by the prior table
  double score = 0;  ///< least wins: drawn, or expected without exploring
  double rise = 0;   ///< of the mean in the forecast, of an arm that was never run
  /// Of which nothing need be risked: the base plan, or one that is known to be cheaper.
  bool safe = false;
};

struct Decision {
  int arm = Arms::rules;
  Source source = Source::rules;
  /// In model units; infinite where there is none.
  double limit = std::numeric_limits<double>::infinity();
  /// −1, or an arm to be run beside the first, and its limit.
  int second = -1;
  double second_limit = 0;
  int bucket = 0;
  std::uint64_t signature = 0;
  /// Whether the pattern has an entry in memory, as it was.
  bool remembered = false;
  PlanEntry entry;
  /// The base plan, see `base_plan`, and what is expected of it.
  int base = Arms::rules;
  ArmForecast base_forecast;
  /// Units that exploring may lose now.
  double allowance = 0;
  int candidate_count = 0;
  std::array<Candidate, Arms::capacity> candidates;
};

/// Counts since the beginning.
struct PolicyCounts {
  double proposals = 0;
  double records = 0;
  double certified = 0;
  double censored = 0;
  double from_memory = 0;
  double challenges = 0;
  double challenges_won = 0;
  double speculations = 0;
  double speculations_won = 0;

  bool operator==(const PolicyCounts&) const = default;
};

/// Chooses among `Arms` by Thompson sampling (Thompson, Biometrika 25, 1933; Agrawal & Goyal, ICML
/// 2013): for every arm that fits, ln of cost and the chance of a certificate are drawn from what
/// is known (`Beliefs`), and the least ln cost − ln chance wins. Arms expected to cost more than
/// five times the best, or more than the best by a standard deviation, are left out; one that was
/// never run is expected to cost at least 5 % more than the rules, so that a policy without
/// experience prefers what `auto` does. Without exploring the least expected one wins of those
/// whose cost is known within a factor of 1.4. What worked on the same pattern before is tried
/// first
/// (`PlanMemory`).
///
/// Exploring has a budget (`Ledger`), one for each shape of matrices: a plan that is not known to
/// be cheaper than the base plan (`base_plan`) is run only within a limit that the allowance
/// affords; else the least expected one of those that are takes its place. Known to be cheaper is
/// what came to a certificate on matrices of the shape more often than not, and is expected to cost
/// less by more than its standard deviation.
///
/// The same seed and history give the same choices on every target. Nothing that a policy proposes
/// can make an answer wrong: the solver certifies it, and goes on by the rules where it fails.
/// A proposal takes O(arms·length²) time, a record O(length³).
class Policy {
 public:
  /// `invalid_argument` for settings outside their domains, `out_of_memory`.
  static Result<std::unique_ptr<Policy>> create(const PolicySettings& settings);

  const Arms& arms() const { return arms_; }
  const PolicySettings& settings() const { return settings_; }
  const PolicyCounts& counts() const { return state_.counts; }
  const Beliefs& beliefs() const { return state_.beliefs; }
  const PlanMemory& memory() const { return state_.memory; }
  /// What exploring has cost on matrices of a shape.
  const Ledger& ledger(int shape) const { return state_.ledgers[shape]; }
  std::uint64_t random_state() const { return state_.random.state(); }

  /// Features of a matrix: a pass over its rows and a search of a part of its graph; the fill
  /// predicted from that is kept for the last 16 patterns. No entry is read more than five times on
  /// average: the pass, the hash of the pattern, of unsymmetric ones the columns, of symmetric ones
  /// a sample of 2,048 rows, and two of the search. `out_of_memory`.
  Result<Features> measure(const CsrView& a, double rhs_count, double rtol);
  /// Entries that the searches of `measure` have read.
  std::int64_t searched() const { return searched_; }

  /// Chooses an arm that agrees with what is fixed. Without `explore` the least expected score
  /// wins, nothing is drawn and nothing counted.
  void propose(const Features& features, const Arm& fixed, bool explore, Decision& decision);

  /// Learns from a run of `arm`, of whatever source; of one that was proposed, the ledger too. With
  /// learning off nothing is.
  void record(const Features& features, int arm, Source source, const RunOutcome& outcome);
  /// Counts a race of two plans.
  void record_race(bool second_won);

  /// Keeps a copy of everything learned, in place of an earlier one; `rollback` goes back to it.
  /// `out_of_memory`, and `not_ready` without a checkpoint; all is as before then.
  Status checkpoint();
  Status rollback();

  /// Adds what `other` learned beyond `base` (null: beyond nothing); what exploring may cost stays
  /// as it is. `shape_mismatch` where the arms are not the same.
  Status merge(const Policy& other, const Policy* base);

  /// All that was learned, and where the generator is, as JSON: schema "lacuna-policy", what
  /// nothing was learned of left out. Settings are no part of it. `out_of_memory`.
  Status write(Buffer<char>& text) const;
  /// Takes such a text, of this version or an earlier one; of one that measured features in another
  /// way, what worked on patterns alone. Where it is refused, nothing has
  /// changed; with more patterns than are kept here, the least worthy go. A checkpoint stays.
  StateFault restore(std::string_view text);

 private:
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  /// All that is learned.
  struct State {
    SeededRandom random;
    PolicyCounts counts;
    Beliefs beliefs;
    PlanMemory memory;
    std::array<Ledger, Context::shapes> ledgers{};

    Status copy_from(const State& other);
  };

  struct KnownPattern {
    std::uint64_t hash = 0;
    PredictedFill fill;
    std::uint64_t used = 0;
  };

  Policy() = default;
  Status reset_beliefs(Beliefs& beliefs) const;
  ArmForecast forecast(int arm, const Features& features, const Context& context) const;
  void weigh(const Features& features, const Context& context, std::uint64_t fitting, bool explore,
             Decision& decision);
  void choose(const Features& features, Decision& decision, bool explore) const;
  void choose_unknown(const Features& features, Decision& decision, bool explore) const;
  void book(const Features& features, const Context& context, int arm, const RunOutcome& outcome);
  void consider_second(Decision& decision) const;

  static constexpr std::size_t known_patterns = 16;

  Arms arms_;
  PolicySettings settings_;
  State state_;
  std::unique_ptr<State> kept_;
  std::array<KnownPattern, known_patterns> known_{};
  std::uint64_t measured_ = 0;
  std::int64_t searched_ = 0;
};

const char* source_name(Source source);

}  // namespace lacuna
