#pragma once
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/sparse/csr.hpp"
#include "lacuna/sparse/residual.hpp"

namespace lacuna {

/// Normwise backward error up to which no other method can do notably better.
constexpr double backward_stable = 1e-13;

/// A system, and when an answer to it is accepted: see `SolveSettings`.
struct CheckedSystem {
  CsrView a;              ///< A, or Aᵀ where that is solved
  double norm_inf;        ///< ‖A‖∞ of this one
  double norm_frobenius;  ///< ‖A‖F
  double rtol;
  double atol;
};

/// What one pass over A says of an answer; norms are Euclidean unless said.
struct Measured {
  double residual_norm = 0;  ///< ‖b − Ax‖
  double relative = 0;       ///< ‖b − Ax‖/‖b‖; 0 where both vanish
  double normwise = 0;  ///< ‖r‖∞/(‖A‖∞‖x‖∞ + ‖b‖∞) (Rigal & Gaches, 1967)
  double componentwise = 0;  ///< maxᵢ |r|ᵢ/(|A||x| + |b|)ᵢ (Oettli & Prager, 1964)
  double normal = -1;        ///< ‖Aᵀr‖/(‖A‖F‖r‖), rectangular systems only
  bool finite = true;
  bool accepted = false;
};

/// The answer to one right-hand side with its certificate, and iterative refinement of it as long
/// as that helps. Whoever owns the method solves for corrections:
///
///     open → certify, advance until complete → while worth_refining:
///       begin_refinement, correction ← A⁻¹·residual, add_correction,
///       certify, advance until complete, keep_correction
///
/// Scratch: 2m + n doubles.
class CheckedAnswer {
 public:
  explicit CheckedAnswer(const CheckedSystem& system) : system_(system) {}

  /// For systems of m equations and n unknowns. `out_of_memory`.
  Status reserve(std::size_t m, std::size_t n);

  /// Another right-hand side. Both spans have to stay alive.
  void open(std::span<const double> b, std::span<double> x);

  /// Starts to measure x as it stands. `direct`: what is left is of the size of rounding errors.
  void certify(bool direct) { pass_.begin(direct); }
  /// One piece; its flops.
  double advance(Budget& budget);
  bool complete() const { return pass_.complete(); }

  const Measured& measured() const { return measured_; }
  double rhs_norm() const { return rhs_norm_; }
  std::span<const double> residual() const { return r_.span(); }
  /// |A||x| + |b| of the last pass.
  std::span<const double> size() const { return w_.span(); }

  /// Whether another step may improve a direct solution; none is tried past `most`.
  bool worth_refining(int most) const;
  void begin_refinement();
  bool refining() const { return refining_; }
  /// Where the correction goes; n doubles of scratch outside of refinement.
  std::span<double> correction() { return d_.span(); }
  void add_correction();
  /// Keeps the corrected answer, once measured, if it is better, else puts the one before it back.
  bool keep_correction();
  int refinement_steps() const { return steps_; }

 private:
  void measure();

  CheckedSystem system_;
  std::span<const double> b_;
  std::span<double> x_;
  double rhs_norm_ = 0;
  ResidualPass pass_;
  Buffer<double> r_;
  Buffer<double> w_;
  Buffer<double> d_;  // the correction, then the answer before it
  Measured measured_;
  Measured unrefined_;
  bool refining_ = false;
  int steps_ = 0;
};

}  // namespace lacuna
