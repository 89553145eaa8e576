#include "lacuna/direct/mixed_cholesky.hpp"

#include <utility>

#include "lacuna/base/power_of_two.hpp"
#include "lacuna/direct/supernodal_cholesky.hpp"
#include "lacuna/direct/supernodal_solve.hpp"

namespace lacuna {
namespace {

/// L·Lᵀ ≈ P·S·A·S·Pᵀ.
class SingleCholeskyFactors final : public SingleFactors {
 public:
  std::unique_ptr<Substitution> substitution() const override;

  const Supernodes* structure = nullptr;
  Buffer<float> values;  // panels
};

class SingleCholeskySolve final : public Substitution {
 public:
  explicit SingleCholeskySolve(const SingleCholeskyFactors& factors) : factors_(factors) {}

  Status begin(std::span<const double> b, std::span<double> x, std::int32_t k, bool) override {
    return solve_.begin(*factors_.structure, factors_.values.data(), b.data(), x.data(), k,
                        {nullptr, factors_.row_scale.data()});
  }

  TaskState step(Budget& budget) override { return solve_.step(budget); }

 private:
  const SingleCholeskyFactors& factors_;
  SupernodalSolve<float> solve_;
};

std::unique_ptr<Substitution> SingleCholeskyFactors::substitution() const {
  return std::unique_ptr<Substitution>(create<SingleCholeskySolve>(*this));
}

void scale_diagonal(const CsrView& a, Buffer<double>& scales) {
  for (std::int32_t i = 0; i < a.rows(); ++i) {
    double& scale = scales[i];
    scale = 1;
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      const double v = a.data()[p];
      if (a.indices()[p] == i && v > 0) scale = power_of_two(-(exponent_of(v) >> 1));
    }
  }
}

class SingleCholesky final : public SingleNumeric {
 public:
  SingleCholesky(const Supernodes& structure, double solve_flops)
      : structure_(structure), solve_flops_(solve_flops) {}

  Status begin(const CsrView& a) override {
    factors_.reset(create<SingleCholeskyFactors>());
    if (!factors_) return Status::out_of_memory;
    const Status status = factors_->row_scale.allocate(structure_.n);
    if (status != Status::ok) return status;
    scale_diagonal(a, factors_->row_scale);
    factors_->structure = &structure_;
    factors_->solve_flops = solve_flops_;
    return numeric_.begin(a, structure_, {}, factors_->row_scale.data());
  }

  TaskState step(Budget& budget) override { return numeric_.step(budget); }
  Fault fault() const override { return numeric_.fault(); }
  double progress() const override { return numeric_.progress(); }
  double reciprocal_condition() const override { return numeric_.smallest_pivot(); }

  std::unique_ptr<SingleFactors> take() override {
    factors_->values = numeric_.take();
    return std::move(factors_);
  }

 private:
  const Supernodes& structure_;
  double solve_flops_;
  std::unique_ptr<SingleCholeskyFactors> factors_;
  SupernodalCholesky<float> numeric_;
};

}  // namespace

std::unique_ptr<SingleNumeric> MixedCholesky::make_numeric() {
  return std::unique_ptr<SingleNumeric>(
      create<SingleCholesky>(exact_.structure(), exact_.info().solve_flops));
}

bool MixedCholesky::worth() const {
  const FactorInfo info = exact_.info();
  return pays(info.flops, info.solve_flops, automatic_ratio);
}

double MixedCholesky::single_bytes() const {
  const Supernodes& s = exact_.structure();
  return SupernodalCholesky<float>::bytes(s) + static_cast<double>(s.bytes()) + 8.0 * s.n;
}

}  // namespace lacuna
