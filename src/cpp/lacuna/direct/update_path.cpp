#include "lacuna/direct/update_path.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lacuna/simd/vector.hpp"

namespace lacuna {
namespace {

/// Columns of W that go over a column of L together.
constexpr int together = 4;

/// l ← (l + into·w)·shrink, then w ← stretch·w − from·l.
struct Rotation {
  double into;
  double shrink;
  double stretch;
  double from;
};

template <class Lane>
struct RotationLanes {
  Lane into, shrink, stretch, from;
};

template <class Lane>
RotationLanes<Lane> spread(const Rotation& r) {
  const Lane zero = Lane{};
  return {zero + r.into, zero + r.shrink, zero + r.stretch, zero + r.from};
}

template <int R, class Lane>
[[gnu::always_inline]] inline void rotate_lane(const RotationLanes<Lane>* rotations, double* l,
                                               double* const* w, std::int32_t i) {
  Lane x;
  std::memcpy(&x, l + i, sizeof x);
  for (int r = 0; r < R; ++r) {
    const RotationLanes<Lane>& g = rotations[r];
    Lane y;
    std::memcpy(&y, w[r] + i, sizeof y);
    x = (x + g.into * y) * g.shrink;
    y = g.stretch * y - g.from * x;
    std::memcpy(w[r] + i, &y, sizeof y);
  }
  std::memcpy(l + i, &x, sizeof x);
}

/// Rows begin … end − 1 of a column of L and of R columns of W.
template <int R>
[[gnu::noinline]] void rotate_rows(const Rotation* rotations, std::int32_t begin, std::int32_t end,
                                   double* l, double* const* w) {
  RotationLanes<simd::f64x2> pairs[R];
  RotationLanes<double> singles[R];
  for (int r = 0; r < R; ++r) {
    pairs[r] = spread<simd::f64x2>(rotations[r]);
    singles[r] = spread<double>(rotations[r]);
  }
  std::int32_t i = begin;
  for (; i + 2 <= end; i += 2) rotate_lane<R>(pairs, l, w, i);
  if (i < end) rotate_lane<R>(singles, l, w, i);
}

/// √(l² + w²) or √(l² − w²), l > 0, without overflow on the way.
double rotated_pivot(double l, double w, bool downdate) {
  const double modulus = std::fabs(w);
  if (downdate) return modulus < l ? std::sqrt(l - modulus) * std::sqrt(l + modulus) : 0;
  const double most = std::max(l, modulus);
  const double ratio = std::min(l, modulus) / most;
  return most * std::sqrt(1 + ratio * ratio);
}

}  // namespace

Status UpdatePath::prepare(const Supernodes& structure) {
  if (const Status status = reach_.prepare(structure); status != Status::ok) return status;
  if (offset_.size() != static_cast<std::size_t>(structure.count)) {
    const Status status = offset_.allocate(static_cast<std::size_t>(structure.count));
    if (status != Status::ok) return status;
  }
  structure_ = &structure;
  return Status::ok;
}

Status UpdatePath::open(double* values, std::int32_t k) {
  reach_.order();
  values_ = values;
  k_ = k;
  double entries = 0;
  std::int32_t rows = 0, tallest = 0;
  for (const std::int32_t s : reach_.supernodes()) {
    supernode_ = s;
    offset_[s] = rows - start();
    rows += width();
    tallest = std::max(tallest, height());
    entries += double(width()) * height();
  }
  const double most = static_cast<double>(std::numeric_limits<std::size_t>::max() / 16);
  if (entries > most || double(k) * std::max(rows, tallest) > most) return Status::out_of_memory;
  entries_ = static_cast<std::size_t>(entries);
  for (const Status status :
       {beside_.allocate(entries_), w_.allocate_zero(static_cast<std::size_t>(rows) * k),
        panel_w_.allocate(static_cast<std::size_t>(tallest) * k)}) {
    if (status != Status::ok) return status;
  }
  fault_ = {};
  at_ = -1;
  beside_at_ = 0;
  column_ = 0;
  stage_ = Stage::copy;
  return Status::ok;
}

double UpdatePath::progress() const { return double(beside_at_) / std::max(1.0, double(entries_)); }

/// On to the next supernode of the reach; false behind the last one.
bool UpdatePath::next() {
  if (at_ >= 0) beside_at_ += static_cast<std::size_t>(width()) * height();
  ++at_;
  column_ = first_ = 0;
  if (at_ == static_cast<std::int32_t>(reach_.supernodes().size())) {
    at_ = -1;
    beside_at_ = 0;
    return false;
  }
  supernode_ = reach_.supernodes()[at_];
  return true;
}

/// The rows of W that the panel has.
void UpdatePath::gather() {
  const std::int32_t* rows = structure_->rows.data() + structure_->row_begin[supernode_] + start();
  const std::int32_t height = this->height();
  for (std::int32_t i = 0; i < height; ++i) {
    const double* w = w_.data() + std::size_t(offset(rows[i])) * k_;
    for (std::int32_t r = 0; r < k_; ++r) panel_w_[i + std::size_t(r) * height] = w[r];
  }
}

void UpdatePath::scatter() {
  const std::int32_t* rows = structure_->rows.data() + structure_->row_begin[supernode_] + start();
  const std::int32_t height = this->height();
  for (std::int32_t i = width(); i < height; ++i) {
    double* w = w_.data() + std::size_t(offset(rows[i])) * k_;
    for (std::int32_t r = 0; r < k_; ++r) w[r] = panel_w_[i + std::size_t(r) * height];
  }
}

/// The next few columns of W over one column of L. False where its pivot is lost.
bool UpdatePath::rotate_column(bool downdate) {
  const std::int32_t height = this->height();
  double* l = beside_.data() + beside_at_ + std::size_t(column_) * height;
  Rotation rotations[together];
  double* w[together];
  int count = 0;
  for (; first_ < k_ && count < together; ++first_) {
    double* column = panel_w_.data() + std::size_t(first_) * height;
    const double x = column[column_];
    if (x == 0) continue;
    const double pivot = l[column_];
    const double rotated = rotated_pivot(pivot, x, downdate);
    if (!(rotated > 0) || !std::isfinite(rotated) || !std::isfinite(x)) {
      const std::int32_t at = structure_->first_column[supernode_] + start() + column_;
      fault_ = {Status::indefinite_matrix, structure_->permutation[at]};
      return false;
    }
    const double ratio = x / pivot;
    rotations[count] = {downdate ? -ratio : ratio, pivot / rotated, rotated / pivot, ratio};
    w[count++] = column;
    l[column_] = rotated;
  }
  switch (count) {
    case 1: rotate_rows<1>(rotations, column_ + 1, height, l, w); break;
    case 2: rotate_rows<2>(rotations, column_ + 1, height, l, w); break;
    case 3: rotate_rows<3>(rotations, column_ + 1, height, l, w); break;
    case 4: rotate_rows<4>(rotations, column_ + 1, height, l, w); break;
    default: break;
  }
  return true;
}

TaskState UpdatePath::compute(Meter& meter, bool downdate) {
  if (!fault_.ok()) return TaskState::failed;
  if (at_ < 0 && !next()) return TaskState::done;
  for (;;) {
    const std::int32_t height = this->height();
    while (stage_ == Stage::copy) {
      if (column_ == width()) {
        column_ = 0;
        gather();
        stage_ = Stage::rotate;
        if (meter.spend(2.0 * height * k_)) return TaskState::running;
        break;
      }
      const double* l = panel() + std::size_t(column_) * structure_->height(supernode_);
      std::copy(l + column_, l + height,
                beside_.data() + beside_at_ + std::size_t(column_) * height + column_);
      ++column_;
      if (meter.spend(height)) return TaskState::running;
    }
    while (stage_ == Stage::rotate) {
      if (column_ == width()) {
        stage_ = Stage::close;
        break;
      }
      if (!rotate_column(downdate)) return TaskState::failed;
      if (first_ == k_) {
        first_ = 0;
        ++column_;
      }
      if (meter.spend(6.0 * together * height)) return TaskState::running;
    }
    scatter();
    stage_ = Stage::copy;
    if (!next()) return TaskState::done;
    if (meter.spend(2.0 * height * k_)) return TaskState::running;
  }
}

bool UpdatePath::commit(Meter& meter) {
  if (at_ < 0 && !next()) return false;
  for (;;) {
    const std::int32_t height = this->height();
    while (column_ < width()) {
      const double* l = beside_.data() + beside_at_ + std::size_t(column_) * height;
      std::copy(l + column_, l + height,
                panel() + std::size_t(column_) * structure_->height(supernode_) + column_);
      ++column_;
      if (meter.spend(height)) return true;
    }
    if (!next()) return false;
  }
}

}  // namespace lacuna
