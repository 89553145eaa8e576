#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/single_factors.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// The correction of a step of GMRES-IR, in slices: A·d = r by GMRES in double precision,
/// preconditioned from the left by factors in single precision (Carson & Higham, "A new analysis of
/// iterative refinement and its application to accurate solution of ill-conditioned sparse linear
/// systems", SISC 39, 2017; SISC 40, 2018). Works on S·A·T, by modified Gram–Schmidt and Givens
/// rotations. Ends where the preconditioned residual is `tolerance` of what it was, or after `most`
/// iterations: (most + 3)·n doubles, for each one substitution and one product with A.
class InnerGmres {
 public:
  static constexpr std::int32_t most = 24;
  static constexpr double tolerance = 1e-6;

  /// `solve`: of these factors, which nobody else may use meanwhile; they are those of Aᵀ where
  /// `transposed`, which `a` is then. r and d: n values each. Everything has to stay alive until
  /// the last step. `out_of_memory`.
  Status begin(const CsrView& a, Substitution& solve, const SingleFactors& factors, bool transposed,
               std::span<const double> r, std::span<double> d);

  /// `failed` where memory is short.
  TaskState step(Budget& budget);

  std::int32_t iterations() const { return column_; }
  double flops() const { return flops_; }

 private:
  enum class Stage { precondition, multiply, orthogonalize, combine, done };

  std::span<double> vector(std::int32_t k) { return basis_.span().subspan(k * n_, n_); }
  Status precondition(std::span<const double> r);
  void open_product();
  bool multiply(Meter& meter);
  bool orthogonalize(Meter& meter);
  void rotate(double last);
  void combine();

  std::optional<CsrView> a_;
  Substitution* solve_ = nullptr;
  double solve_flops_ = 0;
  bool transposed_ = false;
  std::span<const double> scale_;  // T
  std::span<double> d_;
  std::size_t n_ = 0;
  Stage stage_ = Stage::done;
  std::int32_t column_ = 0;   // iterations done
  std::int32_t vectors_ = 0;  // of the basis
  std::int32_t against_ = 0;  // vector that is projected out
  std::int32_t row_ = 0;      // of a product
  double flops_ = 0;
  double start_ = 0;          // norm of the preconditioned residual at first
  double h_[most][most + 1];  // by column
  double cosine_[most], sine_[most];
  double g_[most + 1];  // rotated right-hand side
  Buffer<double> basis_;
  Buffer<double> scaled_;   // T·v
  Buffer<double> product_;  // A·T·v
};

}  // namespace lacuna
