// What is asked of finished factors: solutions, condition, determinant, costs.
#include "lacuna/base/elementary.hpp"
#include "lacuna/direct/condition.hpp"
#include "lacuna/direct/lu.hpp"
#include "lacuna/sparse/operations.hpp"

namespace lacuna {
namespace {

double magnitude(double v) { return v < 0 ? -v : v; }

class LuSubstitution final : public Substitution {
 public:
  explicit LuSubstitution(const LuFactorization& lu) : lu_(lu) {}

  Status begin(std::span<const double> b, std::span<double> x, std::int32_t k,
               bool transposed) override {
    if (!lu_.factored()) return Status::not_ready;
    return solve_.begin(*lu_.plan(), lu_.factors(), b.data(), x.data(), k, transposed);
  }

  TaskState step(Budget& budget) override { return solve_.step(budget); }

 private:
  const LuFactorization& lu_;
  LuSolve<double> solve_;
};

}  // namespace

Status LuFactorization::solve(std::span<const double> b, std::span<double> x, bool transposed) {
  return solve_columns(b, x, 1, transposed);
}

Status LuFactorization::solve_columns(std::span<const double> b, std::span<double> x,
                                      std::int32_t k, bool transposed) {
  if (!factors_) return Status::not_ready;
  const std::size_t length = static_cast<std::size_t>(plan_->n) * static_cast<std::size_t>(k);
  if (k < 0 || b.size() != length || x.size() != length) return Status::shape_mismatch;
  Budget unlimited;
  const Status status = solver_.begin(*plan_, *factors_, b.data(), x.data(), k, transposed);
  if (status == Status::ok) solver_.step(unlimited);
  return status;
}

std::unique_ptr<Substitution> LuFactorization::substitution() {
  return std::unique_ptr<Substitution>(create<LuSubstitution>(*this));
}

FactorInfo LuFactorization::info() const {
  FactorInfo info;
  if (deficiency_.rank >= 0) info.rank = deficiency_.rank;
  const LuPlan* plan = next_plan_ ? next_plan_.get() : plan_.get();
  if (plan != nullptr) {
    info.ordering = plan->ordering;
    info.supernodes = plan->supernodes;
    if (plan->largest_columns == 0) {
      info.peak_bytes = plan->predicted_bytes + plan->bytes();
    } else if (fault_.status == Status::over_budget) {
      info.peak_bytes = numeric_.refused_bytes();
    } else if (factors_) {
      info.peak_bytes = factors_->column_bytes;
    }
  }
  if (factors_) {
    info.nnz = factors_->nnz;
    info.flops = factors_->flops;
    info.solve_flops = 2 * factors_->nnz;
    info.pivot_growth = factors_->quality.pivot_growth;
  } else if (next_plan_ && next_plan_->largest_columns == 0) {
    info.nnz = predicted_nnz_;
    info.flops = predicted_flops_;
  }
  return info;
}

Result<double> LuFactorization::reciprocal_condition(const CsrView& a) {
  if (!factors_) return Status::not_ready;
  OneNormEstimate inverse;
  auto norm = norm_one(a);
  if (!norm.ok() || inverse.begin(a.cols()) != Status::ok) return Status::out_of_memory;
  using Ask = OneNormEstimate::Ask;
  for (Ask ask = inverse.next(); ask != Ask::done; ask = inverse.next()) {
    const auto v = inverse.vector();
    const Status status = solve(v, v, ask == Ask::multiply_transposed);
    if (status != Status::ok) return status;
  }
  return lacuna::reciprocal_condition(norm.value(), inverse.norm());
}

/// The pivots pair rows with columns: that permutation goes to the identity by n − cycles swaps.
std::optional<Determinant> LuFactorization::determinant() const {
  if (!factors_) return std::nullopt;
  const LuPlan& plan = *plan_;
  Buffer<std::int32_t> partner;  // row of A that is the pivot of each column, −1 once visited
  if (partner.allocate(plan.n) != Status::ok) return std::nullopt;
  const FrontFactors<double>* fronts = factors_->fronts.get();
  for (std::int32_t b = 0; b < plan.blocks(); ++b) {
    const std::int32_t begin = plan.block_begin[b];
    if (plan.kind[b] == BlockKind::fronts) {
      for (std::int32_t s = 0; s < fronts->count; ++s) {
        const Front<double>& front = fronts->fronts[s];
        for (std::int32_t k = 0; k < front.eliminated; ++k) {
          partner[plan.col_of[begin + front.cols()[k]]] = plan.row_of[begin + front.rows()[k]];
        }
      }
      fronts = fronts->next.get();
      continue;
    }
    const bool pivoted = plan.kind[b] == BlockKind::columns;
    for (std::int32_t k = begin; k < plan.block_begin[b + 1]; ++k) {
      partner[plan.col_of[k]] = plan.row_of[pivoted ? factors_->pattern->pivot_row[k] : k];
    }
  }
  Determinant found{0, plan.n % 2 == 0 ? 1 : -1};
  for (std::int32_t j = 0; j < plan.n; ++j) {
    if (partner[j] < 0) continue;
    found.sign = -found.sign;
    for (std::int32_t k = j; partner[k] >= 0;) {
      const std::int32_t next = partner[k];
      partner[k] = -1;
      k = next;
    }
  }
  for (std::size_t k = 0; k < factors_->diagonal.size(); ++k) {
    const double pivot = factors_->diagonal[k];
    if (pivot < 0) found.sign = -found.sign;
    found.log_abs += natural_log(magnitude(pivot)) - natural_log(factors_->row_scale[k]);
  }
  return found;
}

}  // namespace lacuna
