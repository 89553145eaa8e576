#include "lacuna/direct/cholesky_update.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lacuna {

Status CholeskyUpdate::attach(const Supernodes& structure, double* values) {
  cancel();
  structure_ = nullptr;
  const auto count = static_cast<std::size_t>(structure.count);
  std::int32_t tallest = 0;
  for (std::int32_t s = 0; s < structure.count; ++s) {
    tallest = std::max(tallest, structure.height(s));
  }
  for (const Status status :
       {path_.prepare(structure), sweep_.prepare(structure, values), meets_.allocate(count),
        meet_at_.allocate(count), on_path_.allocate_zero(count), below_.allocate(tallest)}) {
    if (status != Status::ok) return status;
  }
  structure_ = &structure;
  values_ = values;
  return Status::ok;
}

void CholeskyUpdate::cancel() {
  if (job_ != Job::none && stage_ == Stage::commit) {
    Budget unlimited;
    step(unlimited);
  }
  job_ = Job::none;
}

Fault CholeskyUpdate::check_entries(std::span<const std::int32_t> rows,
                                    std::span<const double> values) const {
  if (rows.size() != values.size()) return Status::shape_mismatch;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const auto position = static_cast<std::int64_t>(k);
    if (rows[k] < 0 || rows[k] >= structure_->n) return {Status::index_out_of_range, position};
    if (!std::isfinite(values[k])) return {Status::not_finite, position};
  }
  return {};
}

/// The first column of L that a column of W meets has to have all its rows: then, and only then,
/// has L room for their products.
Fault CholeskyUpdate::check_pattern(const SparseColumns& w) const {
  for (std::size_t j = 0; j + 1 < w.begin.size(); ++j) {
    std::int32_t first = -1;
    for (std::int32_t p = w.begin[j]; p < w.begin[j + 1]; ++p) {
      const std::int32_t row = w.rows[p];
      if (first < 0 || structure_->position[row] < structure_->position[first]) first = row;
    }
    for (std::int32_t p = w.begin[j]; p < w.begin[j + 1]; ++p) {
      if (find_entry(*structure_, w.rows[p], first) < 0) {
        return {Status::pattern_mismatch, w.rows[p], first};
      }
    }
  }
  return {};
}

Fault CholeskyUpdate::begin_update(const SparseColumns& w, bool downdate) {
  cancel();
  fault_ = {};
  if (structure_ == nullptr) return Status::not_ready;
  if (w.begin.empty() || w.begin[0] != 0) return Status::shape_mismatch;
  for (std::size_t j = 1; j < w.begin.size(); ++j) {
    if (w.begin[j] < w.begin[j - 1]) return Status::shape_mismatch;
  }
  if (w.rows.size() != static_cast<std::size_t>(w.begin.back())) return Status::shape_mismatch;
  if (const Fault fault = check_entries(w.rows, w.values); !fault.ok()) return fault;
  if (const Fault fault = check_pattern(w); !fault.ok()) return fault;
  path_.clear();
  for (const std::int32_t row : w.rows) path_.add(structure_->position[row]);
  const auto k = static_cast<std::int32_t>(w.begin.size() - 1);
  if (const Status status = path_.open(values_, k); status != Status::ok) return status;
  for (std::int32_t j = 0; j < k; ++j) {
    for (std::int32_t p = w.begin[j]; p < w.begin[j + 1]; ++p) {
      path_.at(structure_->position[w.rows[p]], j) += w.values[p];
    }
  }
  job_ = downdate ? Job::downdate : Job::update;
  stage_ = Stage::compute;
  return {};
}

/// Finds the panels that have the row, and the path that its column of L leads on to.
Fault CholeskyUpdate::open_row(std::int32_t row) {
  cancel();
  fault_ = {};
  if (structure_ == nullptr) return Status::not_ready;
  const Supernodes& s = *structure_;
  if (row < 0 || row >= s.n) return Status::index_out_of_range;
  pivot_ = s.position[row];
  supernode_ = s.supernode_of[pivot_];
  place_ = pivot_ - s.first_column[supernode_];
  // The subtree is the run of supernodes before; where a panel has the row, so have all above it.
  met_ = 0;
  for (std::int32_t u = supernode_ - 1; u >= 0; --u) {
    const std::int32_t parent = s.parent[u];
    if (parent < 0 || parent > supernode_) break;
    if (parent < supernode_ && !on_path_[parent]) continue;
    const std::int32_t* rows = s.rows.data() + s.row_begin[u];
    const std::int32_t place = find_row(rows, s.height(u), s.width(u), pivot_);
    if (place == s.height(u) || rows[place] != pivot_) continue;
    on_path_[u] = 1;
    meets_[met_] = u;
    meet_at_[met_++] = place;
  }
  for (std::int32_t m = 0; m < met_; ++m) on_path_[meets_[m]] = 0;
  path_.clear();
  if (place_ + 1 < s.height(supernode_)) {
    path_.add(s.rows[s.row_begin[supernode_] + place_ + 1]);
  }
  return path_.open(values_, 1);
}

