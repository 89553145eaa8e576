#include "lacuna/direct/reach_solve.hpp"

#include <algorithm>
#include <cmath>

#include "lacuna/simd/kernels.hpp"

namespace lacuna {

Status ReachSolve::attach(const Supernodes& structure, const double* values,
                          const PivotsAndScale& middle) {
  job_ = Job::none;
  loaded_ = false;
  structure_ = nullptr;
  for (ReachSweep* sweep : {&source_, &target_}) {
    if (const Status status = sweep->prepare(structure, values, middle.pivots != nullptr);
        status != Status::ok) {
      return status;
    }
  }
  structure_ = &structure;
  middle_ = middle;
  return Status::ok;
}

Fault ReachSolve::check(const SparseEntries& v) const {
  if (structure_ == nullptr) return Status::not_ready;
  if (v.indices.size() != v.values.size()) return Status::shape_mismatch;
  for (std::size_t k = 0; k < v.indices.size(); ++k) {
    const auto position = static_cast<std::int64_t>(k);
    if (v.indices[k] < 0 || v.indices[k] >= structure_->n) {
      return {Status::index_out_of_range, position};
    }
    if (!std::isfinite(v.values[k])) return {Status::not_finite, position};
  }
  return {};
}

void ReachSolve::begin(Job job, ReachSweep& sweep) {
  job_ = job;
  phase_ = Phase::mark;
  next_ = 0;
  sum_ = 0;
  sweep.clear();
}

Fault ReachSolve::begin_rhs(const SparseEntries& b) {
  if (const Fault fault = check(b); !fault.ok()) return fault;
  in_ = b;
  loaded_ = false;
  begin(Job::rhs, source_);
  return {};
}

Fault ReachSolve::begin_rhs(std::span<const double> b) {
  if (structure_ == nullptr) return Status::not_ready;
  if (b.size() != static_cast<std::size_t>(structure_->n)) return Status::shape_mismatch;
  if (const auto bad = simd::first_not_finite(b); bad >= 0) return {Status::not_finite, bad};
  in_ = {{}, b};
  loaded_ = false;
  begin(Job::dense_rhs, source_);
  return {};
}

Fault ReachSolve::begin_entries(std::span<const std::int32_t> rows, std::span<double> out) {
  if (!loaded_) return Status::not_ready;
  if (rows.size() != out.size()) return Status::shape_mismatch;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    if (rows[k] < 0 || rows[k] >= structure_->n) {
      return {Status::index_out_of_range, static_cast<std::int64_t>(k)};
    }
  }
  rows_ = rows;
  out_ = out;
  begin(Job::entries, target_);
  return {};
}

Fault ReachSolve::begin_product(const SparseEntries& t, double& out) {
  if (!loaded_) return Status::not_ready;
  if (const Fault fault = check(t); !fault.ok()) return fault;
  in_ = t;
  out_ = {&out, 1};
  begin(Job::product, target_);
  return {};
}

std::int32_t ReachSolve::length() const {
  return static_cast<std::int32_t>(job_ == Job::entries ? rows_.size() : in_.values.size());
}

/// Enters the columns into the reach, with their values.
bool ReachSolve::mark(Meter& meter) {
  ReachSweep& sweep = job_ == Job::rhs || job_ == Job::dense_rhs ? source_ : target_;
  const std::int32_t length = this->length();
  while (next_ < length) {
    const std::int32_t k = next_++;
    const std::int32_t row = job_ == Job::entries     ? rows_[k]
                             : job_ == Job::dense_rhs ? k
                                                      : in_.indices[k];
    const std::int32_t column = structure_->position[row];
    sweep.reach(column);
    if (job_ != Job::entries) sweep.at(column) += in_.values[k] * scale(row);
    if (meter.spend(16)) return true;
  }
  sweep.order();
  if (job_ == Job::entries) {
    for (const std::int32_t s : sweep.supernodes()) {
      for (std::int32_t j = sweep.first_column(s); j < structure_->first_column[s + 1]; ++j) {
        if (source_.holds(j)) sweep.at(j) = source_.at(j);
      }
    }
  }
  next_ = 0;
  phase_ = Phase::sweep;
  return false;
}

/// The columns of a supernode by D, as `SupernodalSolve` divides.
double ReachSolve::divide(std::int32_t s) {
  const std::int32_t end = structure_->first_column[s + 1];
  for (std::int32_t j = structure_->first_column[s]; j < end; ++j) {
    const double* d = middle_.pivots + 2 * std::size_t(j);
    double& y = source_.at(j);
    if (d[1] == 0) {
      y /= d[0];
      continue;
    }
    double& next = source_.at(++j);
    const double d11 = d[0] / d[1], d22 = d[2] / d[1];
    const double determinant = d11 * d22 - 1;
    const double y1 = y / d[1], y2 = next / d[1];
    y = (d22 * y1 - y2) / determinant;
    next = (d11 * y2 - y1) / determinant;
  }
  return 8.0 * structure_->width(s);
}

/// The part of a product that belongs to the columns of a supernode.
double ReachSolve::meet(const ReachSweep& target, std::int32_t s) const {
  const std::int32_t begin = target.first_column(s);
  const std::int32_t end = structure_->first_column[s + 1];
  double sum = 0;
  for (std::int32_t j = begin; j < end; ++j) {
    if (source_.holds(j)) sum += target.at(j) * source_.at(j);
  }
  return sum;
}

double ReachSolve::energy() const {
  double sum = 0;
  for (const std::int32_t s : source_.supernodes()) sum += meet(source_, s);
  return sum;
}

bool ReachSolve::put(Meter& meter) {
  if (job_ == Job::entries) {
    while (next_ < length()) {
      out_[next_] = target_.at(structure_->position[rows_[next_]]) * scale(rows_[next_]);
      ++next_;
      if (meter.spend(8)) return true;
    }
  } else if (job_ == Job::product) {
    const auto met = target_.supernodes();
    while (next_ < static_cast<std::int32_t>(met.size())) {
      const std::int32_t s = met[next_++];
      sum_ += meet(target_, s);
      if (meter.spend(4.0 * structure_->width(s))) return true;
    }
    out_[0] = sum_;
  }
  return false;
}

TaskState ReachSolve::step(Budget& budget) {
  if (job_ == Job::none) return TaskState::done;
  Meter meter(budget);
  const bool rhs = job_ == Job::rhs || job_ == Job::dense_rhs;
  ReachSweep& sweep = rhs ? source_ : target_;
  if (phase_ == Phase::mark && mark(meter)) return TaskState::running;
  if (phase_ == Phase::sweep) {
    if (job_ == Job::entries ? sweep.backward(meter) : sweep.forward(meter, structure_->n)) {
      return TaskState::running;
    }
    entries_ = sweep.entries();
    supernodes_ = static_cast<std::int32_t>(sweep.supernodes().size());
    phase_ = rhs && middle_.pivots != nullptr ? Phase::divide : Phase::put;
  }
  while (phase_ == Phase::divide) {
    if (next_ == supernodes_) {
      next_ = 0;
      phase_ = Phase::put;
    } else if (meter.spend(divide(source_.supernodes()[next_++]))) {
      return TaskState::running;
    }
  }
  if (put(meter)) return TaskState::running;
  if (rhs) loaded_ = true;
  job_ = Job::none;
  return TaskState::done;
}

}  // namespace lacuna
