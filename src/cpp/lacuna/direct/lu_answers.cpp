// What is asked of finished factors: solutions, condition, determinant, costs.
#include <algorithm>

#include "lacuna/base/elementary.hpp"
#include "lacuna/direct/condition.hpp"
#include "lacuna/direct/lu.hpp"

namespace lacuna {
namespace {

double magnitude(double v) { return v < 0 ? -v : v; }

}  // namespace

Status LuFactorization::solve(std::span<const double> b, std::span<double> x, bool transposed) {
  return solve_columns(b, x, 1, transposed);
}

Status LuFactorization::solve_columns(std::span<const double> b, std::span<double> x,
                                      std::int32_t k, bool transposed) {
  if (!factors_) return Status::not_ready;
  const std::size_t length = static_cast<std::size_t>(plan_->n) * static_cast<std::size_t>(k);
  if (k < 0 || b.size() != length || x.size() != length) return Status::shape_mismatch;
  if (const Status status = solver_.begin(*plan_, *factors_, k); status != Status::ok)
    return status;
  solver_.solve(*plan_, *factors_, b.data(), x.data(), k, transposed);
  return Status::ok;
}

FactorInfo LuFactorization::info() const {
  FactorInfo info;
  if (deficiency_.rank >= 0) info.rank = deficiency_.rank;
  if (factors_) {
    info.nnz = factors_->nnz;
    info.flops = factors_->flops;
    info.solve_flops = 2 * factors_->nnz;
  } else if (next_plan_ && next_plan_->largest_columns == 0) {
    info.nnz = predicted_nnz_;
    info.flops = predicted_flops_;
  }
  return info;
}

Result<double> LuFactorization::reciprocal_condition(const CsrView& a) {
  if (!factors_) return Status::not_ready;
  Buffer<double> sums;
  OneNormEstimate inverse;
  if (sums.allocate_zero(a.cols()) != Status::ok || inverse.begin(a.cols()) != Status::ok) {
    return Status::out_of_memory;
  }
  for (std::int32_t p = 0; p < a.nnz(); ++p) sums[a.indices()[p]] += magnitude(a.data()[p]);
  double norm = 0;
  for (std::int32_t j = 0; j < a.cols(); ++j) norm = std::max(norm, sums[j]);
  using Ask = OneNormEstimate::Ask;
  for (Ask ask = inverse.next(); ask != Ask::done; ask = inverse.next()) {
    const auto v = inverse.vector();
    const Status status = solve(v, v, ask == Ask::multiply_transposed);
    if (status != Status::ok) return status;
  }
  return lacuna::reciprocal_condition(norm, inverse.norm());
}

double LuFactorization::log_determinant() const {
  double sum = 0;
  for (std::size_t k = 0; k < factors_->diagonal.size(); ++k) {
    sum += natural_log(magnitude(factors_->diagonal[k])) - natural_log(factors_->row_scale[k]);
  }
  return sum;
}

}  // namespace lacuna
