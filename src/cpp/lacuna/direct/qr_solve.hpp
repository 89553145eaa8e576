#pragma once
#include <cstdint>
#include <memory>
#include <optional>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/factorization.hpp"
#include "lacuna/direct/qr_factors.hpp"
#include "lacuna/direct/qr_plan.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Substitution with Rᵀ in panels, in slices: z, by pivots, is overwritten.
class QrSweep {
 public:
  /// For so many vectors at once. `out_of_memory`.
  Status reserve(const QrPlan& plan, std::int32_t lanes = 1);

  /// Independent columns: z ← R⁻ᵀz (`transposed`) or R⁻¹z. Of dependent ones, z counts as a given
  /// part of the solution of R·z = right-hand side, and becomes anything where `transposed`.
  void begin(const QrPlan& plan, const QrFactors& factors, bool transposed, std::int32_t lanes = 1);

  /// z: one vector after another. True once done.
  bool step(double* z, Meter& meter);

 private:
  double forward(std::int32_t s, double* z);
  double backward(std::int32_t s, double* z);
  double single(std::int32_t k, double* z) const;
  void turn(double* z, bool back);

  const QrPlan* plan_ = nullptr;
  const QrFactors* factors_ = nullptr;
  bool transposed_ = false;
  std::int32_t lanes_ = 1;
  std::int32_t at_ = 0;
  Buffer<double> side_by_side_;  // several vectors, the elements of a pivot together
  Buffer<double> below_;
  Buffer<double> work_;
};

/// What a QR factorization answers by.
struct QrAnswer {
  const QrPlan* plan = nullptr;
  const QrFactors* factors = nullptr;
  /// QR of a basis of the null space of R, columns in the order of pivots, and that basis: null
  /// where no column is dependent or minimum norm is not wanted.
  Factorization* null_space = nullptr;
  const CsrMatrix* basis = nullptr;
  /// A, where the reflections were not kept.
  const CsrMatrix* matrix = nullptr;
};

/// x ← A⁺b or (Aᵀ)⁺b, the least-squares solution of minimum norm, in slices. Up to `together`
/// right-hand sides are solved at once, so that the factors are read once for all of them; each
/// solution has the bits that it would have alone.
///
/// With B·P = Q·R, R of as many rows as its rank: least squares take Qᵀb, R⁻¹, and then out what
/// lies in the null space of R; minimum norm takes out of b what lies there, then R⁻ᵀ and Q.
/// The null space has the basis [−R₁⁻¹R₂; I], R₁ the independent and R₂ the dependent columns, and
/// what lies in it is found by least squares with that, twice, so that rounding leaves nothing.
///
/// Without Q: RᵀR·y = Bᵀb, corrected by `corrections` steps of the same with the residual (Björck,
/// "Stability analysis of the method of seminormal equations", LAA 88/89, 1987), for minimum norm
/// x = B·y with RᵀR·y = b, corrected likewise. As good as with Q while the square of the condition
/// number is below 1/ε, about.
class QrSolve final : public Substitution {
 public:
  static constexpr int corrections = 2;
  static constexpr std::int32_t together = 8;

  explicit QrSolve(const QrAnswer& answer) : answer_(answer) {}

  Status begin(std::span<const double> b, std::span<double> x, std::int32_t k,
               bool transposed) override;
  TaskState step(Budget& budget) override;

 private:
  enum class Stage {
    open,        ///< the right-hand side
    reflect,     ///< rows ← Qᵀ·rows, or Q·rows for minimum norm
    pick,        ///< pivots ← their equations
    project,     ///< pivots: what lies in the null space goes
    null_space,  ///< its coordinates are computed
    substitute,  ///< pivots ← R⁻¹·pivots, R⁻ᵀ·pivots, or both
    spread,      ///< rows ← pivots, each to its equation
    to_rows,     ///< without Q: rows ← rows ± B·pivots
    to_pivots,   ///< without Q: pivots ← Bᵀ·rows, or the right-hand side without that
    store,
    done
  };

  bool advance(Meter& meter);
  bool reflect(Meter& meter);
  bool substitute(Meter& meter);
  /// out ← B·in or Bᵀ·in; true once done.
  bool multiply(Meter& meter, bool transposed, const double* in, double* out);
  void end_project();
  void open_lanes();
  void gather(const double* from);
  void scatter(const double* from, double* to, double factor);
  Status begin_null_solve();
  void go(Stage stage) {
    stage_ = stage;
    at_ = 0;
  }

  QrAnswer answer_;
  std::span<const double> b_;
  std::span<double> x_;
  std::int32_t k_ = 0;
  bool least_squares_ = true;
  std::int32_t solved_ = 0;
  std::int32_t lanes_ = 1;  // solved at once; vectors stand one after another
  Stage stage_ = Stage::done;
  std::int32_t at_ = 0;
  int rounds_ = 0;
  bool second_sweep_ = false;
  int projections_ = 0;
  QrSweep sweep_;
  std::unique_ptr<Substitution> null_solve_;
  Buffer<double> rows_;     // of B
  Buffer<double> pivots_;   // columns of B, in the order of pivots
  Buffer<double> given_;    // minimum norm without Q: the right-hand side, in that order
  Buffer<double> sum_;      // least squares without Q: the solution so far, in that order
  Buffer<double> columns_;  // in the order of B; factor of a product
  Buffer<double> image_;    // of that product, or rows of a block, or coordinates
};

}  // namespace lacuna
