#include <algorithm>
#include <cmath>
#include <optional>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/sort.hpp"
#include "lacuna/precond/fill_reducing.hpp"
#include "lacuna/precond/preconditioner.hpp"
#include "lacuna/simd/kernels.hpp"
#include "lacuna/sparse/triangular.hpp"

namespace lacuna {
namespace {

/// First shift of the diagonal of the scaled matrix, whose columns have norm about 1, and how often
/// it is doubled before A counts as indefinite.
constexpr double first_shift = 1e-3;
constexpr int most_shifts = 9;

/// A lower triangle by columns, diagonals first.
struct Triangle {
  Buffer<std::int32_t> begin;
  Buffer<std::int32_t> rows;
  Buffer<double> values;

  Status allocate(std::size_t n, std::size_t entries) {
    for (const Status status :
         {begin.allocate_zero(n + 1), rows.allocate(entries), values.allocate(entries)}) {
      if (status != Status::ok) return status;
    }
    return Status::ok;
  }
};

/// The columns of L one after another, left-looking: column j takes the updates of the columns
/// before it that have an entry in row j, and keeps the largest of its entries.
class ColumnFactorizer {
 public:
  Status allocate(std::size_t n) {
    for (const Status status :
         {diagonal_.allocate(n), work_.allocate(n), seen_.allocate(n), found_.allocate(n),
          next_entry_.allocate(n), next_column_.allocate(n), head_.allocate(n)}) {
      if (status != Status::ok) return status;
    }
    return Status::ok;
  }

  /// Begins L of A + shift·I, with the number of entries per column that A has: it comes with the
  /// same `begin`.
  void start(const Triangle& a, double shift) {
    const auto n = static_cast<std::int32_t>(diagonal_.size());
    for (std::int32_t j = 0; j < n; ++j) {
      diagonal_[j] = a.values[a.begin[j]] + shift;
      seen_[j] = -1;
      head_[j] = -1;
    }
  }

  /// Column j of L after those before it. False where its pivot is not positive.
  bool column(const Triangle& a, std::int32_t j, Triangle& l) {
    flops_ = 2;
    const std::int32_t length = gather(a, l, j);
    // Also refuses NaN.
    if (!(diagonal_[j] > 0)) return false;
    const double pivot = std::sqrt(diagonal_[j]);
    for (std::int32_t k = 0; k < length; ++k) {
      const std::int32_t i = found_[k];
      work_[i] /= pivot;
      diagonal_[i] -= work_[i] * work_[i];
    }
    flops_ += 3.0 * length;
    l.rows[l.begin[j]] = j;
    l.values[l.begin[j]] = pivot;
    keep(l, j, length);
    return true;
  }

  /// Of the latest column.
  double flops() const { return flops_; }

 private:
  /// Column j of A less the updates, in `work_` at the rows `found_`.
  std::int32_t gather(const Triangle& a, const Triangle& l, std::int32_t j) {
    std::int32_t length = 0;
    for (std::int32_t p = a.begin[j] + 1; p < a.begin[j + 1]; ++p) {
      const std::int32_t i = a.rows[p];
      seen_[i] = j;
      work_[i] = a.values[p];
      found_[length++] = i;
    }
    for (std::int32_t k = head_[j], following; k >= 0; k = following) {
      following = next_column_[k];
      std::int32_t p = next_entry_[k];
      const double factor = l.values[p++];
      wait_for(l, k, p);
      flops_ += 2.0 * (l.begin[k + 1] - p);
      for (; p < l.begin[k + 1]; ++p) {
        const std::int32_t i = l.rows[p];
        if (seen_[i] != j) {
          seen_[i] = j;
          work_[i] = 0;
          found_[length++] = i;
        }
        work_[i] -= l.values[p] * factor;
      }
    }
    return length;
  }

  /// Puts the largest entries into column j of L, by rows. All of A's own rows are among those
  /// found, so its place is filled.
  void keep(Triangle& l, std::int32_t j, std::int32_t length) {
    const std::int32_t place = l.begin[j] + 1;
    const std::int32_t room = l.begin[j + 1] - place;
    std::int32_t* found = found_.data();
    if (length > room) {
      std::nth_element(found, found + room, found + length, [this](std::int32_t x, std::int32_t y) {
        const double a = std::fabs(work_[x]);
        const double b = std::fabs(work_[y]);
        return a != b ? a > b : x < y;
      });
      length = room;
    }
    sort_in_place(found, static_cast<std::size_t>(length));
    for (std::int32_t k = 0; k < length; ++k) {
      l.rows[place + k] = found[k];
      l.values[place + k] = work_[found[k]];
    }
    wait_for(l, j, place);
  }

