#include "lacuna/direct/mixed_ldlt.hpp"

#include <limits>
#include <utility>

namespace lacuna {
namespace {

class SingleLdltFactors final : public SingleFactors {
 public:
  std::unique_ptr<Substitution> substitution() const override;
  void describe(FactorInfo& info) const override {
    if (numbers->delayed > 0) {
      info.nnz = numbers->nnz;
      info.flops = numbers->flops;
    }
    info.solve_flops = solve_flops;
    info.two_by_two = numbers->two_by_two;
    info.delayed = numbers->delayed;
    info.perturbed = 0;
  }

  std::unique_ptr<LdltFactors<float>> numbers;
};

class SingleLdltSolve final : public Substitution {
 public:
  explicit SingleLdltSolve(const SingleLdltFactors& factors) : factors_(factors) {}

  Status begin(std::span<const double> b, std::span<double> x, std::int32_t k, bool) override {
    const LdltFactors<float>& f = *factors_.numbers;
    return solve_.begin(f.structure, f.values.data(), b.data(), x.data(), k,
                        {f.pivots.data(), factors_.row_scale.data()});
  }

  TaskState step(Budget& budget) override { return solve_.step(budget); }

 private:
  const SingleLdltFactors& factors_;
  SupernodalSolve<float> solve_;
};

std::unique_ptr<Substitution> SingleLdltFactors::substitution() const {
  return std::unique_ptr<Substitution>(create<SingleLdltSolve>(*this));
}

class SingleLdlt final : public SingleNumeric {
 public:
  explicit SingleLdlt(const Supernodes& tree) : tree_(tree) {}

  Status begin(const CsrView& a) override { return numeric_.begin(a, tree_); }
  TaskState step(Budget& budget) override { return numeric_.step(budget); }
  Fault fault() const override { return numeric_.fault(); }
  double progress() const override { return numeric_.progress(); }
  double reciprocal_condition() const override { return std::numeric_limits<double>::infinity(); }

  std::unique_ptr<SingleFactors> take() override {
    std::unique_ptr<SingleLdltFactors> made(create<SingleLdltFactors>());
    if (!made) return nullptr;
    made->numbers = numeric_.take();
    made->row_scale = std::move(made->numbers->scale);
    made->solve_flops = 4 * made->numbers->nnz;
    return made;
  }

 private:
  const Supernodes& tree_;
  FrontLdlt<float> numeric_;
};

}  // namespace

std::unique_ptr<SingleNumeric> MixedLdlt::make_numeric() {
  return std::unique_ptr<SingleNumeric>(create<SingleLdlt>(exact_.tree()));
}

bool MixedLdlt::worth() const {
  const Supernodes& tree = exact_.tree();
  return pays(tree.flops, 4 * tree.nnz, automatic_ratio);
}

/// The stack at its peak is what the prediction in double precision has beside the rest.
double MixedLdlt::single_bytes() const {
  const Supernodes& tree = exact_.tree();
  const double fixed = FrontLdlt<double>::bytes(tree, 0) + static_cast<double>(tree.bytes());
  const double peak = (exact_.info().peak_bytes - fixed) / sizeof(double);
  return FrontLdlt<float>::bytes(tree, peak) + static_cast<double>(tree.bytes());
}

}  // namespace lacuna
