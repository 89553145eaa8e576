#include "lacuna/local/conditions_pass.hpp"

#include <cmath>
#include <utility>

#include "lacuna/sparse/operations.hpp"

namespace lacuna {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double unit_roundoff = 0x1p-53;
/// Sweeps that sharpen the weights of a dominant matrix whose margins differ.
constexpr std::int32_t sharpening_sweeps = 8;
/// Share of their sum to which a sweep has to bring the weights for another one to follow: where
/// all margins are alike the first one shows that nothing is to be had.
constexpr double least_fall = 0.999;
/// Power steps from one attempt at a proof to the next.
constexpr std::int32_t steps_per_proof = 8;
/// A proof of less makes weak bounds: sharpened as long as steps are left.
constexpr double good_proof = 0.5;
/// Share of the largest weight that the mean must stay below for weights of their own to pay.
constexpr double worthwhile_spread = 0.8;

/// (⟨A⟩w)ᵢ, lowered by its rounding and by what one rounding of each weight may take from it.
double comparison_row(const CsrView& a, std::int32_t i, const double* w) {
  double diagonal = 0;
  double others = 0;
  for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
    const std::int32_t j = a.indices()[p];
    const double t = std::fabs(a.data()[p]) * w[j];
    if (j == i) {
      diagonal = t;
    } else {
      others += t;
    }
  }
  const double terms = a.indptr()[i + 1] - a.indptr()[i] + 8;
  return diagonal - others - terms * unit_roundoff * (diagonal + others);
}

}  // namespace

void ConditionsPass::start(const CsrView& a) {
  found_ = Conditions{};
  transposed_.reset();
  columns_ = false;
  row_ = 0;
  row_sum_ = off_diagonal_ = 0;
  first_weak_ = -1;
  positive_diagonal_ = nonpositive_off_ = zero_sums_ = true;
  open_side(a);
}

void ConditionsPass::open_side(const CsrView& a) {
  a_ = a;
  margin_ = infinity;
  contraction_ = 0;
  phase_ = Phase::scan;
}

Status ConditionsPass::begin(const CsrView& a, bool symmetric, const CsrView* transposed) {
  if (!a.square()) return Status::not_square;
  start(a);
  found_.symmetric = symmetric;
  if (transposed != nullptr) transposed_ = *transposed;
  return Status::ok;
}

void ConditionsPass::begin_weights(const CsrView& a, Buffer<double>&& w) {
  start(a);
  w_ = std::move(w);
  margin_ = 0;
  sweeps_ = max_power_steps;
  least_ = infinity;
  phase_ = Phase::prove;
}

void ConditionsPass::scan(std::int32_t begin, std::int32_t end) {
  const CsrView& a = *a_;
  for (std::int32_t i = begin; i < end; ++i) {
    const std::int32_t first = a.indptr()[i];
    Line line;
    line.ids32 = a.indices() + first;
    line.values = a.data() + first;
    line.count = a.indptr()[i + 1] - first;
    double sum = 0;
    for (std::int32_t k = 0; k < line.count; ++k) {
      sum += line.values[k];
      if (line.ids32[k] == i) {
        line.diagonal = line.values[k];
      } else {
        ++off_diagonal_;
      }
    }
    const LineFacts facts = measure_line(i, line);
    const double size = std::fabs(facts.diagonal) + facts.off_diagonal;
    row_sum_ = std::fmax(row_sum_, sum + (line.count + 2.0) * unit_roundoff * size);
    if (!(facts.margin > 0) && first_weak_ < 0) first_weak_ = i;
    margin_ = std::fmin(margin_, facts.margin);
    const double q =
        facts.off_diagonal / std::fabs(facts.diagonal) * (1 + (line.count + 4) * unit_roundoff);
    contraction_ = std::fmax(contraction_, std::isnan(q) ? infinity : q);
    positive_diagonal_ = positive_diagonal_ && facts.diagonal > 0;
    nonpositive_off_ = nonpositive_off_ && !facts.positive_off_diagonal;
    zero_sums_ = zero_sums_ && std::fabs(sum) <= (line.count + 1) * 4 * unit_roundoff * size;
  }
}

Status ConditionsPass::end_scan() {
  if (columns_) {
    found_.column_margin = margin_;
    found_.column_contraction = contraction_;
  } else {
    found_.row_margin = margin_;
    found_.row_sum = row_sum_;
    found_.row_contraction = found_.weighted_contraction = contraction_;
    found_.first_weak_row = first_weak_;
    found_.mean_degree = off_diagonal_ / a_->rows();
    found_.signs = nonpositive_off_ && found_.symmetric && zero_sums_ ? Signs::laplacian
                   : !positive_diagonal_                              ? Signs::general
                   : nonpositive_off_                                 ? Signs::m_matrix
                                                                      : Signs::positive;
  }
  const bool strict = margin_ > 0;
  if (strict) {
    weights().dominance = Dominance::strict;
    weights().uniform = weights().least = (1 + 4 * unit_roundoff) / margin_;
  }
  // With a zero on the diagonal there are none.
  if (!std::isfinite(contraction_)) return end_side();
  const auto n = static_cast<std::size_t>(a_->rows());
  if (w_.allocate(n) != Status::ok || next_.allocate(n) != Status::ok) {
    return strict ? end_side() : Status::out_of_memory;
  }
  // From w with ⟨A⟩w ≥ 1 a sweep leads down to the solution of ⟨A⟩w = 1, and stays above it; from
  // zero sweeps are the partial sums of the Neumann series of ⟨A⟩⁻¹1.
  factor_ = strict ? weights().uniform : 0;
  before_ = factor_ * static_cast<double>(n);
  sweeps_ = 0;
  phase_ = Phase::fill;
  return Status::ok;
}

