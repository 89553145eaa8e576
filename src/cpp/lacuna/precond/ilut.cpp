#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/sort.hpp"
#include "lacuna/precond/fill_reducing.hpp"
#include "lacuna/precond/preconditioner.hpp"
#include "lacuna/simd/kernels.hpp"

namespace lacuna {
namespace {

constexpr std::int64_t most_entries = std::numeric_limits<std::int32_t>::max();

/// L without its unit diagonal and U in one: rows with ascending columns.
struct Factors {
  Buffer<std::int32_t> begin;
  Buffer<std::int32_t> diagonal;  // place of each row's diagonal entry
  Buffer<std::int32_t> columns;
  Buffer<double> values;

  std::int32_t entries() const { return begin[begin.size() - 1]; }

  /// Room for that many entries, a half more than now where it has to grow.
  Status reserve(std::int64_t entries) {
    const auto now = static_cast<std::int64_t>(columns.size());
    if (entries <= now) return Status::ok;
    if (entries > most_entries) return Status::out_of_memory;
    const auto room =
        static_cast<std::size_t>(std::min(most_entries, std::max(entries, now + now / 2)));
    Buffer<std::int32_t> more_columns;
    Buffer<double> more_values;
    for (const Status status : {more_columns.allocate(room), more_values.allocate(room)}) {
      if (status != Status::ok) return status;
    }
    std::copy_n(columns.data(), now, more_columns.data());
    std::copy_n(values.data(), now, more_values.data());
    columns = std::move(more_columns);
    values = std::move(more_values);
    return Status::ok;
  }
};

/// Eliminates row after row: takes the earlier rows of U that the row has entries for, in the order
/// of their pivots, which a heap gives since fill adds to them.
class RowEliminator {
 public:
  Status allocate(std::size_t n) {
    for (const Status status : {work_.allocate_zero(n), seen_.allocate_zero(n), lower_.allocate(n),
                                heap_.allocate(n), upper_.allocate(n)}) {
      if (status != Status::ok) return status;
    }
    return Status::ok;
  }

  /// Row k of L and U, with `room` entries off the diagonal at the most. `singular_matrix` where it
  /// is left without a pivot, `out_of_memory`.
  Status run(const CsrView& a, const PivotOrder& order, std::int32_t k, double drop_tolerance,
             std::int32_t room, Factors& f) {
    const double norm = scatter(a, order, k);
    eliminate(f, k, drop_tolerance);
    const double floor = drop_tolerance * norm;
    std::int32_t upper = 0;
    for (std::int32_t u = 0; u < upper_size_; ++u) {
      if (std::fabs(work_[upper_[u]]) > floor) upper_[upper++] = upper_[u];
    }
    // Half of the room for each side, and for one what the other leaves.
    const std::int32_t half = room / 2;
    const std::int32_t for_lower =
        std::min(lower_size_, std::max(half, room - std::min(upper, room)));
    const std::int32_t for_upper = std::min(upper, room - for_lower);
    keep_largest(lower_.data(), lower_size_, for_lower);
    keep_largest(upper_.data(), upper, for_upper);

    double pivot = work_[k];
    // Saad's remedy.
    if (pivot == 0) pivot = std::sqrt(drop_tolerance) * norm;
    if (!(std::fabs(pivot) > 0 && std::isfinite(pivot))) return Status::singular_matrix;
    const std::int64_t end = std::int64_t{f.begin[k]} + for_lower + 1 + for_upper;
    if (const Status status = f.reserve(end); status != Status::ok) return status;
    std::int32_t at = f.begin[k];
    for (std::int32_t l = 0; l < for_lower; ++l) put(f, at++, lower_[l], work_[lower_[l]]);
    f.diagonal[k] = at;
    put(f, at++, k, pivot);
    for (std::int32_t u = 0; u < for_upper; ++u) put(f, at++, upper_[u], work_[upper_[u]]);
    f.begin[k + 1] = at;
    return Status::ok;
  }

 private:
  static void put(Factors& f, std::int32_t at, std::int32_t column, double value) {
    f.columns[at] = column;
    f.values[at] = value;
  }

  /// Enters a column into the row.
  void meet(std::int32_t j, std::int32_t k) {
    seen_[j] = k + 1;
    work_[j] = 0;
    if (j > k) {
      upper_[upper_size_++] = j;
    } else if (j < k) {
      heap_[heap_size_++] = j;
      std::push_heap(heap_.data(), heap_.data() + heap_size_, std::greater<>());
    }
  }

  /// Row k of P A Pᵀ into `work_`; its 2-norm.
  double scatter(const CsrView& a, const PivotOrder& order, std::int32_t k) {
    heap_size_ = lower_size_ = upper_size_ = 0;
    meet(k, k);
    double squares = 0;
    const std::int32_t i = order.row[k];
    for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      const std::int32_t j = order.position[a.indices()[p]];
      if (j != k) meet(j, k);
      work_[j] = a.data()[p];
      squares += a.data()[p] * a.data()[p];
    }
    return std::sqrt(squares);
  }

