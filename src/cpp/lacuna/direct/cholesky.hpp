#pragma once
#include <memory>

#include "lacuna/direct/factorization.hpp"
#include "lacuna/direct/numeric_cholesky.hpp"
#include "lacuna/direct/supernodal_solve.hpp"
#include "lacuna/direct/supernodes.hpp"
#include "lacuna/direct/symbolic.hpp"

namespace lacuna {

/// L·Lᵀ of a symmetric positive definite matrix, supernodal or, where L has less than
/// `simplicial_flops` for each of its entries, by columns: `Symbolic`, `NumericCholesky` and
/// `SupernodalSolve` behind the interface of all direct methods. Every phase runs in slices.
///
/// A new factor is computed beside the earlier one where memory allows, so that one that fails or
/// is not finished leaves the earlier one in force; where it does not, in its place.
class Cholesky final : public Factorization {
 public:
  /// Flops per entry of L from which on panels are faster, measured.
  static constexpr double simplicial_flops = 25;

  /// Panels whatever the flops, for analyses to come: to hold one against the other.
  void keep_panels() { panels_ = true; }

  Fault begin_analyze(const CsrView& a) override;
  Fault begin_factorize(const CsrView& a) override;
  TaskState step(Budget& budget) override;
  Fault fault() const override { return fault_; }
  void cancel() override { end({}); }
  double progress() const override;

  Status solve(std::span<const double> b, std::span<double> x, bool transposed) override;
  std::unique_ptr<Substitution> substitution() override;
  bool has_substitution() const override { return true; }

  bool solves_transposed() const override { return true; }
  FactorInfo info() const override { return info_; }
  std::optional<Determinant> determinant() const override;
  double failed_pivot() const override { return failed_pivot_; }

  const Supernodes& structure() const { return structure_; }
  /// The panels; empty before the first factorization that succeeded.
  std::span<const double> values() const { return values_.span(); }
  /// Takes over a factor that was computed before (see `CholeskyImport`), in place of any other.
  void adopt(Supernodes&& structure, Buffer<double>&& values);
  /// For `CholeskyUpdate`.
  std::span<double> values() { return values_.span(); }

 private:
  enum class Phase { idle, analyze, factorize };

  void describe();
  TaskState end(Fault fault);

  Phase phase_ = Phase::idle;
  Fault fault_;
  bool panels_ = false;
  bool analyzed_ = false;
  bool factored_ = false;
  FactorInfo info_;
  double failed_pivot_ = 0;
  std::unique_ptr<Symbolic> symbolic_;
  std::unique_ptr<NumericCholesky<double>> numeric_;
  Supernodes structure_;
  Buffer<double> values_;
  SupernodalSolve<double> solve_;
};

}  // namespace lacuna