/// next ← D⁻¹(1 + N w) with ⟨A⟩ = D − N.
void ConditionsPass::sweep(std::int32_t begin, std::int32_t end) {
  const CsrView& a = *a_;
  const double* w = w_.data();
  for (std::int32_t i = begin; i < end; ++i) {
    double diagonal = 0;
    double sum = 1;
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      const std::int32_t j = a.indices()[p];
      if (j == i) {
        diagonal = std::fabs(a.data()[p]);
      } else {
        sum += std::fabs(a.data()[p]) * w[j];
      }
    }
    next_[i] = sum / diagonal;
    sum_ += next_[i];
  }
}

void ConditionsPass::end_sweep() {
  std::swap(w_, next_);
  ++sweeps_;
  bool enough = false;
  if (margin_ > 0) {
    enough = sweeps_ == sharpening_sweeps || sum_ > least_fall * before_;
  } else {
    found_.power_steps = std::max(found_.power_steps, sweeps_);
    enough = sweeps_ % steps_per_proof == 0;
  }
  before_ = sum_;
  sum_ = 0;
  least_ = infinity;
  phase_ = enough ? Phase::prove : Phase::sweep;
}

Status ConditionsPass::end_proof() {
  const bool strict = margin_ > 0;
  if (!strict && least_ < good_proof && sweeps_ < max_power_steps) {
    phase_ = Phase::sweep;
    return Status::ok;
  }
  factor_ = (1 + 4 * unit_roundoff) / least_;
  if (!(least_ > 0) || !std::isfinite(factor_)) return end_side();
  if (!strict) weights().dominance = Dominance::scaled;
  sum_ = largest_ = 0;
  least_ = infinity;
  phase_ = Phase::scale;
  return Status::ok;
}

/// Weights by value where they differ enough, else their largest: a bound as well, and with every
/// margin positive ⟨A⟩ of a constant is too. Scaled dominance keeps them.
Status ConditionsPass::settle() {
  Weights& weights = this->weights();
  weights.uniform = weights.least = largest_;
  if (weights.dominance != Dominance::scaled &&
      sum_ >= worthwhile_spread * largest_ * static_cast<double>(w_.size())) {
    return end_side();
  }
  weights.each = std::move(w_);
  weights.least = least_;
  largest_ = 0;
  phase_ = Phase::contract;
  return columns_ ? end_side() : Status::ok;
}

Status ConditionsPass::end_side() {
  w_.release();
  next_.release();
  if (!columns_ && found_.symmetric) {
    found_.column_margin = found_.row_margin;
    found_.column_contraction = found_.row_contraction;
    found_.columns.dominance = found_.rows.dominance;
    found_.columns.uniform = found_.rows.uniform;
    found_.columns.least = found_.rows.least;
    if (found_.columns.each.copy_from(found_.rows.each.span()) != Status::ok) {
      return Status::out_of_memory;
    }
  } else if (!columns_ && transposed_) {
    columns_ = true;
    open_side(*transposed_);
    return Status::ok;
  }
  phase_ = Phase::done;
  return Status::ok;
}

void ConditionsPass::visit(std::int32_t begin, std::int32_t end) {
  switch (phase_) {
    case Phase::scan: scan(begin, end); break;
    case Phase::fill:
      for (std::int32_t i = begin; i < end; ++i) w_[i] = factor_;
      break;
    case Phase::sweep: sweep(begin, end); break;
    case Phase::prove:
      for (std::int32_t i = begin; i < end; ++i) {
        least_ = std::fmin(least_, comparison_row(*a_, i, w_.data()));
      }
      break;
    case Phase::scale:
      for (std::int32_t i = begin; i < end; ++i) {
        const double v = w_[i] *= factor_;
        largest_ = std::fmax(largest_, v);
        least_ = std::fmin(least_, v);
        sum_ += v;
      }
      break;
    case Phase::contract:
      largest_ = std::fmax(largest_, weighted_contraction(*a_, weights(), begin, end));
      break;
    case Phase::done: break;
  }
}

Status ConditionsPass::advance() {
  switch (phase_) {
    case Phase::scan: return end_scan();
    case Phase::fill:
      sum_ = 0;
      phase_ = Phase::sweep;
      break;
    case Phase::sweep: end_sweep(); break;
    case Phase::prove: return end_proof();
    case Phase::scale: return settle();
    case Phase::contract: found_.weighted_contraction = largest_; return end_side();
    case Phase::done: break;
  }
  return Status::ok;
}

TaskState ConditionsPass::step(Budget& budget) {
  while (phase_ != Phase::done) {
    if (row_ < a_->rows()) {
      const double piece = std::fmin(budget.work_left(), Budget::piece);
      const std::int32_t end = rows_within(*a_, row_, std::fmax(piece, 1));
      const std::int32_t* indptr = a_->indptr();
      budget.spend(2.0 * (indptr[end] - indptr[row_]) + 4.0 * (end - row_));
      visit(row_, end);
      row_ = end;
    }
    if (row_ == a_->rows()) {
      // For want of memory nothing is taken a step further: the next call tries it again.
      if (advance() != Status::ok) return TaskState::failed;
      row_ = 0;
    }
    if (phase_ != Phase::done && budget.exhausted()) return TaskState::running;
  }
  return TaskState::done;
}

}  // namespace lacuna