  void eliminate(const Factors& f, std::int32_t k, double drop_tolerance) {
    while (heap_size_ > 0) {
      std::pop_heap(heap_.data(), heap_.data() + heap_size_, std::greater<>());
      const std::int32_t j = heap_[--heap_size_];
      const double factor = work_[j] / f.values[f.diagonal[j]];
      if (std::fabs(factor) <= drop_tolerance) continue;
      for (std::int32_t p = f.diagonal[j] + 1; p < f.begin[j + 1]; ++p) {
        const std::int32_t c = f.columns[p];
        if (seen_[c] != k + 1) meet(c, k);
        work_[c] -= factor * f.values[p];
      }
      work_[j] = factor;
      lower_[lower_size_++] = j;
    }
  }

  /// The `room` largest of `size` columns come first, ascending.
  void keep_largest(std::int32_t* columns, std::int32_t size, std::int32_t room) const {
    if (size > room) {
      std::nth_element(columns, columns + room, columns + size,
                       [this](std::int32_t x, std::int32_t y) {
                         const double a = std::fabs(work_[x]);
                         const double b = std::fabs(work_[y]);
                         return a != b ? a > b : x < y;
                       });
    }
    sort_in_place(columns, static_cast<std::size_t>(room));
  }

  Buffer<double> work_;
  Buffer<std::int32_t> seen_;  // 1 + row that last met a column
  Buffer<std::int32_t> lower_;
  Buffer<std::int32_t> heap_;  // columns left of the diagonal, still to be eliminated
  Buffer<std::int32_t> upper_;
  std::int32_t lower_size_ = 0;
  std::int32_t heap_size_ = 0;
  std::int32_t upper_size_ = 0;
};

class Ilut final : public Preconditioner {
 public:
  Ilut(double drop_tolerance, int fill_factor)
      : drop_tolerance_(drop_tolerance), fill_factor_(fill_factor) {}

  Fault compute(const CsrView& a) override {
    const std::int32_t n = a.rows();
    const auto size = static_cast<std::size_t>(n);
    Result<PivotOrder> order = minimum_degree_order(a);
    if (!order.ok()) return order.fault();
    Factors factors;
    Buffer<double> work;
    RowEliminator eliminator;
    for (const Status status :
         {factors.begin.allocate_zero(size + 1), factors.diagonal.allocate(size),
          work.allocate(size), eliminator.allocate(size), factors.reserve(a.nnz() + n)}) {
      if (status != Status::ok) return status;
    }
    const double share = n == 0 ? 0 : std::floor(double(fill_factor_) * a.nnz() / n) + 1;
    const auto room = static_cast<std::int32_t>(std::min<double>(share, n));
    for (std::int32_t k = 0; k < n; ++k) {
      const Status status =
          eliminator.run(a, order.value(), k, drop_tolerance_, room, factors);
      if (status == Status::singular_matrix) return {status, order.value().row[k]};
      if (status != Status::ok) return status;
    }
    const auto entries = static_cast<std::size_t>(factors.entries());
    if (simd::first_not_finite(factors.values.span().first(entries)) >= 0) {
      return Status::singular_matrix;
    }
    order_ = order.take();
    factors_ = std::move(factors);
    work_ = std::move(work);
    return {};
  }

  void apply(std::span<const double> r, std::span<double> z) override {
    const auto n = static_cast<std::int32_t>(r.size());
    const Factors& f = factors_;
    for (std::int32_t k = 0; k < n; ++k) {
      double sum = r[order_.row[k]];
      for (std::int32_t p = f.begin[k]; p < f.diagonal[k]; ++p) {
        sum -= f.values[p] * work_[f.columns[p]];
      }
      work_[k] = sum;
    }
    for (std::int32_t k = n - 1; k >= 0; --k) {
      double sum = work_[k];
      for (std::int32_t p = f.diagonal[k] + 1; p < f.begin[k + 1]; ++p) {
        sum -= f.values[p] * work_[f.columns[p]];
      }
      work_[k] = sum / f.values[f.diagonal[k]];
      z[order_.row[k]] = work_[k];
    }
  }

  double flops() const override { return 2 * nnz(); }
  double nnz() const override { return factors_.entries(); }

 private:
  double drop_tolerance_;
  int fill_factor_;
  PivotOrder order_;
  Factors factors_;
  Buffer<double> work_;
};

}  // namespace

std::unique_ptr<Preconditioner> make_ilut(double drop_tolerance, int fill_factor) {
  return std::unique_ptr<Preconditioner>(create<Ilut>(drop_tolerance, fill_factor));
}

}  // namespace lacuna