  /// Column k is next wanted in the row of its entry p.
  void wait_for(const Triangle& l, std::int32_t k, std::int32_t p) {
    if (p == l.begin[k + 1]) return;
    const std::int32_t i = l.rows[p];
    next_entry_[k] = p;
    next_column_[k] = head_[i];
    head_[i] = k;
  }

  Buffer<double> diagonal_;
  Buffer<double> work_;
  Buffer<std::int32_t> seen_;         // column that last met a row
  Buffer<std::int32_t> found_;        // rows of the present column
  Buffer<std::int32_t> next_entry_;   // of a column, not used yet
  Buffer<std::int32_t> next_column_;  // in the list of columns that wait for the same row
  Buffer<std::int32_t> head_;         // of those lists
  double flops_ = 0;
};

/// M = S⁻¹ Pᵀ L Lᵀ P S⁻¹ with the scaling S.
class IncompleteCholesky final : public Preconditioner {
 public:
  Fault begin(const CsrView& a) override {
    a_.emplace(a);
    work_ = progress_ = 0;
    const auto n = static_cast<std::size_t>(a.rows());
    for (const Status status :
         {ordering_.begin(a), fresh_.scale.allocate(n), fresh_.rest.allocate(n)}) {
      if (status != Status::ok) return status;
    }
    stage_ = Stage::order;
    fault_ = {};
    return {};
  }

  TaskState step(Budget& budget) override {
    while (stage_ != Stage::done) {
      Status status = Status::ok;
      switch (stage_) {
        case Stage::order: status = put_in_order(budget); break;
        case Stage::scale: status = measure_scale(budget); break;
        case Stage::count: count(budget); break;
        case Stage::place: place(budget); break;
        case Stage::columns: status = factor(budget); break;
        case Stage::done: break;
      }
      if (status != Status::ok) return fail(status);
      if (stage_ != Stage::done && budget.exhausted()) return TaskState::running;
    }
    return TaskState::done;
  }

  void apply(std::span<const double> r, std::span<double> z) override {
    const auto n = static_cast<std::int32_t>(r.size());
    for (std::int32_t k = 0; k < n; ++k) {
      const std::int32_t i = kept_.order.row[k];
      kept_.rest[k] = r[i] * kept_.scale[i];
    }
    solve_lower_by_columns<Diagonal::stored>(n, kept_.l.begin.data(), kept_.l.rows.data(),
                                             kept_.l.values.data(), kept_.rest.data());
    solve_lower_transposed_by_columns<Diagonal::stored>(
        n, kept_.l.begin.data(), kept_.l.rows.data(), kept_.l.values.data(), kept_.rest.data());
    for (std::int32_t k = 0; k < n; ++k) {
      const std::int32_t i = kept_.order.row[k];
      z[i] = kept_.rest[k] * kept_.scale[i];
    }
  }

  double flops() const override { return 4 * nnz(); }
  double nnz() const override { return static_cast<double>(kept_.l.rows.size()); }

 private:
  struct Factor {
    PivotOrder order;
    Triangle l;
    Buffer<double> scale;
    Buffer<double> rest;
  };
  enum class Stage { order, scale, count, place, columns, done };

  /// Of the whole set-up, about.
  static constexpr double ordering_share = 0.3;

  Status put_in_order(Budget& budget) {
    const TaskState state = ordering_.step(budget);
    progress_ = ordering_share * ordering_.progress();
    if (state == TaskState::failed) return ordering_.status();
    if (state == TaskState::running) return Status::ok;
    fresh_.order = ordering_.take();
    stage_ = Stage::scale;
    at_ = 0;
    entries_ = static_cast<std::size_t>(a_->rows());
    return Status::ok;
  }

  /// Rows, in the order of pivots where `pivots`, from `at_` on, whose entries are about a piece.
  std::int32_t piece(bool pivots, Budget& budget) const {
    double work = 0;
    std::int32_t end = at_;
    while (end < a_->rows() && work < Budget::piece) {
      const std::int32_t i = pivots ? fresh_.order.row[end] : end;
      work += 4.0 * (a_->indptr()[i + 1] - a_->indptr()[i] + 1);
      ++end;
    }
    budget.spend(work);
    return end;
  }

