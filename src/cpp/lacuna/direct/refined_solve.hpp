#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/direct/factorization.hpp"
#include "lacuna/direct/inner_gmres.hpp"
#include "lacuna/direct/single_factors.hpp"
#include "lacuna/sparse/csr.hpp"
#include "lacuna/sparse/residual.hpp"
#include "lacuna/sparse/transposed.hpp"

namespace lacuna {

/// What it took to make a solution as good as one by factors in double precision.
struct Refinements {
  std::int32_t steps = 0;       ///< corrections that were kept
  std::int32_t iterations = 0;  ///< of GMRES within them
  double flops = 0;
};

/// Solves with factors in single precision, as accurately as if they were in double precision: the
/// substitutions are refined by residuals in double precision and beyond, up to 16 right-hand sides
/// together, until the componentwise backward error is a few roundoffs or no longer falls by half,
/// nor the residual as a whole to a quarter, which comes first where rows differ in size. Where
/// that is before it is small, steps of GMRES-IR go on: see `InnerGmres`. A column of X has the
/// same bits whether it is solved alone or among others. Scratch: (2·min(k, 16) + 1)·n doubles
/// besides that of the substitution, that of `InnerGmres` once it is needed, and Aᵀ where that is
/// solved with.
class RefinedSolve final : public Substitution {
 public:
  /// All have to stay alive. `at`: where Aᵀ is, or will be made; null where A is symmetric.
  RefinedSolve(const CsrView& a, const SingleFactors& factors, Transposed* at)
      : a_(a), factors_(factors), at_matrix_(at) {}

  Status begin(std::span<const double> b, std::span<double> x, std::int32_t k,
               bool transposed) override;
  /// `failed` where memory is short.
  TaskState step(Budget& budget) override;

  /// Of all right-hand sides so far.
  double flops() const { return flops_; }
  /// Of a right-hand side of the last `begin`.
  const Refinements& refinements(std::int32_t column) const { return counts_[column]; }

 private:
  enum class Stage { transpose, substitute, measure, iterate, done };

  std::span<const double> rhs(std::int32_t c) const { return b_.subspan((first_ + c) * n_, n_); }
  std::span<double> solution(std::int32_t c) { return x_.subspan((first_ + c) * n_, n_); }
  static std::span<double> slot(Buffer<double>& of, std::int32_t k, std::size_t n) {
    return of.span().subspan(k * n, n);
  }
  /// A or Aᵀ.
  CsrView matrix() const { return transposed_ ? at_matrix_->view() : a_; }
  Status open_batch();
  void exchange(std::int32_t c, std::span<double> d);
  void open_measure();
  double error() const;
  double scaled_residual() const;
  bool accept(std::int32_t c, std::span<double> before);
  Status judge();
  Status judge_iterated();
  Status next_iterated();
  void book(std::int32_t c, double flops);

  CsrView a_;
  const SingleFactors& factors_;
  Transposed* at_matrix_;
  bool transposed_ = false;
  std::span<const double> b_;
  std::span<double> x_;
  std::int32_t k_ = 0;
  std::size_t n_ = 0;
  Stage stage_ = Stage::done;
  std::int32_t first_ = 0;        // column of X that is first of those in work
  std::int32_t together_ = 0;     // columns in work
  std::int32_t active_[breadth];  // those that are being corrected
  double error_[breadth];
  double residual_[breadth];  // largest of S·r
  bool stagnant_[breadth];
  std::int32_t count_ = 0;  // active ones
  std::int32_t at_ = 0;     // active one that is being measured, or the column that GMRES works on
  std::int32_t kept_ = 0;   // active ones that go on
  std::int32_t round_ = 0;  // of corrections
  bool iterating_ = false;
  bool corrected_ = false;  // by GMRES
  std::unique_ptr<Substitution> solve_;
  InnerGmres gmres_;
  ResidualPass pass_;
  Buffer<double> r_;
  Buffer<double> d_;  // corrections, then the solutions before them
  Buffer<double> w_;  // |A||x| + |b|
  Buffer<Refinements> counts_;
  double flops_ = 0;
};

}  // namespace lacuna
