#include "lacuna/direct/condition.hpp"

#include <limits>

namespace lacuna {
namespace {

double magnitude(double v) { return v < 0 ? -v : v; }

std::int8_t sign_of(double v) { return v < 0 ? -1 : 1; }

}  // namespace

Status OneNormEstimate::begin(std::int32_t n) {
  const auto size = static_cast<std::size_t>(n);
  if (x_.allocate(size) != Status::ok || signs_.allocate_zero(size) != Status::ok) {
    return Status::out_of_memory;
  }
  state_ = State::start;
  rounds_ = 0;
  unit_ = -1;
  norm_ = 0;
  return Status::ok;
}

double OneNormEstimate::sum() const {
  double total = 0;
  for (std::size_t k = 0; k < x_.size(); ++k) total += magnitude(x_[k]);
  return total;
}

/// Asks for the gradient Bᵀ·sign(Bx) of ‖Bx‖₁, unless the signs are those of the last one.
OneNormEstimate::Ask OneNormEstimate::ask_gradient() {
  bool changed = false;
  for (std::size_t k = 0; k < x_.size(); ++k) {
    const std::int8_t sign = sign_of(x_[k]);
    changed = changed || sign != signs_[k];
    signs_[k] = sign;
    x_[k] = sign;
  }
  if (!changed) return ask_alternating();
  state_ = State::gradient;
  return Ask::multiply_transposed;
}

OneNormEstimate::Ask OneNormEstimate::ask_unit(std::int32_t j) {
  for (std::size_t k = 0; k < x_.size(); ++k) x_[k] = 0;
  x_[j] = 1;
  unit_ = j;
  ++rounds_;
  state_ = State::image;
  return Ask::multiply;
}

/// A last vector with growing entries of alternating sign, against matrices made to deceive the
/// search (Higham, §4).
OneNormEstimate::Ask OneNormEstimate::ask_alternating() {
  const auto n = static_cast<double>(x_.size());
  for (std::size_t k = 0; k < x_.size(); ++k) {
    const double size = 1 + static_cast<double>(k) / (n - 1);
    x_[k] = k % 2 == 0 ? size : -size;
  }
  state_ = State::alternating;
  return Ask::multiply;
}

OneNormEstimate::Ask OneNormEstimate::next() {
  switch (state_) {
    case State::start: {
      const double share = 1.0 / static_cast<double>(x_.size());
      for (std::size_t k = 0; k < x_.size(); ++k) x_[k] = share;
      state_ = State::first_image;
      return Ask::multiply;
    }
    case State::first_image:
      norm_ = sum();
      if (x_.size() == 1 || !(norm_ <= std::numeric_limits<double>::max())) break;
      return ask_gradient();
    case State::gradient: {
      std::int32_t best = 0;
      for (std::size_t k = 1; k < x_.size(); ++k) {
        if (magnitude(x_[k]) > magnitude(x_[best])) best = static_cast<std::int32_t>(k);
      }
      const bool no_ascent = unit_ >= 0 && magnitude(x_[best]) <= magnitude(x_[unit_]);
      if (no_ascent || rounds_ == most_rounds) return ask_alternating();
      return ask_unit(best);
    }
    case State::image: {
      const double reached = sum();
      if (!(reached <= std::numeric_limits<double>::max())) {
        norm_ = reached;
        break;
      }
      if (reached <= norm_) return ask_alternating();
      norm_ = reached;
      return ask_gradient();
    }
    case State::alternating: {
      // ‖x‖₁ = 3n/2 for this vector.
      const double reached = 2 * (sum() / (3 * static_cast<double>(x_.size())));
      if (!(reached <= norm_)) norm_ = reached;
      break;
    }
    case State::done: break;
  }
  state_ = State::done;
  return Ask::done;
}

double reciprocal_condition(double norm, double inverse_norm) {
  constexpr double largest = std::numeric_limits<double>::max();
  if (!(norm <= largest) || !(inverse_norm <= largest)) return 0;
  if (norm == 0 || inverse_norm == 0) return 0;
  return 1 / norm / inverse_norm;
}

}  // namespace lacuna
