#include "lacuna/direct/ldlt.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

/// A smallest pivot below this, √ε, keeps less than half the digits.
constexpr double doubtful_pivot = 0x1p-26;
/// Scalings as near as that in every row are the same.
constexpr double same_scale = 16;

double magnitude(double v) { return v < 0 ? -v : v; }

Status begin_solve(SupernodalSolve<double>& solve, const LdltFactors<double>& f,
                   std::span<const double> b, std::span<double> x, std::int32_t k) {
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
  SupernodalSolve<double> solve_;
};

}  // namespace

Fault Ldlt::begin_analyze(const CsrView& a) {
  analyzed_ = false;
  factors_.reset();
  end({});
  rank_ = -1;
  pairs_ = 0;
  tree_ = Supernodes();
  analysis_.reset(create<LdltAnalysis>());
  fault_ = analysis_ ? analysis_->begin(a, ordering_) : Status::out_of_memory;
  if (!fault_.ok()) end(fault_);
  return fault_;
}

Fault Ldlt::begin_factorize(const CsrView& a) {
  // What is under way goes before the new one is made.
  end({});
  if (!analyzed_) return Status::not_ready;
  a_ = a;
  numeric_.reset(create<FrontLdlt<double>>());
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
  best_.reset();
  rescaling_ = false;
  scaling_ = {};
  return fault.ok() ? TaskState::done : TaskState::failed;
}

TaskState Ldlt::step(Budget& budget) {
  if (analysis_) return step_analysis(budget);
  if (numeric_) return step_numeric(budget);
  if (rescaling_) return step_scaling(budget);
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

TaskState Ldlt::step_analysis(Budget& budget) {
  const TaskState state = analysis_->step(budget);
  if (state == TaskState::running) return state;
  rank_ = analysis_->rank();
  if (state == TaskState::failed) return end(analysis_->fault());
  pairs_ = analysis_->pairs();
  chosen_ = analysis_->chosen();
  tree_ = analysis_->take();
  return end(end_analysis());
}

Fault Ldlt::end_analysis() {
  const auto peak = FrontLdlt<double>::stack_peak(tree_);
  if (!peak.ok()) return peak.fault();
  peak_bytes_ = FrontLdlt<double>::bytes(tree_, peak.value()) + static_cast<double>(tree_.bytes());
  analyzed_ = true;
  return {};
}

Fault Ldlt::adopt(Supernodes&& tree, std::unique_ptr<LdltFactors<double>>&& factors,
                  OrderingKind ordering, std::int64_t pairs) {
  tree_ = std::move(tree);
  factors_ = std::move(factors);
  chosen_ = ordering;
  pairs_ = pairs;
  rank_ = -1;
  end(end_analysis());
  return fault_;
}

TaskState Ldlt::step_numeric(Budget& budget) {
  const TaskState state = numeric_->step(budget);
  if (state == TaskState::running) return state;
  const Fault fault = numeric_->fault();
  const double failed_pivot = numeric_->failed_pivot();
  auto made = numeric_->take();
  numeric_.reset();
  const bool second = best_ != nullptr;
  const double flops = made->flops + (second ? best_->flops : 0);
  if (!second || (fault.ok() && (!best_fault_.ok() || made->smallest > best_->smallest))) {
    best_ = std::move(made);
    best_fault_ = fault;
    failed_pivot_ = failed_pivot;
  }
  best_->tried = flops - best_->flops;
  const bool doubtful =
      fault.ok() ? best_->smallest < doubtful_pivot : fault.status == Status::zero_pivot;
  rescaling_ = !second && doubtful && scaling_.begin(*a_, true) == Status::ok;
  return rescaling_ ? TaskState::running : keep_best();
}

/// Once more with the scaling of a matching, if that is another.
TaskState Ldlt::step_scaling(Budget& budget) {
  const TaskState state = scaling_.step(budget);
  if (state == TaskState::running) return state;
  rescaling_ = false;
  auto scale = scaling_.take();
  bool differs = false;
  for (std::int32_t i = 0; state == TaskState::done && i < tree_.n; ++i) {
    const double ratio = scale[i] / best_->scale[i];
    differs = differs || ratio > same_scale || ratio < 1 / same_scale;
  }
  if (differs) numeric_.reset(create<FrontLdlt<double>>());
  const bool again = numeric_ && numeric_->begin(*a_, tree_, std::move(scale)) == Status::ok;
  return again ? TaskState::running : keep_best();
}

TaskState Ldlt::keep_best() {
  if (best_fault_.ok()) factors_ = std::move(best_);
  return end(best_fault_);
}

void Ldlt::cancel() {
  if (analysis_ || numeric_ || rescaling_) end({});
}

double Ldlt::progress() const {
  return analysis_ ? analysis_->progress() : numeric_ && !best_ ? numeric_->progress() : 1;
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
  const LdltFactors<double>& f = *factors_;
  if (f.delayed > 0) {
    info.nnz = f.nnz;
    info.flops = f.flops;
  }
  info.flops += f.tried;
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
  const LdltFactors<double>& f = *factors_;
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