  /// 1/√‖aᵢ‖₂ for each row, which is a column too. No square overflows.
  Status measure_scale(Budget& budget) {
    const CsrView& a = *a_;
    for (const std::int32_t end = piece(false, budget); at_ < end; ++at_) {
      double largest = 0;
      for (std::int32_t p = a.indptr()[at_]; p < a.indptr()[at_ + 1]; ++p) {
        largest = std::max(largest, std::fabs(a.data()[p]));
        entries_ += a.indices()[p] < at_;
      }
      double squares = 0;
      for (std::int32_t p = a.indptr()[at_]; p < a.indptr()[at_ + 1]; ++p) {
        const double part = a.data()[p] / largest;
        squares += part * part;
      }
      fresh_.scale[at_] = largest > 0 ? 1 / std::sqrt(largest * std::sqrt(squares)) : 1;
    }
    if (at_ < a.rows()) return Status::ok;
    if (simd::first_not_finite(fresh_.scale.span()) >= 0) return Status::indefinite_matrix;
    const auto n = static_cast<std::size_t>(a.rows());
    for (const Status status :
         {scaled_.allocate(n, entries_), fresh_.l.allocate(n, entries_), factorizer_.allocate(n)}) {
      if (status != Status::ok) return status;
    }
    for (std::int32_t k = 0; k < a.rows(); ++k) scaled_.begin[k + 1] = 1;
    stage_ = Stage::count;
    at_ = 0;
    return Status::ok;
  }

  /// Entries of row k of P A Pᵀ up to its diagonal.
  template <class Take>
  void for_lower(std::int32_t k, Take&& take) const {
    const std::int32_t i = fresh_.order.row[k];
    for (std::int32_t p = a_->indptr()[i]; p < a_->indptr()[i + 1]; ++p) {
      const std::int32_t j = fresh_.order.position[a_->indices()[p]];
      if (j <= k) take(j, p);
    }
  }

  void count(Budget& budget) {
    const std::int32_t n = a_->rows();
    for (const std::int32_t end = piece(true, budget); at_ < end; ++at_) {
      for_lower(at_, [&](std::int32_t j, std::int32_t) { scaled_.begin[j + 1] += j < at_; });
    }
    if (at_ < n) return;
    for (std::int32_t k = 0; k < n; ++k) scaled_.begin[k + 1] += scaled_.begin[k];
    for (std::int32_t k = 0; k < n; ++k) {
      fresh_.l.begin[k + 1] = scaled_.begin[k + 1];
      scaled_.rows[scaled_.begin[k]] = k;
      scaled_.values[scaled_.begin[k]] = 0;
    }
    least_ = HUGE_VAL;
    stage_ = Stage::place;
    at_ = 0;
  }

  /// Row by row, so that the rows of a column ascend; `begin` runs ahead meanwhile.
  void place(Budget& budget) {
    const std::int32_t n = a_->rows();
    Triangle& out = scaled_;
    for (const std::int32_t end = piece(true, budget); at_ < end; ++at_) {
      const std::int32_t own = out.begin[at_]++;
      for_lower(at_, [&](std::int32_t j, std::int32_t p) {
        const std::int32_t to = j == at_ ? own : out.begin[j]++;
        out.rows[to] = at_;
        out.values[to] =
            a_->data()[p] * fresh_.scale[fresh_.order.row[at_]] * fresh_.scale[fresh_.order.row[j]];
      });
      least_ = std::min(least_, out.values[own]);
    }
    if (at_ < n) return;
    for (std::int32_t k = n; k > 0; --k) out.begin[k] = out.begin[k - 1];
    out.begin[0] = 0;
    shift_ = least_ > 0 ? 0 : first_shift - least_;
    tries_ = 0;
    start();
    stage_ = Stage::columns;
  }

  void start() {
    factorizer_.start(scaled_, shift_);
    at_ = 0;
  }

  Status factor(Budget& budget) {
    const std::int32_t n = a_->rows();
    while (at_ < n) {
      const bool positive = factorizer_.column(scaled_, at_, fresh_.l);
      work_ += factorizer_.flops();
      budget.spend(30 + 4 * factorizer_.flops());
      ++at_;
      if (!positive) {
        if (tries_++ == most_shifts) return Status::indefinite_matrix;
        shift_ = std::max(first_shift, 2 * shift_);
        start();
      }
      progress_ = std::max(progress_, ordering_share + (1 - ordering_share) * at_ / n);
      if (budget.exhausted()) return Status::ok;
    }
    if (simd::first_not_finite(fresh_.l.values.span()) >= 0) return Status::indefinite_matrix;
    scaled_ = Triangle();
    factorizer_ = ColumnFactorizer();
    kept_ = std::move(fresh_);
    stage_ = Stage::done;
    return Status::ok;
  }

  Stage stage_ = Stage::done;
  std::optional<CsrView> a_;
  PivotOrdering ordering_;
  std::int32_t at_ = 0;
  std::size_t entries_ = 0;  ///< of the lower triangle with its whole diagonal
  Triangle scaled_;          ///< that of P S A S Pᵀ
  double least_ = 0;         ///< of its diagonal
  ColumnFactorizer factorizer_;
  double shift_ = 0;
  int tries_ = 0;
  Factor fresh_;
  Factor kept_;
};

}  // namespace

std::unique_ptr<Preconditioner> make_incomplete_cholesky() {
  return std::unique_ptr<Preconditioner>(create<IncompleteCholesky>());
}

}  // namespace lacuna