/// Nothing but the diagonal in the row and column of L.
bool CholeskyUpdate::deleted() const {
  const Supernodes& s = *structure_;
  for (std::int32_t m = 0; m < met_; ++m) {
    for (std::int32_t j = 0; j < s.width(meets_[m]); ++j) {
      if (entry(meets_[m], meet_at_[m], j) != 0) return false;
    }
  }
  for (std::int32_t j = 0; j < place_; ++j) {
    if (entry(supernode_, place_, j) != 0) return false;
  }
  for (std::int32_t i = place_ + 1; i < s.height(supernode_); ++i) {
    if (entry(supernode_, i, place_) != 0) return false;
  }
  return true;
}

Fault CholeskyUpdate::begin_delete(std::int32_t row) {
  if (const Fault fault = open_row(row); !fault.ok()) return fault;
  job_ = Job::remove;
  stage_ = Stage::start;
  return {};
}

Fault CholeskyUpdate::begin_add(std::int32_t row, const SparseEntries& entries) {
  if (const Fault fault = open_row(row); !fault.ok()) return fault;
  if (const Fault fault = check_entries(entries.indices, entries.values); !fault.ok()) return fault;
  for (const std::int32_t i : entries.indices) {
    if (find_entry(*structure_, i, row) < 0) return {Status::pattern_mismatch, i, row};
  }
  if (!deleted()) return {Status::invalid_argument, row};
  sweep_.clear();
  sweep_.reach(pivot_);
  for (std::size_t k = 0; k < entries.indices.size(); ++k) {
    const std::int32_t i = structure_->position[entries.indices[k]];
    sweep_.reach(i);
    sweep_.at(i) += entries.values[k];
  }
  sweep_.order();
  job_ = Job::insert;
  stage_ = Stage::forward;
  return {};
}

/// The new column of L; what of it the rest of L has to change by, on the path.
Fault CholeskyUpdate::start_row() {
  const Supernodes& s = *structure_;
  const std::int32_t height = s.height(supernode_);
  diagonal_ = 1;
  if (job_ == Job::insert) {
    double pivot = sweep_.at(pivot_);
    for (const std::int32_t u : sweep_.supernodes()) {
      const std::int32_t end = std::min(s.first_column[u + 1], pivot_);
      for (std::int32_t j = sweep_.first_column(u); j < end; ++j) {
        pivot -= sweep_.at(j) * sweep_.at(j);
      }
    }
    if (!(pivot > 0) || !std::isfinite(pivot)) {
      return {Status::indefinite_matrix, s.permutation[pivot_]};
    }
    diagonal_ = std::sqrt(pivot);
  }
  const std::int32_t* rows = s.rows.data() + s.row_begin[supernode_];
  for (std::int32_t i = place_ + 1; i < height; ++i) {
    const bool inserts = job_ == Job::insert;
    const double l = inserts ? sweep_.at(rows[i]) / diagonal_ : entry(supernode_, i, place_);
    below_[i] = inserts ? l : 0;
    path_.at(rows[i], 0) = l;
  }
  return {};
}

/// Row and column of L. Their entries are on none of the columns that the path replaces.
void CholeskyUpdate::write_row() {
  const Supernodes& s = *structure_;
  const auto value = [&](std::int32_t u, std::int32_t j) {
    const std::int32_t column = s.first_column[u] + j;
    return job_ == Job::insert && sweep_.holds(column) ? sweep_.at(column) : 0.0;
  };
  for (std::int32_t m = 0; m < met_; ++m) {
    for (std::int32_t j = 0; j < s.width(meets_[m]); ++j) {
      entry(meets_[m], meet_at_[m], j) = value(meets_[m], j);
    }
  }
  for (std::int32_t j = 0; j < place_; ++j) entry(supernode_, place_, j) = value(supernode_, j);
  entry(supernode_, place_, place_) = diagonal_;
  for (std::int32_t i = place_ + 1; i < s.height(supernode_); ++i) {
    entry(supernode_, i, place_) = below_[i];
  }
}

TaskState CholeskyUpdate::end(Fault fault) {
  fault_ = fault;
  job_ = Job::none;
  return fault.ok() ? TaskState::done : TaskState::failed;
}

TaskState CholeskyUpdate::step(Budget& budget) {
  if (job_ == Job::none) return fault_.ok() ? TaskState::done : TaskState::failed;
  Meter meter(budget);
  if (stage_ == Stage::forward) {
    if (sweep_.forward(meter, pivot_)) return TaskState::running;
    stage_ = Stage::start;
  }
  if (stage_ == Stage::start) {
    if (const Fault fault = start_row(); !fault.ok()) return end(fault);
    stage_ = Stage::compute;
  }
  if (stage_ == Stage::compute) {
    const TaskState state = path_.compute(meter, job_ == Job::downdate || job_ == Job::insert);
    if (state == TaskState::running) return state;
    if (state == TaskState::failed) return end(path_.fault());
    if (job_ == Job::remove || job_ == Job::insert) write_row();
    stage_ = Stage::commit;
  }
  if (path_.commit(meter)) return TaskState::running;
  return end({});
}

double CholeskyUpdate::progress() const {
  if (job_ == Job::none || stage_ == Stage::commit) return 1;
  return stage_ == Stage::compute ? path_.progress() : 0;
}

}  // namespace lacuna
