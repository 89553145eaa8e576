#include "lacuna/direct/lu_solve.hpp"

#include <algorithm>

namespace lacuna {
namespace {

constexpr int group = 4;

/// R numbers, one per right-hand side.
template <int R>
struct Lanes {
  double v[R];

  static Lanes load(const double* p) {
    Lanes x;
    for (int r = 0; r < R; ++r) x.v[r] = p[r];
    return x;
  }
  void store(double* p) const {
    for (int r = 0; r < R; ++r) p[r] = v[r];
  }
  void divide(double d) {
    for (int r = 0; r < R; ++r) v[r] /= d;
  }
  void subtract(double a, const double* p) {
    for (int r = 0; r < R; ++r) v[r] -= a * p[r];
  }
};

template <int R>
void subtract_from(double* p, double a, const Lanes<R>& x) {
  for (int r = 0; r < R; ++r) p[r] -= a * x.v[r];
}

/// Block of columns [begin, end): reads `rows`, leaves the solution in `cols`.
template <int R>
void solve_columns(const LuFactors& f, std::int32_t begin, std::int32_t end, const double* rows,
                   double* cols) {
  const ColumnPattern& pattern = *f.pattern;
  const auto at = [&](std::int32_t k) { return cols + std::size_t(k) * R; };
  for (std::int32_t k = begin; k < end; ++k) {
    Lanes<R>::load(rows + std::size_t(pattern.pivot_row[k]) * R).store(at(k));
  }
  for (std::int32_t k = begin; k < end; ++k) {
    const auto x = Lanes<R>::load(at(k));
    const std::size_t last = pattern.lower.begin[k + 1];
    for (std::size_t p = pattern.lower.begin[k]; p < last; ++p) {
      subtract_from<R>(at(pattern.lower.row[p]), f.lower[p], x);
    }
  }
  for (std::int32_t k = end - 1; k >= begin; --k) {
    auto x = Lanes<R>::load(at(k));
    x.divide(f.diagonal[k]);
    x.store(at(k));
    const std::size_t last = pattern.upper.begin[k + 1];
    for (std::size_t p = pattern.upper.begin[k]; p < last; ++p) {
      subtract_from<R>(at(pattern.upper.row[p]), f.upper[p], x);
    }
  }
}

/// The transposed block: reads and spoils `cols`, leaves the solution in `rows`.
template <int R>
void solve_columns_transposed(const LuFactors& f, std::int32_t begin, std::int32_t end,
                              double* cols, double* rows) {
  const ColumnPattern& pattern = *f.pattern;
  const auto at = [&](std::int32_t k) { return cols + std::size_t(k) * R; };
  for (std::int32_t k = begin; k < end; ++k) {
    auto x = Lanes<R>::load(at(k));
    const std::size_t last = pattern.upper.begin[k + 1];
    for (std::size_t p = pattern.upper.begin[k]; p < last; ++p) {
      x.subtract(f.upper[p], at(pattern.upper.row[p]));
    }
    x.divide(f.diagonal[k]);
    x.store(at(k));
  }
  for (std::int32_t k = end - 1; k >= begin; --k) {
    auto x = Lanes<R>::load(at(k));
    const std::size_t last = pattern.lower.begin[k + 1];
    for (std::size_t p = pattern.lower.begin[k]; p < last; ++p) {
      x.subtract(f.lower[p], at(pattern.lower.row[p]));
    }
    x.store(at(k));
    x.store(rows + std::size_t(pattern.pivot_row[k]) * R);
  }
}

template <int R>
void gather(const double* from, const std::int32_t* ids, std::int32_t count, double* to) {
  for (std::int32_t i = 0; i < count; ++i) {
    for (int r = 0; r < R; ++r) to[std::size_t(i) * R + r] = from[std::size_t(ids[i]) * R + r];
  }
}

template <int R>
void scatter(const double* from, const std::int32_t* ids, std::int32_t count, double* to) {
  for (std::int32_t i = 0; i < count; ++i) {
    for (int r = 0; r < R; ++r) to[std::size_t(ids[i]) * R + r] = from[std::size_t(i) * R + r];
  }
}

/// L y = b for one front, in the space of rows.
template <int R>
void forward(const Front& f, double* rows, double* t) {
  gather<R>(rows, f.rows(), f.order, t);
  for (std::int32_t j = 0; j < f.eliminated; ++j) {
    const double* l = f.panel.data() + std::size_t(j) * f.order;
    const auto x = Lanes<R>::load(t + std::size_t(j) * R);
    for (std::int32_t i = j + 1; i < f.order; ++i) {
      subtract_from<R>(t + std::size_t(i) * R, l[i], x);
    }
  }
  scatter<R>(t, f.rows(), f.order, rows);
}

/// t ← t − (rows of U right of the candidates)·x: sums of four rows side by side, each in order.
template <int R>
void subtract_right(const Front& f, const double* x, double* t) {
  const std::int32_t border = f.border();
  std::int32_t i = 0;
  for (; i + group <= f.eliminated; i += group) {
    const double* u = f.right() + std::size_t(i) * border;
    Lanes<R> sum[group];
    for (int q = 0; q < group; ++q) sum[q] = Lanes<R>::load(t + std::size_t(i + q) * R);
    for (std::int32_t b = 0; b < border; ++b) {
      for (int q = 0; q < group; ++q) {
        sum[q].subtract(u[std::size_t(q) * border + b], x + std::size_t(b) * R);
      }
    }
    for (int q = 0; q < group; ++q) sum[q].store(t + std::size_t(i + q) * R);
  }
  for (; i < f.eliminated; ++i) {
    const double* u = f.right() + std::size_t(i) * border;
    auto sum = Lanes<R>::load(t + std::size_t(i) * R);
    for (std::int32_t b = 0; b < border; ++b) sum.subtract(u[b], x + std::size_t(b) * R);
    sum.store(t + std::size_t(i) * R);
  }
}

/// U x = y for one front; y stands in the space of rows, x in that of columns.
template <int R>
void backward(const Front& f, const double* rows, double* cols, double* t) {
  gather<R>(rows, f.rows(), f.eliminated, t);
  double* beyond = t + std::size_t(f.eliminated) * R;
  gather<R>(cols, f.cols() + f.eliminated, f.order - f.eliminated, beyond);
  const std::int32_t delayed = f.candidates - f.eliminated;
  subtract_right<R>(f, beyond + std::size_t(delayed) * R, t);
  for (std::int32_t j = f.candidates - 1; j >= 0; --j) {
    const double* u = f.panel.data() + std::size_t(j) * f.order;
    auto x = Lanes<R>::load(t + std::size_t(j) * R);
    if (j < f.eliminated) {
      x.divide(u[j]);
      x.store(t + std::size_t(j) * R);
    }
    const std::int32_t above = std::min(j, f.eliminated);
    for (std::int32_t i = 0; i < above; ++i) subtract_from<R>(t + std::size_t(i) * R, u[i], x);
  }
  scatter<R>(t, f.cols(), f.eliminated, cols);
}

/// Uᵀ y = b for one front: b in the space of columns, y in that of rows.
template <int R>
void forward_transposed(const Front& f, double* cols, double* rows, double* t) {
  gather<R>(cols, f.cols(), f.order, t);
  for (std::int32_t j = 0; j < f.candidates; ++j) {
    const double* u = f.panel.data() + std::size_t(j) * f.order;
    auto x = Lanes<R>::load(t + std::size_t(j) * R);
    const std::int32_t above = std::min(j, f.eliminated);
    for (std::int32_t i = 0; i < above; ++i) x.subtract(u[i], t + std::size_t(i) * R);
    if (j < f.eliminated) x.divide(u[j]);
    x.store(t + std::size_t(j) * R);
  }
  double* beyond = t + std::size_t(f.candidates) * R;
  const std::int32_t border = f.border();
  for (std::int32_t i = 0; i < f.eliminated; ++i) {
    const double* u = f.right() + std::size_t(i) * border;
    const auto x = Lanes<R>::load(t + std::size_t(i) * R);
    for (std::int32_t b = 0; b < border; ++b)
      subtract_from<R>(beyond + std::size_t(b) * R, u[b], x);
  }
  scatter<R>(t + std::size_t(f.eliminated) * R, f.cols() + f.eliminated, f.order - f.eliminated,
             cols);
  scatter<R>(t, f.rows(), f.eliminated, rows);
}

/// Lᵀ x = y for one front, in the space of rows.
template <int R>
void backward_transposed(const Front& f, double* rows, double* t) {
  gather<R>(rows, f.rows(), f.order, t);
  for (std::int32_t j = f.eliminated - 1; j >= 0; --j) {
    const double* l = f.panel.data() + std::size_t(j) * f.order;
    auto x = Lanes<R>::load(t + std::size_t(j) * R);
    for (std::int32_t i = j + 1; i < f.order; ++i) x.subtract(l[i], t + std::size_t(i) * R);
    x.store(t + std::size_t(j) * R);
  }
  scatter<R>(t, f.rows(), f.eliminated, rows);
}

}  // namespace

Status LuSolve::begin(const LuPlan& plan, const LuFactors& factors, std::int32_t columns) {
  width_ = columns >= group ? group : 1;
  std::int32_t order = 0;
  for (const auto* f = factors.fronts.get(); f != nullptr; f = f->next.get()) {
    order = std::max(order, f->largest_order);
  }
  const auto n = static_cast<std::size_t>(plan.n) * width_;
  const bool allocated = (rows_.size() >= n || rows_.allocate(n) == Status::ok) &&
                         (cols_.size() >= n || cols_.allocate(n) == Status::ok) &&
                         (front_.size() >= std::size_t(order) * width_ ||
                          front_.allocate(std::size_t(order) * width_) == Status::ok);
  return allocated ? Status::ok : Status::out_of_memory;
}

template <int R>
void LuSolve::solve_plain(const LuPlan& plan, const LuFactors& factors) {
  double* rows = rows_.data();
  double* cols = cols_.data();
  const FrontFactors* f = factors.last_front;
  for (std::int32_t b = plan.blocks() - 1; b >= 0; --b) {
    const std::int32_t begin = plan.block_begin[b];
    const std::int32_t end = plan.block_begin[b + 1];
    if (plan.kind[b] == BlockKind::single) {
      auto x = Lanes<R>::load(rows + std::size_t(begin) * R);
      x.divide(factors.diagonal[begin]);
      x.store(cols + std::size_t(begin) * R);
    } else if (plan.kind[b] == BlockKind::columns) {
      solve_columns<R>(factors, begin, end, rows, cols);
    } else {
      double* own_rows = rows + std::size_t(begin) * R;
      double* own_cols = cols + std::size_t(begin) * R;
      for (std::int32_t s = 0; s < f->count; ++s) forward<R>(f->fronts[s], own_rows, front_.data());
      for (std::int32_t s = f->count - 1; s >= 0; --s) {
        backward<R>(f->fronts[s], own_rows, own_cols, front_.data());
      }
      f = f->previous;
    }
    for (std::int32_t c = begin; c < end; ++c) {
      const auto x = Lanes<R>::load(cols + std::size_t(c) * R);
      for (std::int32_t p = plan.outer_begin[c]; p < plan.outer_begin[c + 1]; ++p) {
        subtract_from<R>(rows + std::size_t(plan.outer_row[p]) * R, factors.outer[p], x);
      }
    }
  }
}

template <int R>
void LuSolve::solve_transposed(const LuPlan& plan, const LuFactors& factors) {
  double* rows = rows_.data();
  double* cols = cols_.data();
  const FrontFactors* f = factors.fronts.get();
  for (std::int32_t b = 0; b < plan.blocks(); ++b) {
    const std::int32_t begin = plan.block_begin[b];
    const std::int32_t end = plan.block_begin[b + 1];
    for (std::int32_t c = begin; c < end; ++c) {
      auto x = Lanes<R>::load(cols + std::size_t(c) * R);
      for (std::int32_t p = plan.outer_begin[c]; p < plan.outer_begin[c + 1]; ++p) {
        x.subtract(factors.outer[p], rows + std::size_t(plan.outer_row[p]) * R);
      }
      x.store(cols + std::size_t(c) * R);
    }
    if (plan.kind[b] == BlockKind::single) {
      auto x = Lanes<R>::load(cols + std::size_t(begin) * R);
      x.divide(factors.diagonal[begin]);
      x.store(rows + std::size_t(begin) * R);
    } else if (plan.kind[b] == BlockKind::columns) {
      solve_columns_transposed<R>(factors, begin, end, cols, rows);
    } else {
      double* own_rows = rows + std::size_t(begin) * R;
      double* own_cols = cols + std::size_t(begin) * R;
      for (std::int32_t s = 0; s < f->count; ++s) {
        forward_transposed<R>(f->fronts[s], own_cols, own_rows, front_.data());
      }
      for (std::int32_t s = f->count - 1; s >= 0; --s) {
        backward_transposed<R>(f->fronts[s], own_rows, front_.data());
      }
      f = f->next.get();
    }
  }
}

template <int R>
void LuSolve::solve_group(const LuPlan& plan, const LuFactors& factors, const double* b, double* x,
                          bool transposed) {
  const auto n = static_cast<std::size_t>(plan.n);
  const auto row = [&](std::size_t k) { return static_cast<std::size_t>(plan.row_of[k]); };
  const auto col = [&](std::size_t k) { return static_cast<std::size_t>(plan.col_of[k]); };
  if (!transposed) {
    for (std::size_t k = 0; k < n; ++k) {
      for (int r = 0; r < R; ++r) rows_[k * R + r] = factors.row_scale[k] * b[r * n + row(k)];
    }
    solve_plain<R>(plan, factors);
    for (std::size_t k = 0; k < n; ++k) {
      for (int r = 0; r < R; ++r) x[r * n + col(k)] = cols_[k * R + r];
    }
  } else {
    for (std::size_t k = 0; k < n; ++k) {
      for (int r = 0; r < R; ++r) cols_[k * R + r] = b[r * n + col(k)];
    }
    solve_transposed<R>(plan, factors);
    for (std::size_t k = 0; k < n; ++k) {
      for (int r = 0; r < R; ++r) x[r * n + row(k)] = factors.row_scale[k] * rows_[k * R + r];
    }
  }
}

void LuSolve::solve(const LuPlan& plan, const LuFactors& factors, const double* b, double* x,
                    std::int32_t k, bool transposed) {
  const auto n = static_cast<std::size_t>(plan.n);
  std::int32_t at = 0;
  for (; width_ == group && at + group <= k; at += group) {
    solve_group<group>(plan, factors, b + at * n, x + at * n, transposed);
  }
  for (; at < k; ++at) solve_group<1>(plan, factors, b + at * n, x + at * n, transposed);
}

}  // namespace lacuna
