#include "lacuna/direct/inverse_entries.hpp"

#include <algorithm>
#include <limits>

namespace lacuna {

Fault InverseEntries::begin(const Supernodes& structure, const double* values,
                            std::span<const std::int32_t> rows,
                            std::span<const std::int32_t> columns, std::span<double> out,
                            const PivotsAndScale& middle) {
  stage_ = Stage::done;
  inverse_.reset();
  if (rows.size() != columns.size() || rows.size() != out.size()) return Status::shape_mismatch;
  if (rows.size() > std::size_t(std::numeric_limits<std::int32_t>::max())) {
    return Status::invalid_size;
  }
  for (std::size_t k = 0; k < rows.size(); ++k) {
    for (const std::int32_t i : {rows[k], columns[k]}) {
      if (i < 0 || i >= structure.n) {
        return {Status::index_out_of_range, static_cast<std::int64_t>(k)};
      }
    }
  }
  const auto n = static_cast<std::size_t>(structure.n);
  for (const Status status :
       {path_.allocate(static_cast<std::size_t>(structure.count)), on_.allocate(rows.size()),
        next_.allocate_zero(n), order_.allocate(rows.size()), row_.allocate(rows.size()),
        value_.allocate(rows.size()), reach_.attach(structure, values, middle),
        middle.pivots == nullptr ? Status::ok : sorted_.prepare(structure)}) {
    if (status != Status::ok) return status;
  }
  middle_ = middle;
  structure_ = &structure;
  values_ = values;
  rows_ = rows;
  columns_ = columns;
  out_ = out;
  on_pattern_ = solves_ = 0;
  inverts_ = false;
  apart_ = among_ = done_ = inverted_ = 0;
  at_ = structure.count - 1;
  stage_ = Stage::paths;
  return {};
}

/// Sorts the entries by columns, by counting, and tells what the ways would cost. True to pause.
bool InverseEntries::plan(Meter& meter) {
  const Supernodes& s = *structure_;
  while (stage_ == Stage::paths) {
    if (at_ < 0) {
      at_ = 0;
      stage_ = Stage::sort;
      break;
    }
    const std::int32_t u = at_--;
    const double width = s.width(u);
    path_[u] = width * s.height(u) - 0.5 * width * (width - 1);
    if (s.parent[u] >= 0) path_[u] += path_[s.parent[u]];
    if (meter.spend(8)) return true;
  }
  while (stage_ == Stage::sort) {
    if (middle_.pivots == nullptr || at_ == s.count) {
      at_ = 0;
      stage_ = Stage::classify;
      break;
    }
    if (meter.spend(sorted_.sort(at_++))) return true;
  }
  while (stage_ == Stage::classify) {
    if (at_ == count()) {
      at_ = column_ = 0;
      stage_ = Stage::place;
      break;
    }
    const std::int32_t k = at_++;
    const std::int32_t* rows = middle_.pivots == nullptr ? s.rows.data() : sorted_.rows();
    on_[k] = find_entry(s, rows, rows_[k], columns_[k]) >= 0;
    on_pattern_ += on_[k];
    ++next_[columns_[k]];
    if (meter.spend(100)) return true;
  }
  while (stage_ == Stage::place) {
    if (column_ == s.n) {
      stage_ = Stage::order;
      at_ = 0;
      break;
    }
    const std::int32_t length = next_[column_];
    next_[column_++] = at_;
    at_ += length;
    if (meter.spend(4)) return true;
  }
  while (stage_ == Stage::order) {
    if (at_ == count()) {
      column_ = begin_ = 0;
      stage_ = Stage::weigh;
      break;
    }
    const std::int32_t k = at_++;
    order_[next_[columns_[k]]++] = k;
    if (meter.spend(16)) return true;
  }
  while (stage_ == Stage::weigh) {
    if (column_ == s.n) {
      choose();
      break;
    }
    const std::int32_t length = column_end() - begin_;
    if (length > 0) {
      apart_ += weigh_column(false);
      among_ += weigh_column(true);
      begin_ = column_end();
    }
    ++column_;
    if (meter.spend(4 + 40.0 * length)) return true;
  }
  return false;
}

/// At most what the reach solve of a column's entries on the pattern, or off it, costs.
double InverseEntries::weigh_column(bool on) {
  const auto path = [&](std::int32_t row) {
    return path_[structure_->supernode_of[structure_->position[row]]];
  };
  double rows = 0;
  bool any = false;
  for (std::int32_t p = begin_; p < column_end(); ++p) {
    const std::int32_t k = order_[p];
    if ((on_[k] != 0) != on) continue;
    any = true;
    if (solves(k)) rows += path(rows_[k]);
  }
  return any ? 2 * (path(column_) + std::min(rows, structure_->stored)) : 0;
}

void InverseEntries::choose() {
  column_ = begin_ = at_ = 0;
  stage_ = Stage::open;
  if (on_pattern_ == 0 || SparseInverse::flops(*structure_) > among_) return;
  inverse_.reset(create<SparseInverse>());
  const RowOrder* order = middle_.pivots == nullptr ? nullptr : &sorted_;
  if (!inverse_ || inverse_->begin(*structure_, values_, middle_.pivots, order) != Status::ok) {
    // Every entry can be solved for without its memory.
    inverse_.reset();
    return;
  }
  inverts_ = true;
  stage_ = Stage::invert;
}

bool InverseEntries::pick(Meter& meter) {
  while (at_ < count()) {
    const std::int32_t k = at_++;
    if (on_[k]) {
      out_[k] = *inverse_->find(rows_[k], columns_[k]) * scale(rows_[k]) * scale(columns_[k]);
    }
    if (meter.spend(100)) return true;
  }
  inverse_.reset();
  inverted_ = 1;
  stage_ = Stage::open;
  return false;
}

double InverseEntries::progress() const {
  if (stage_ == Stage::done) return 1;
  if (stage_ < Stage::invert) return 0;
  const double first = inverts_ ? SparseInverse::flops(*structure_) : 0;
  const double share = inverse_ ? inverse_->progress() : inverted_;
  const double whole = first + apart_ + (inverts_ ? 0 : among_);
  return std::min(1.0, (share * first + done_) / std::max(1.0, whole));
}

/// Begins the reach solve of the column, if it has any entries to solve for.
void InverseEntries::open_column() {
  bool any = false;
  wanted_ = 0;
  for (std::int32_t p = begin_; p < column_end(); ++p) {
    const std::int32_t k = order_[p];
    if (inverts_ && on_[k]) continue;
    any = true;
    if (solves(k)) row_[wanted_++] = rows_[k];
  }
  if (!any) {
    begin_ = column_end();
    ++column_;
    return;
  }
  ++solves_;
  reach_.begin_rhs(SparseEntries{{&column_, 1}, {&one_, 1}});
  stage_ = Stage::forward;
}

/// By L·Lᵀ the column's own entry is a square: L⁻¹ is enough for it.
void InverseEntries::close_column() {
  const double own = middle_.pivots == nullptr ? reach_.energy() : 0;
  std::int32_t at = 0;
  for (std::int32_t p = begin_; p < column_end(); ++p) {
    const std::int32_t k = order_[p];
    if (inverts_ && on_[k]) continue;
    out_[k] = solves(k) ? value_[at++] : own;
  }
  begin_ = column_end();
  ++column_;
  stage_ = Stage::open;
}

TaskState InverseEntries::step(Budget& budget) {
  if (stage_ < Stage::invert) {
    Meter meter(budget);
    if (plan(meter)) return TaskState::running;
  }
  if (stage_ == Stage::invert) {
    if (inverse_->step(budget) == TaskState::running) return TaskState::running;
    stage_ = Stage::pick;
  }
  if (stage_ == Stage::pick) {
    Meter meter(budget);
    if (pick(meter)) return TaskState::running;
  }
  while (stage_ != Stage::done) {
    if (stage_ == Stage::open) {
      if (column_ == structure_->n) {
        stage_ = Stage::done;
        break;
      }
      budget.spend(4 + 16.0 * (column_end() - begin_));
      open_column();
    } else {
      if (reach_.step(budget) == TaskState::running) return TaskState::running;
      done_ += 2 * reach_.entries();
      if (stage_ == Stage::forward && wanted_ > 0) {
        const auto wanted = static_cast<std::size_t>(wanted_);
        reach_.begin_entries(row_.span().first(wanted), value_.span().first(wanted));
        stage_ = Stage::backward;
      } else {
        close_column();
      }
    }
    if (stage_ != Stage::done && budget.exhausted()) return TaskState::running;
  }
  return TaskState::done;
}

}  // namespace lacuna
