#pragma once
#include <cstdint>

namespace lacuna {

/// What work costs, in units of one entry moved by a push (25 ns or so in WebAssembly, with its
/// share of all else): the fixed weights by which the ways to answer a query are compared. Counted,
/// not timed, so that the same query is answered in the same way everywhere.
namespace cost {
constexpr double push_entry = 1;
constexpr double push = 1.5;          ///< beyond its entries
constexpr double touch = 3;           ///< of a vertex for the first time
constexpr double walk_step = 2;       ///< of many walks at a time
constexpr double first_step = 8;      ///< of one start, summed exactly
constexpr double table_entry = 0.25;  ///< of a walk table that has to be built first
constexpr double flop = 0.02;         ///< of a full solve
}  // namespace cost

/// Foresees how much work a push still needs from how fast its residual has fallen so far.
///
/// With L = −ln(residual) and c the work done, the rate dL/dc falls like c^−β: β < 1 where balls
/// grow polynomially with their radius (grids, meshes), β = 1 where exponentially (expanders). β is
/// fitted to the latest three stretches and extrapolated. Once the whole matrix is covered the rate
/// stays that of sweeps over it, below which no extrapolation goes.
class Forecast {
 public:
  /// `least_rate`: dL/dc of sweeps over the whole matrix, 0 where it is endless or not known.
  void begin(double residual, double least_rate = 0);
  /// The residual after `work` in all.
  void note(double work, double residual);

  /// Work from here until the residual is `target`; ∞ where nothing can be told yet or the residual
  /// does not fall.
  double remaining(double target) const;
  /// The same from the whole course since the first stretch, taken for a power law: steadier where
  /// the residual falls in stairs, too high where it falls ever faster.
  double remaining_overall(double target) const;
  /// Fitted β, −1 before there are three stretches.
  double exponent() const { return exponent_; }
  std::int32_t stretches() const { return count_; }
  double work() const { return work_; }

 private:
  void fit();

  double work_ = 0;
  double log_ = 0;  ///< −ln(residual)
  double least_rate_ = 0;
  double begun_work_ = 0;  ///< where the latest stretch began
  double begun_log_ = 0;
  double first_work_ = 0;
  double first_log_ = 0;
  struct Stretch {
    double middle;  ///< of its work
    double rate;    ///< dL/dc
  };
  Stretch recent_[3] = {};
  std::int32_t count_ = 0;
  double exponent_ = -1;
};

}  // namespace lacuna
