#include "lacuna/direct/ldlt.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

double magnitude(double v) { return v < 0 ? -v : v; }

Status begin_solve(SupernodalSolve& solve, const LdltFactors& f, std::span<const double> b,
                   std::span<double> x, std::int32_t k) {
  return solve.begin(f.structure, f.values.data(), b.data(), x.data(), k,
                     {f.pivots.data(), f.scale.data()});
}

class LdltSubstitution final : public Substitution {
 public:
  explicit LdltSubstitution(const Ldlt& factor) : factor_(factor) {}

  Status begin(std::span<const double> b, std::span<double> x, std::int32_t k, bool) override {
    if (factor_.factors() == nullptr) return Status::not_ready;
    return begin_solve(solve_, *factor_.factors(), b, x, k);
  }

  TaskState step(Budget& budget) override { return solve_.step(budget); }

 private:
  const Ldlt& factor_;
  SupernodalSolve solve_;
};

}  // namespace

Fault Ldlt::begin_analyze(const CsrView& a) {
  analyzed_ = false;
  factors_.reset();
  numeric_.reset();
  rank_ = -1;
  pairs_ = 0;
  tree_ = Supernodes();
  analysis_.reset(create<LdltAnalysis>());
  fault_ = analysis_ ? analysis_->begin(a, ordering_) : Status::out_of_memory;
  if (!fault_.ok()) end(fault_);
  return fault_;
}

Fault Ldlt::begin_factorize(const CsrView& a) {
  analysis_.reset();
  if (!analyzed_) return Status::not_ready;
  // What is under way goes before the new one is made.
  numeric_.reset();
  numeric_.reset(create<FrontLdlt>());
  fault_ = numeric_ ? numeric_->begin(a, tree_) : Status::out_of_memory;
  if (numeric_ && fault_.status == Status::out_of_memory && factors_) {
    factors_.reset();
    fault_ = numeric_->begin(a, tree_);
  }
  if (!fault_.ok()) end(fault_);
  return fault_;
}

TaskState Ldlt::end(Fault fault) {
  fault_ = fault;
  analysis_.reset();
  numeric_.reset();
  return fault.ok() ? TaskState::done : TaskState::failed;
}

TaskState Ldlt::step(Budget& budget) {
  if (analysis_) {
    const TaskState state = analysis_->step(budget);
    if (state == TaskState::running) return state;
    rank_ = analysis_->rank();
    if (state == TaskState::failed) return end(analysis_->fault());
    pairs_ = analysis_->pairs();
    chosen_ = analysis_->chosen();
    tree_ = analysis_->take();
    const auto peak = FrontLdlt::stack_peak(tree_);
    if (!peak.ok()) return end(peak.fault());
    peak_bytes_ = FrontLdlt::bytes(tree_, peak.value()) + static_cast<double>(tree_.bytes());
    analyzed_ = true;
    return end({});
  }
  if (numeric_) {
    const TaskState state = numeric_->step(budget);
    if (state == TaskState::running) return state;
    if (state == TaskState::failed) {
      failed_pivot_ = numeric_->failed_pivot();
      return end(numeric_->fault());
    }
    factors_ = numeric_->take();
    return end({});
  }
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

void Ldlt::cancel() {
  if (analysis_ || numeric_) end({});
}

double Ldlt::progress() const {
  return analysis_ ? analysis_->progress() : numeric_ ? numeric_->progress() : 1;
}

FactorInfo Ldlt::info() const {
  FactorInfo info;
  info.rank = rank_;
  if (!analyzed_) return info;
  info.nnz = tree_.nnz;
  info.flops = tree_.flops;
  info.solve_flops = 4 * tree_.nnz;
  info.ordering = chosen_;
  info.supernodes = tree_.count;
  info.peak_bytes = peak_bytes_;
  if (!factors_) return info;
  const LdltFactors& f = *factors_;
  if (f.delayed > 0) {
    info.nnz = f.nnz;
    info.flops = f.flops;
  }
  info.solve_flops = 4 * f.nnz;
  info.two_by_two = f.two_by_two;
  info.delayed = f.delayed;
  info.perturbed = 0;
  // A pivot of the size of rounding errors may have got its sign from them.
  if (f.smallest > tree_.n * std::numeric_limits<double>::epsilon()) {
    info.positive = f.positive;
    info.negative = f.negative;
    info.zero = 0;
  }
  return info;
}

std::optional<Determinant> Ldlt::determinant() const {
  if (!factors_) return std::nullopt;
  const LdltFactors& f = *factors_;
  Determinant out{0, f.negative % 2 == 0 ? 1 : -1};
  for (std::int32_t k = 0; k < tree_.n; ++k) {
    const double* d = f.pivots.data() + 2 * std::size_t(k);
    if (d[1] == 0) {
      out.log_abs += natural_log(magnitude(d[0]));
    } else {
      const double rest = d[0] / d[1] * (d[2] / d[1]) - 1;
      out.log_abs += 2 * natural_log(magnitude(d[1])) + natural_log(magnitude(rest));
      ++k;
    }
  }
  for (std::int32_t i = 0; i < tree_.n; ++i) out.log_abs -= 2 * natural_log(f.scale[i]);
  return out;
}

Status Ldlt::solve(std::span<const double> b, std::span<double> x, bool) {
  if (!factors_) return Status::not_ready;
  const Status status = begin_solve(solve_, *factors_, b, x, 1);
  if (status != Status::ok) return status;
  Budget unlimited;
  while (solve_.step(unlimited) == TaskState::running) {
  }
  return Status::ok;
}

std::unique_ptr<Substitution> Ldlt::substitution() {
  return std::unique_ptr<Substitution>(create<LdltSubstitution>(*this));
}

std::unique_ptr<Factorization> make_ldlt() {
  return std::unique_ptr<Factorization>(create<Ldlt>());
}

}  // namespace lacuna
