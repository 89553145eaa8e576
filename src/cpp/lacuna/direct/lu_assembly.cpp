// Fronts of multifrontal LU: how they are opened, assembled and closed.
#include <algorithm>
#include <limits>

#include "lacuna/direct/lu_fronts.hpp"

namespace lacuna {
namespace {

double magnitude(double v) { return v < 0 ? -v : v; }

}  // namespace

/// Sizes and numbers the front: own columns, then delayed ones, then the border.
template <class Real>
Status FrontLu<Real>::open() {
  const Supernodes& tree = block_->tree;
  const std::int32_t first = tree.first_column[at_];
  const std::int32_t width = tree.width(at_);
  const std::int32_t border = tree.height(at_) - width;
  child_ = first_child_[at_];
  std::int64_t delayed = 0;
  for (std::int32_t c = child_; c >= 0; c = next_child_[c]) {
    delayed += out_->fronts[c].candidates - out_->fronts[c].eliminated;
  }
  front_ = &out_->fronts[at_];
  const std::int64_t candidates = width + delayed;
  const std::int64_t order = candidates + border;
  front_->candidates = static_cast<std::int32_t>(candidates);
  front_->order = static_cast<std::int32_t>(order);
  front_->eliminated = 0;
  // In doubles: 32 bits of size_t may not hold the product.
  const double panel = (static_cast<double>(order) + border) * static_cast<double>(candidates);
  const double update = static_cast<double>(border) * border;
  const double most = static_cast<double>(std::numeric_limits<std::ptrdiff_t>::max() / 8);
  if (order > std::numeric_limits<std::int32_t>::max() || panel >= most || update >= most) {
    return Status::out_of_memory;
  }
  if (front_->panel.allocate_zero(static_cast<std::size_t>(panel)) != Status::ok ||
      front_->update.allocate_zero(static_cast<std::size_t>(update)) != Status::ok ||
      front_->ids.allocate(2 * static_cast<std::size_t>(order)) != Status::ok) {
    return Status::out_of_memory;
  }
  if (turned_.size() < static_cast<std::size_t>(candidates) * panel_width &&
      turned_.allocate(static_cast<std::size_t>(candidates) * panel_width) != Status::ok) {
    return Status::out_of_memory;
  }
  std::int32_t* rows = front_->ids.data();
  std::int32_t* cols = rows + front_->order;
  std::int32_t at = 0;
  for (; at < width; ++at) rows[at] = cols[at] = first + at;
  for (std::int32_t c = child_; c >= 0; c = next_child_[c]) {
    const Front<Real>& child = out_->fronts[c];
    for (std::int32_t k = child.eliminated; k < child.candidates; ++k, ++at) {
      rows[at] = child.rows()[k];
      cols[at] = child.cols()[k];
    }
  }
  const std::int32_t* below = tree.rows.data() + tree.row_begin[at_] + width;
  for (std::int32_t k = 0; k < border; ++k, ++at) rows[at] = cols[at] = below[k];
  for (std::int32_t k = 0; k < front_->order; ++k) {
    row_place_[rows[k]] = k;
    col_place_[cols[k]] = k;
  }
  begin_ = column_ = 0;
  candidates_ = front_->candidates;
  tried_ = end_ = std::min(panel_width, candidates_);
  progressed_ = false;
  out_->largest_order = std::max(out_->largest_order, front_->order);
  return Status::ok;
}

template <class Real>
double FrontLu<Real>::assemble_entries() {
  const std::int32_t candidates = front_->candidates;
  const std::int32_t border = front_->border();
  Real* right = front_->right();
  const std::int32_t end = block_->entry_begin[at_ + 1];
  for (std::int32_t e = block_->entry_begin[at_]; e < end; ++e) {
    const std::int32_t r = block_->row[e];
    const std::int32_t c = block_->col[e];
    const double v = values_[block_->source[e]] * factors_->row_scale[block_->begin + r];
    if (magnitude(v) > largest_of_a_[c]) largest_of_a_[c] = magnitude(v);
    const std::int32_t row = row_place_[r];
    const std::int32_t col = col_place_[c];
    if (col < candidates) {
      element(row, col) += static_cast<Real>(v);
    } else {
      right[std::size_t(row) * border + (col - candidates)] += static_cast<Real>(v);
    }
  }
  return 4.0 * (end - block_->entry_begin[at_]) + 4.0 * front_->order;
}

/// Adds what a child left: its delayed columns and rows, and the update of its border.
template <class Real>
double FrontLu<Real>::assemble_child(const Front<Real>& child) {
  const std::int32_t candidates = front_->candidates;
  const std::int32_t border = front_->border();
  const std::int32_t order = front_->order;
  const std::int32_t child_border = child.border();
  Real* right = front_->right();
  const std::int32_t* rows = child.rows();
  const std::int32_t* cols = child.cols();
  for (std::int32_t j = child.eliminated; j < child.candidates; ++j) {
    const Real* from = child.panel.data() + std::size_t(j) * child.order;
    Real* to = front_->panel.data() + std::size_t(col_place_[cols[j]]) * order;
    for (std::int32_t i = child.eliminated; i < child.order; ++i)
      to[row_place_[rows[i]]] += from[i];
  }
  for (std::int32_t i = child.eliminated; i < child.candidates; ++i) {
    const Real* from = child.right() + std::size_t(i) * child_border;
    const std::int32_t row = row_place_[rows[i]];
    for (std::int32_t b = 0; b < child_border; ++b) {
      const std::int32_t col = col_place_[cols[child.candidates + b]];
      if (col < candidates) {
        element(row, col) += from[b];
      } else {
        right[std::size_t(row) * border + (col - candidates)] += from[b];
      }
    }
  }
  // Both borders ascend: those of the child's rows that are candidates here come first.
  std::int32_t split = 0;
  for (std::int32_t b = 0; b < child_border; ++b) {
    map_[b] = row_place_[rows[child.candidates + b]];
    split += map_[b] < candidates;
  }
  for (std::int32_t b = 0; b < child_border; ++b) {
    const Real* from = child.update.data() + std::size_t(b) * child_border;
    const std::int32_t col = map_[b];
    if (col < candidates) {
      Real* to = front_->panel.data() + std::size_t(col) * order;
      for (std::int32_t i = 0; i < child_border; ++i) to[map_[i]] += from[i];
    } else {
      Real* above = right + (col - candidates);
      for (std::int32_t i = 0; i < split; ++i) above[std::size_t(map_[i]) * border] += from[i];
      Real* to = front_->update.data() + std::size_t(col - candidates) * border;
      for (std::int32_t i = split; i < child_border; ++i) to[map_[i] - candidates] += from[i];
    }
  }
  const double delayed = child.candidates - child.eliminated;
  return double(child_border) * child_border + 2 * delayed * child.order;
}

template <class Real>
double FrontLu<Real>::close() {
  const std::int32_t eliminated = front_->eliminated;
  const std::int32_t candidates = front_->candidates;
  const std::int32_t order = front_->order;
  const std::int32_t border = front_->border();
  const std::int32_t* cols = front_->cols();
  const auto note = [&](std::int32_t id, double v) {
    if (magnitude(v) > largest_of_u_[id]) largest_of_u_[id] = magnitude(v);
  };
  for (std::int32_t c = 0; c < candidates; ++c) {
    const std::int32_t rows = std::min(c + 1, eliminated);
    for (std::int32_t r = 0; r < rows; ++r) note(cols[c], element(r, c));
    if (c < eliminated) factors_->diagonal[block_->begin + cols[c]] = element(c, c);
  }
  const Real* right = front_->right();
  for (std::int32_t r = 0; r < eliminated; ++r) {
    for (std::int32_t b = 0; b < border; ++b) {
      note(cols[candidates + b], right[std::size_t(r) * border + b]);
    }
  }
  double& growth = factors_->quality.pivot_growth;
  for (std::int32_t c = 0; c < eliminated; ++c) {
    // All rows of U that have an entry in the column are known by now.
    const double of_a = largest_of_a_[cols[c]];
    const double of_u = largest_of_u_[cols[c]];
    if (of_a < growth * of_u) growth = of_a / of_u;
  }
  factors_->quality.delayed_pivots += candidates - eliminated;
  factors_->nnz += double(eliminated) * (2.0 * order - eliminated);
  return double(eliminated) * (order + border);
}

template class FrontLu<double>;
template class FrontLu<float>;

}  // namespace lacuna
