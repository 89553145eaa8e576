#include <algorithm>
#include <cmath>

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

  /// L of A + shift·I, with the number of entries per column that A has: `l` comes with the same
  /// `begin`. False where a pivot is not positive.
  bool run(const Triangle& a, double shift, Triangle& l) {
    const auto n = static_cast<std::int32_t>(diagonal_.size());
    for (std::int32_t j = 0; j < n; ++j) {
      diagonal_[j] = a.values[a.begin[j]] + shift;
      seen_[j] = -1;
      head_[j] = -1;
    }
    for (std::int32_t j = 0; j < n; ++j) {
      const std::int32_t length = gather(a, l, j);
      // Also refuses NaN.
      if (!(diagonal_[j] > 0)) return false;
      const double pivot = std::sqrt(diagonal_[j]);
      for (std::int32_t k = 0; k < length; ++k) {
        const std::int32_t i = found_[k];
        work_[i] /= pivot;
        diagonal_[i] -= work_[i] * work_[i];
      }
      l.rows[l.begin[j]] = j;
      l.values[l.begin[j]] = pivot;
      keep(l, j, length);
    }
    return true;
  }

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
};

/// M = S⁻¹ Pᵀ L Lᵀ P S⁻¹ with the scaling S.
class IncompleteCholesky final : public Preconditioner {
 public:
  Fault compute(const CsrView& a) override {
    const auto n = static_cast<std::size_t>(a.rows());
    Result<PivotOrder> order = minimum_degree_order(a);
    if (!order.ok()) return order.fault();
    Triangle scaled;
    Triangle l;
    Buffer<double> scale;
    Buffer<double> work;
    ColumnFactorizer factorizer;
    for (const Status status :
         {scale.allocate(n), work.allocate(n), scaled.allocate(n, lower_entries(a)),
          l.allocate(n, lower_entries(a)), factorizer.allocate(n)}) {
      if (status != Status::ok) return status;
    }
    measure_scale(a, scale);
    if (simd::first_not_finite(scale.span()) >= 0) return Status::indefinite_matrix;
    const double least = permute(a, order.value(), scale, scaled);
    std::copy_n(scaled.begin.data(), n + 1, l.begin.data());
    double shift = least > 0 ? 0 : first_shift - least;
    bool exists = factorizer.run(scaled, shift, l);
    for (int k = 0; k < most_shifts && !exists; ++k) {
      shift = std::max(first_shift, 2 * shift);
      exists = factorizer.run(scaled, shift, l);
    }
    if (!exists || simd::first_not_finite(l.values.span()) >= 0) return Status::indefinite_matrix;
    order_ = order.take();
    l_ = std::move(l);
    scale_ = std::move(scale);
    work_ = std::move(work);
    return {};
  }

  void apply(std::span<const double> r, std::span<double> z) override {
    const auto n = static_cast<std::int32_t>(r.size());
    for (std::int32_t k = 0; k < n; ++k) {
      const std::int32_t i = order_.row[k];
      work_[k] = r[i] * scale_[i];
    }
    solve_lower_by_columns<Diagonal::stored>(n, l_.begin.data(), l_.rows.data(), l_.values.data(),
                                             work_.data());
    solve_lower_transposed_by_columns<Diagonal::stored>(n, l_.begin.data(), l_.rows.data(),
                                                        l_.values.data(), work_.data());
    for (std::int32_t k = 0; k < n; ++k) {
      const std::int32_t i = order_.row[k];
      z[i] = work_[k] * scale_[i];
    }
  }

  double flops() const override { return 4 * nnz(); }
  double nnz() const override { return static_cast<double>(l_.rows.size()); }

 private:
  /// Of the lower triangle with its whole diagonal.
  static std::size_t lower_entries(const CsrView& a) {
    std::size_t below = 0;
    for (std::int32_t i = 0; i < a.rows(); ++i) {
      for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) below += a.indices()[p] < i;
    }
    return below + static_cast<std::size_t>(a.rows());
  }

  /// 1/√‖aᵢ‖₂ for each row, which is a column too. No square overflows.
  static void measure_scale(const CsrView& a, Buffer<double>& scale) {
    for (std::int32_t i = 0; i < a.rows(); ++i) {
      double largest = 0;
      for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
        largest = std::max(largest, std::fabs(a.data()[p]));
      }
      double squares = 0;
      for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
        const double part = a.data()[p] / largest;
        squares += part * part;
      }
      scale[i] = largest > 0 ? 1 / std::sqrt(largest * std::sqrt(squares)) : 1;
    }
  }

  /// Lower triangle of P S A S Pᵀ; returns its least diagonal entry.
  static double permute(const CsrView& a, const PivotOrder& order, const Buffer<double>& scale,
                        Triangle& out) {
    const std::int32_t n = a.rows();
    for (std::int32_t k = 0; k < n; ++k) out.begin[k + 1] = 1;
    const auto for_lower = [&](std::int32_t k, auto&& take) {
      const std::int32_t i = order.row[k];
      for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
        const std::int32_t j = order.position[a.indices()[p]];
        if (j <= k) take(j, p);
      }
    };
    for (std::int32_t k = 0; k < n; ++k) {
      for_lower(k, [&](std::int32_t j, std::int32_t) { out.begin[j + 1] += j < k; });
    }
    for (std::int32_t k = 0; k < n; ++k) out.begin[k + 1] += out.begin[k];
    for (std::int32_t k = 0; k < n; ++k) {
      out.rows[out.begin[k]] = k;
      out.values[out.begin[k]] = 0;
    }
    // Row by row, so that the rows of a column ascend; `begin` runs ahead meanwhile.
    double least = HUGE_VAL;
    for (std::int32_t k = 0; k < n; ++k) {
      const std::int32_t own = out.begin[k]++;
      for_lower(k, [&](std::int32_t j, std::int32_t p) {
        const std::int32_t at = j == k ? own : out.begin[j]++;
        out.rows[at] = k;
        out.values[at] = a.data()[p] * scale[order.row[k]] * scale[order.row[j]];
      });
      least = std::min(least, out.values[own]);
    }
    for (std::int32_t k = n; k > 0; --k) out.begin[k] = out.begin[k - 1];
    if (n > 0) out.begin[0] = 0;
    return least;
  }

  PivotOrder order_;
  Triangle l_;
  Buffer<double> scale_;
  Buffer<double> work_;
};

}  // namespace

std::unique_ptr<Preconditioner> make_incomplete_cholesky() {
  return std::unique_ptr<Preconditioner>(create<IncompleteCholesky>());
}

}  // namespace lacuna
