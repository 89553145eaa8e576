#pragma once
#include <limits>
#include <memory>
#include <optional>

#include "lacuna/direct/cholesky.hpp"
#include "lacuna/direct/condition.hpp"
#include "lacuna/direct/factorization.hpp"
#include "lacuna/direct/single_factors.hpp"
#include "lacuna/direct/supernodal_cholesky.hpp"
#include "lacuna/direct/supernodal_solve.hpp"

namespace lacuna {

/// In which precision factors are computed; `automatic`: in single precision where that is faster.
enum class Precision : std::int32_t { full = 0, mixed = 1, automatic = 2 };

/// Why factors in double precision were computed although others had been asked for.
enum class Fallback : std::int32_t {
  none = 0,
  method = 1,          ///< there is none but for Cholesky
  breakdown = 2,       ///< not positive definite once rounded
  ill_conditioned = 3  ///< refinement would be slow or in vain
};

/// Supernodal L·Lᵀ of a symmetric positive definite matrix in single precision, whose solves are as
/// accurate as in double precision: see `RefinedSolve`. Half the memory, and about half the time of
/// the numeric phase.
///
/// A is scaled to a diagonal between ½ and 2 by powers of two, then rounded (Higham, Pranesh &
/// Zounon, "Squeezing a matrix into half precision, with an application to solving linear systems",
/// SISC 41, 2019): nothing can overflow. Where a pivot is small, the condition of the scaled matrix
/// is estimated from the factors (`OneNormEstimate`), and GMRES-IR takes the place of plain
/// refinement from `stagnation_condition` on, elsewhere once that stagnates. Beyond
/// `most_condition`, and where a pivot is not positive, the factors are computed in double
/// precision; so are, from then on, those of new values. `automatic` prefers that from
/// `stagnation_condition` on, and for small systems.
///
/// A new factor is computed beside the earlier one, which stays in force until it succeeds. Unlike
/// those of other methods it refers to A, which has to stay alive and unchanged.
class MixedCholesky final : public Factorization {
 public:
  /// Flops of the numeric phase for each of a solve from which on single precision is faster as a
  /// whole: it saves half of the former, and a solve takes two more substitutions. Enough for four
  /// solves, or one and an estimate of the condition.
  static constexpr double automatic_ratio = 100;
  /// Least pivot of the scaled matrix, an upper bound on 1/condition, that is worth no estimate:
  /// refinement notices by itself if the condition is worse.
  static constexpr double sound_pivot = 0x1p-10;
  static constexpr double stagnation_condition = 0x1p20;
  static constexpr double most_condition = 0x1p30;

  /// `max_bytes`: what the factors in double precision may take. `over_budget` beyond it.
  explicit MixedCholesky(bool automatic, double max_bytes = std::numeric_limits<double>::infinity())
      : automatic_(automatic), max_bytes_(max_bytes) {}

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
  /// None of single factors: it would be of their precision.
  std::optional<Determinant> determinant() const override;
  double failed_pivot() const override { return exact_.failed_pivot(); }

  /// Whether the factors in force are in single precision.
  bool single() const { return singles_ != nullptr; }
  /// Those in double precision, null where others are in force.
  Cholesky* exact() { return single() ? nullptr : &exact_; }
  Fallback fallback() const { return fallback_; }
  /// Of the scaled matrix, −1 where it was not in doubt.
  double condition() const { return condition_; }

 private:
  enum class Phase { idle, analyze, singles, estimate, exact };

  TaskState end(Fault fault);
  bool wanted() const;
  void scale_diagonal();
  Fault begin_exact(Fallback reason);
  TaskState fall_back(Fallback reason);
  TaskState end_singles();
  TaskState ask();
  TaskState judge();
  double scaled_norm() const;

  bool automatic_;
  double max_bytes_;
  Cholesky exact_;  // with the structure of all
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
  std::unique_ptr<SupernodalCholesky<float>> numeric_;
  OneNormEstimate estimate_;
  Buffer<double> image_;
  SupernodalSolve<float> solve_;
};

}  // namespace lacuna
