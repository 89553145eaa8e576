#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

#include "lacuna/direct/condition.hpp"
#include "lacuna/direct/factorization.hpp"
#include "lacuna/direct/single_factors.hpp"
#include "lacuna/sparse/transposed.hpp"

namespace lacuna {

/// In which precision factors are computed; `automatic`: in single precision where that is faster.
enum class Precision : std::int32_t { full = 0, mixed = 1, automatic = 2 };

/// Why factors in double precision were computed although others had been asked for.
enum class Fallback : std::int32_t {
  none = 0,
  method = 1,           ///< it has none in single precision
  breakdown = 2,        ///< a pivot failed once rounded
  ill_conditioned = 3,  ///< refinement would be slow or in vain
  columns = 4           ///< LU: no block is worth dense fronts
};

struct MixedSettings {
  /// Single precision only where that is faster.
  bool automatic = false;
  /// What the factors in double precision may take. `over_budget` beyond it.
  double max_bytes = std::numeric_limits<double>::infinity();
  /// Where Aᵀ is or will be, for solves with it; null where A is symmetric. Whoever owns it resets
  /// it when values change.
  Transposed* transposed = nullptr;
};

/// Factors in single precision whose solves are as accurate as in double precision: see
/// `RefinedSolve`. Half the memory, and about half the time of the numeric phase. A method gives
/// its two numeric phases, the one in double precision with the analysis that serves both.
///
/// A is scaled by powers of two so that its largest entries are near 1, then rounded (Higham,
/// Pranesh & Zounon, "Squeezing a matrix into half precision, with an application to solving linear
/// systems", SISC 41, 2019): nothing can overflow. Where the pivots leave doubts, the condition of
/// the scaled matrix in the ∞-norm is estimated from the factors (`OneNormEstimate`), and GMRES-IR
/// takes the place of plain refinement from `stagnation_condition` on, elsewhere once that
/// stagnates; growth of the elements counts as condition. Beyond `most_condition`, and where a
/// pivot fails, the factors are computed in double precision; so are, from then on, those of new
/// values. `automatic` prefers that from `stagnation_condition` on, and for small systems.
///
/// A new factor is computed beside the earlier one, which stays in force until it succeeds. Unlike
/// those of other methods it refers to A, which has to stay alive and unchanged.
class MixedFactorization : public Factorization {
 public:
  static constexpr double stagnation_condition = 0x1p20;
  static constexpr double most_condition = 0x1p30;

  Fault begin_analyze(const CsrView& a) override;
  Fault begin_factorize(const CsrView& a) override;
  TaskState step(Budget& budget) override;
  Fault fault() const override { return fault_; }
  double progress() const override;
  void cancel() override { end({}); }

  Status solve(std::span<const double> b, std::span<double> x, bool transposed) override;
  /// A `RefinedSolve` where the factors in force are single ones.
  std::unique_ptr<Substitution> substitution() override;
  bool has_substitution() const override { return true; }

  bool solves_transposed() const override { return true; }
  FactorInfo info() const override;
  /// None of single factors: it would be of their precision. Neither is their inertia told.
  std::optional<Determinant> determinant() const override;
  double failed_pivot() const override { return full().failed_pivot(); }

  /// Whether the factors in force are in single precision.
  bool single() const { return singles_ != nullptr; }
  /// Those in double precision, null where others are in force.
  Factorization* exact() { return single() ? nullptr : &full(); }
  Fallback fallback() const { return fallback_; }
  /// Of the scaled matrix, −1 where it was not in doubt.
  double condition() const { return condition_; }

 protected:
  explicit MixedFactorization(const MixedSettings& settings) : settings_(settings) {}

  /// The method in double precision.
  virtual Factorization& full() = 0;
  const Factorization& full() const { return const_cast<MixedFactorization*>(this)->full(); }
  /// Null where memory is short.
  virtual std::unique_ptr<SingleNumeric> make_numeric() = 0;
  /// Of what was analyzed: whether there is anything to compute in single precision, and whether
  /// that is faster as a whole.
  virtual bool suits() const { return true; }
  virtual bool worth() const = 0;
  /// What the numeric phase allocates at the most, with what stays of the analysis.
  virtual double single_bytes() const = 0;
  /// Multiplications and additions of the numeric phase for each of a solve from which on single
  /// precision is faster as a whole: it saves half of the former, and a solve takes two more
  /// substitutions, an estimate of the condition five.
  static bool pays(double flops, double solve_flops, double ratio) {
    return flops >= ratio * solve_flops;
  }

 private:
  enum class Phase { idle, analyze, singles, estimate, exact };

  TaskState end(Fault fault);
  bool wanted() const;
  Fault begin_exact(Fallback reason);
  TaskState fall_back(Fallback reason);
  TaskState end_singles();
  TaskState ask();
  void answer();
  TaskState judge();
  double scaled_norm() const;

  MixedSettings settings_;
  bool analyzed_ = false;
  Phase phase_ = Phase::idle;
  Fault fault_;
  Fallback fallback_ = Fallback::none;
  Fallback reason_ = Fallback::none;  // of what is under way
  double condition_ = -1;
  double found_condition_ = -1;  // of what is under way
  std::optional<CsrView> a_;     // of the factors in force
  std::optional<CsrView> next_a_;
  std::unique_ptr<SingleFactors> singles_;
  std::unique_ptr<SingleFactors> next_;
  std::unique_ptr<SingleNumeric> numeric_;
  OneNormEstimate estimate_;
  bool of_transpose_ = false;  // the product that was asked for
  Buffer<double> image_;
  std::unique_ptr<Substitution> solve_;
};

}  // namespace lacuna
