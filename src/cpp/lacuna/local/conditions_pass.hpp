#pragma once
#include <cstdint>
#include <optional>

#include "lacuna/base/task.hpp"
#include "lacuna/local/conditions.hpp"

namespace lacuna {

constexpr std::int32_t max_power_steps = 32;

/// Measures a square matrix and finds weights for both sides, in slices: strictly dominant ones get
/// 1/δ, sharpened by Jacobi sweeps on ⟨A⟩w = 1 where margins differ much between rows; others a few
/// power steps towards ⟨A⟩⁻¹1.
///
/// One pass over A for the margins, one to prove the weights, and between them a sweep each: of a
/// dominant matrix as many as bring something, 8 at the most, else up to `max_power_steps`. 16n
/// bytes besides the weights that are kept.
class ConditionsPass {
 public:
  /// `symmetric`: A = Aᵀ to the last bit, so that one side serves both; else `transposed` must be
  /// Aᵀ, or null, and columns stay unknown. Both have to stay alive. `not_square`.
  Status begin(const CsrView& a, bool symmetric, const CsrView* transposed);

  /// Begins with weights that are to be proven for A, and nothing else.
  void begin_weights(const CsrView& a, Buffer<double>&& w);

  /// `failed` for want of memory: nothing is lost, the next call goes on.
  TaskState step(Budget& budget);

  /// Once done.
  Conditions take() { return std::move(found_); }

 private:
  enum class Phase { scan, fill, sweep, prove, scale, contract, done };

  void start(const CsrView& a);
  void open_side(const CsrView& a);
  Weights& weights() { return columns_ ? found_.columns : found_.rows; }
  /// A function of its own, entered many times: engines use faster code from the next entry on.
  [[gnu::noinline]] void visit(std::int32_t begin, std::int32_t end);
  void scan(std::int32_t begin, std::int32_t end);
  void sweep(std::int32_t begin, std::int32_t end);
  Status advance();
  Status end_scan();
  void end_sweep();
  Status end_proof();
  Status settle();
  Status end_side();

  Conditions found_;
  std::optional<CsrView> a_;  ///< the side in work
  std::optional<CsrView> transposed_;
  bool columns_ = false;
  Phase phase_ = Phase::done;
  std::int32_t row_ = 0;

  // Of the scan.
  double margin_ = 0;
  double contraction_ = 0;
  double row_sum_ = 0;
  std::int64_t first_weak_ = -1;
  double off_diagonal_ = 0;  ///< entries
  bool positive_diagonal_ = true;
  bool nonpositive_off_ = true;
  bool zero_sums_ = true;

  // Of the weights.
  Buffer<double> w_;
  Buffer<double> next_;
  std::int32_t sweeps_ = 0;
  double factor_ = 0;  ///< first what w starts from, then what makes ⟨A⟩w ≥ 1
  double before_ = 0;  ///< Σw before the sweep
  double sum_ = 0;
  double least_ = 0;
  double largest_ = 0;
};

}  // namespace lacuna
