#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/rhs.hpp"
#include "lacuna/local/walk_source.hpp"

namespace lacuna {

/// A term s·x[id] of what walks estimate.
struct WalkStart {
  std::int64_t id;
  double weight;
};

/// How a phase of a walk query came out.
enum class WalkOutcome : std::int32_t {
  running = 0,      ///< the budget is used up
  reached = 1,      ///< done: the target is met
  limit = 2,        ///< done: no more walks may be made, or none would help
  needs_lines = 3,  ///< every walk waits for a line that is not at hand
  needs_rhs = 4,    ///< values of the right-hand side are wanted: `LocalRhs::wanted`
  broken = 5,       ///< a line breaks the promise, see `broken_at`
  out_of_memory = 6,
};

/// Where walks start: points of the cumulated weights, one uniform point in each of m equal strata
/// for each walk of a pair. A point names the start and, by its place in the start's part, the
/// first draw: so that strata reach into the first step.
///
/// With the first step exact, x = D⁻¹b + Px is used once: Σ sₖb[vₖ]/a[vₖvₖ] is added up, and the
/// walk begins on its way to a neighbour, with weights |sₖ|qₖ, which are what remains.
class WalkStarts {
 public:
  struct Draw {
    std::int64_t where;  ///< record of the table, or vertex
    std::uint32_t u;     ///< the first draw
    std::uint32_t sign;  ///< top bit set where the weight is negative
  };

  /// Copies the starts. `index_out_of_range`, `not_finite` with the position, `out_of_memory`.
  Fault begin(std::span<const WalkStart> starts, std::int64_t size, bool exact_first_step);

  /// Reads what is needed of the lines and the right-hand side. `reached` when ready.
  WalkOutcome prepare(WalkSource& source, LocalRhs& rhs, Budget& budget);
  std::int64_t broken_at() const { return broken_at_; }

  double absolute_sum() const { return absolute_sum_; }  ///< Σ|sₖ|wₖ, rounded up
  /// S: sum of the weights of walks; the estimate is exact() + S·E[score].
  double scale() const { return count_ > 0 ? starts_[count_ - 1].end : 0; }
  double exact() const { return exact_; }
  double exact_rounding() const { return exact_rounding_; }
  /// Bound on what rounding of points does to the mean of scores of at most 1, times S.
  double point_error() const { return 160 * 0x1p-53 * static_cast<double>(count_) * scale(); }
  /// +1, −1 where all weights have one sign, else 0.
  int common_sign() const { return common_sign_; }
  std::size_t bytes() const { return starts_.bytes(); }

  /// Strata of the next batch, drawn from in ascending order.
  void begin_batch(double strata);
  Draw draw(double stratum, std::uint64_t bits);

 private:
  struct Start {
    std::int64_t where;
    double weight;       ///< s, times the weight of the table
    double end;          ///< cumulated weights
    double inverse;      ///< 1/a
    std::uint64_t skip;  ///< draws that are passed over: those that would end the walk
    std::int64_t id;
  };
  enum class Phase : std::int32_t { lines, rhs, sum, ready };

  bool read_line(WalkSource& source, Start& start, bool& missing);

  Buffer<Start> starts_;
  std::size_t count_ = 0;
  std::size_t next_ = 0;
  Phase phase_ = Phase::lines;
  bool exact_first_step_ = false;
  bool missing_ = false;
  int common_sign_ = 0;
  std::int64_t broken_at_ = -1;
  double absolute_sum_ = 0;
  double exact_ = 0;
  double exact_rounding_ = 0;

  double width_ = 0;       ///< of a stratum
  std::size_t first_ = 0;  ///< first start that reaches into the stratum drawn from
};

}  // namespace lacuna
