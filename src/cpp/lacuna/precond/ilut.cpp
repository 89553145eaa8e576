#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

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
    flops_ = 4;
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

  /// Of the latest row.
  double flops() const { return flops_; }

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
      flops_ += 2.0 * (f.begin[j + 1] - f.diagonal[j]);
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
  double flops_ = 0;
};

class Ilut final : public Preconditioner {
 public:
  Ilut(double drop_tolerance, int fill_factor)
      : drop_tolerance_(drop_tolerance), fill_factor_(fill_factor) {}

  Fault begin(const CsrView& a) override {
    a_.emplace(a);
    at_ = -1;
    work_ = progress_ = 0;
    const std::int32_t n = a.rows();
    const auto size = static_cast<std::size_t>(n);
    fresh_ = Factors();
    eliminator_ = RowEliminator();
    for (const Status status :
         {ordering_.begin(a), fresh_.begin.allocate_zero(size + 1), fresh_.diagonal.allocate(size),
          fresh_rest_.allocate(size), eliminator_.allocate(size), fresh_.reserve(a.nnz() + n)}) {
      if (status != Status::ok) return status;
    }
    const double share = n == 0 ? 0 : std::floor(double(fill_factor_) * a.nnz() / n) + 1;
    room_ = static_cast<std::int32_t>(std::min<double>(share, n));
    fault_ = {};
    return {};
  }

  TaskState step(Budget& budget) override {
    if (at_ < 0) {
      const TaskState state = ordering_.step(budget);
      progress_ = ordering_share * ordering_.progress();
      if (state == TaskState::failed) return fail(ordering_.status());
      if (state == TaskState::running) return state;
      fresh_order_ = ordering_.take();

      at_ = 0;
    }
    const std::int32_t n = a_->rows();
    while (at_ < n) {
      const std::int32_t k = at_++;
      const Status status = eliminator_.run(*a_, fresh_order_, k, drop_tolerance_, room_, fresh_);
      if (status == Status::singular_matrix) return fail({status, fresh_order_.row[k]});
      if (status != Status::ok) return fail(status);
      work_ += eliminator_.flops();
      budget.spend(row_cost + entry_cost * (fresh_.begin[k + 1] - fresh_.begin[k]) +
                   flop_cost * eliminator_.flops());
      if (at_ < n && budget.exhausted()) {
        progress_ = ordering_share + (1 - ordering_share) * at_ / n;
        return TaskState::running;
      }
    }
    const auto entries = static_cast<std::size_t>(fresh_.entries());
    if (simd::first_not_finite(fresh_.values.span().first(entries)) >= 0) {
      return fail(Status::singular_matrix);
    }
    eliminator_ = RowEliminator();
    order_ = std::move(fresh_order_);
    factors_ = std::move(fresh_);
    rest_ = std::move(fresh_rest_);
    return TaskState::done;
  }

  void apply(std::span<const double> r, std::span<double> z) override {
    const auto n = static_cast<std::int32_t>(r.size());
    const Factors& f = factors_;
    for (std::int32_t k = 0; k < n; ++k) {
      double sum = r[order_.row[k]];
      for (std::int32_t p = f.begin[k]; p < f.diagonal[k]; ++p) {
        sum -= f.values[p] * rest_[f.columns[p]];
      }
      rest_[k] = sum;
    }
    for (std::int32_t k = n - 1; k >= 0; --k) {
      double sum = rest_[k];
      for (std::int32_t p = f.diagonal[k] + 1; p < f.begin[k + 1]; ++p) {
        sum -= f.values[p] * rest_[f.columns[p]];
      }
      rest_[k] = sum / f.values[f.diagonal[k]];
      z[order_.row[k]] = rest_[k];
    }
  }

  double flops() const override { return 2 * nnz(); }
  double nnz() const override { return factors_.entries(); }

 private:
  /// Of the whole set-up, about.
  static constexpr double ordering_share = 0.3;
  /// What rows, entries and flops take, in flops of a product: the heap, sorting and dropping.
  static constexpr double row_cost = 30;
  static constexpr double entry_cost = 20;
  static constexpr double flop_cost = 2;

  double drop_tolerance_;
  int fill_factor_;
  std::optional<CsrView> a_;
  PivotOrdering ordering_;
  RowEliminator eliminator_;
  std::int32_t room_ = 0;
  /// Row to come; −1 while they are put in order.
  std::int32_t at_ = -1;
  PivotOrder fresh_order_;
  Factors fresh_;
  Buffer<double> fresh_rest_;
  PivotOrder order_;
  Factors factors_;
  Buffer<double> rest_;
};

}  // namespace

std::unique_ptr<Preconditioner> make_ilut(double drop_tolerance, int fill_factor) {
  return std::unique_ptr<Preconditioner>(create<Ilut>(drop_tolerance, fill_factor));
}

}  // namespace lacuna
