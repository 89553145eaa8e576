#include "lacuna/direct/mixed_lu.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "lacuna/base/meter.hpp"
#include "lacuna/ordering/equilibration.hpp"

namespace lacuna {
namespace {

class SingleLuFactors final : public SingleFactors {
 public:
  std::unique_ptr<Substitution> substitution() const override;
  void describe(FactorInfo& info) const override {
    info.nnz = numbers->nnz;
    info.flops = numbers->flops;
    info.solve_flops = solve_flops;
    info.pivot_growth = numbers->quality.pivot_growth;
  }

  const LuPlan* plan = nullptr;
  std::unique_ptr<LuFactors<float>> numbers;
  std::unique_ptr<ColumnPattern> pattern;
};

/// X ← T·(factors)⁻¹·S·B, in the place of X.
class SingleLuSolve final : public Substitution {
 public:
  explicit SingleLuSolve(const SingleLuFactors& factors) : factors_(factors) {}

  Status begin(std::span<const double> b, std::span<double> x, std::int32_t k,
               bool transposed) override {
    x_ = x;
    transposed_ = transposed;
    scale(b, factors_.equations(transposed));
    return solve_.begin(*factors_.plan, *factors_.numbers, x.data(), x.data(), k, transposed);
  }

  TaskState step(Budget& budget) override {
    const TaskState state = solve_.step(budget);
    if (state == TaskState::done) scale(x_, factors_.unknowns(transposed_));
    return state;
  }

 private:
  void scale(std::span<const double> from, std::span<const double> by) {
    for (std::size_t at = 0; at < x_.size(); at += by.size()) {
      for (std::size_t i = 0; i < by.size(); ++i) x_[at + i] = from[at + i] * by[i];
    }
  }

  const SingleLuFactors& factors_;
  std::span<double> x_;
  bool transposed_ = false;
  LuSolve<float> solve_;
};

std::unique_ptr<Substitution> SingleLuFactors::substitution() const {
  return std::unique_ptr<Substitution>(create<SingleLuSolve>(*this));
}

/// Scales A, then factors it.
class SingleLu final : public SingleNumeric {
 public:
  SingleLu(const LuPlan& plan, const LuOptions& options) : plan_(plan), options_(options) {}

  Status begin(const CsrView& a) override;
  TaskState step(Budget& budget) override;
  Fault fault() const override { return fault_; }
  double progress() const override { return stage_ == Stage::numbers ? numeric_.progress() : 0; }
  double reciprocal_condition() const override { return std::numeric_limits<double>::infinity(); }
  std::unique_ptr<SingleFactors> take() override;

 private:
  enum class Stage { scaling, values, numbers };

  TaskState fail(Fault fault);
  double scale_row(std::int32_t i);
  Status begin_numbers();

  const LuPlan& plan_;
  LuOptions options_;
  std::optional<CsrView> a_;
  Stage stage_ = Stage::scaling;
  Fault fault_;
  std::int32_t at_ = 0;
  Equilibration scaling_;
  Buffer<double> values_;  // of S·A·T
  std::unique_ptr<SingleLuFactors> factors_;
  NumericLu<float> numeric_;
};

Status SingleLu::begin(const CsrView& a) {
  a_ = a;
  factors_.reset(create<SingleLuFactors>());
  stage_ = Stage::scaling;
  at_ = 0;
  const bool allocated = factors_ && scaling_.begin(a) == Status::ok &&
                         values_.allocate(static_cast<std::size_t>(a.nnz())) == Status::ok;
  return allocated ? Status::ok : Status::out_of_memory;
}

TaskState SingleLu::fail(Fault fault) {
  fault_ = fault;
  return TaskState::failed;
}

double SingleLu::scale_row(std::int32_t i) {
  const std::int32_t begin = a_->indptr()[i], end = a_->indptr()[i + 1];
  for (std::int32_t p = begin; p < end; ++p) {
    const double column = factors_->column_scale[a_->indices()[p]];
    values_[p] = a_->data()[p] * factors_->row_scale[i] * column;
  }
  return 4.0 * (end - begin) + 1;
}

Status SingleLu::begin_numbers() {
  NumericLu<float>::Settings settings;
  settings.tolerance = options_.tolerance;
  settings.max_bytes = options_.max_bytes;
  settings.values = values_.data();
  stage_ = Stage::numbers;
  return numeric_.begin(plan_, *a_, settings);
}

TaskState SingleLu::step(Budget& budget) {
  if (stage_ == Stage::scaling) {
    const TaskState state = scaling_.step(budget);
    if (state == TaskState::failed) return fail(Status::out_of_memory);
    if (state == TaskState::running) return state;
    factors_->row_scale = scaling_.take_rows();
    factors_->column_scale = scaling_.take_columns();
    stage_ = Stage::values;
  }
  Meter meter(budget);
  if (stage_ == Stage::values) {
    while (at_ < a_->rows()) {
      if (meter.spend(scale_row(at_++))) return TaskState::running;
    }
    if (const Status status = begin_numbers(); status != Status::ok) return fail(status);
  }
  const TaskState state = numeric_.step(meter);
  return state == TaskState::failed ? fail(numeric_.fault()) : state;
}

std::unique_ptr<SingleFactors> SingleLu::take() {
  SingleLuFactors& f = *factors_;
  f.plan = &plan_;
  f.numbers = numeric_.take();
  f.pattern = numeric_.take_pattern();
  f.solve_flops = 2 * f.numbers->nnz;
  f.growth = std::min(1.0, f.numbers->quality.pivot_growth);
  return std::move(factors_);
}

}  // namespace

std::unique_ptr<SingleNumeric> MixedLu::make_numeric() {
  return std::unique_ptr<SingleNumeric>(create<SingleLu>(exact_.analyzed(), options_));
}

bool MixedLu::worth() const {
  const LuPlan& plan = exact_.analyzed();
  return pays(plan.predicted_flops, 2 * plan.predicted_nnz, automatic_ratio);
}

/// What `LuAnalysis` predicts of fronts but for their numbers stays as it is.
double MixedLu::single_bytes() const {
  const LuPlan& plan = exact_.analyzed();
  double lists = 0;
  for (const FrontBlock* b = plan.fronts.get(); b != nullptr; b = b->next.get()) {
    lists += 2.0 * sizeof(std::int32_t) * static_cast<double>(b->tree.row_begin[b->tree.count]) +
             double(sizeof(Front<float>)) * b->tree.count;
  }
  return (plan.predicted_bytes + lists) / 2 + plan.bytes() + 8.0 * plan.nnz + 16.0 * plan.n;
}

}  // namespace lacuna
