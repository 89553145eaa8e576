#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/ldlt_factors.hpp"
#include "lacuna/direct/supernodes.hpp"
#include "lacuna/ordering/symmetric_scaling.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Numeric phase of L·D·Lᵀ for a symmetric indefinite matrix, in slices: multifrontal (Duff & Reid,
/// "The multifrontal solution of indefinite sparse symmetric linear systems", TOMS 9, 1983) on
/// dense kernels. Each supernode assembles its entries of S·A·S and what its children left into a
/// dense front, eliminates pivots of one or two columns, and leaves the rest to its parent.
///
/// Pivots are sought among the columns that are complete by alternating from column to column along
/// the largest entry (rook pivoting: Ashcraft, Grimes & Lewis, SIMAX 20, 1998, a refinement of
/// Bunch & Kaufman, Math. Comp. 31, 1977). One is taken where no element of L becomes larger than
/// 1/`threshold`, the rows below the supernode included; a column without such a pivot is passed on
/// to the parent, whose front grows by it. In a root every pivot can be had, so nothing is ever
/// perturbed, and the inertia is that of the factors.
///
/// The factor, the stack of what children left and the scratch are allocated at the beginning as
/// the analysis predicts them, see `bytes`. Only columns that are passed on can need more.
template <class Real>
class FrontLdlt {
 public:
  /// Least magnitude of a pivot beside the other elements of its column.
  static constexpr double threshold = 0.01;
  /// Columns among which pivots are sought, and that are updated one by one.
  static constexpr std::int32_t panel_columns = 8;
  /// Columns of a block that is complete before the rest of the front is updated.
  static constexpr std::int32_t block_columns = 64;

  /// Both arguments have to stay alive until the last step, `a` to have a pattern within that of
  /// `tree`. Of a pair aᵢⱼ, aⱼᵢ the one in the row of the earlier column is read. S is `scale`, n
  /// powers of two, or where that is empty what `SymmetricScaling` gives. `out_of_memory`.
  Status begin(const CsrView& a, const Supernodes& tree, Buffer<double> scale = {});

  /// `failed` with `fault()`: `zero_pivot` and a column of A of which elimination left nothing,
  /// `not_finite` and a column where elements overflowed, `out_of_memory`.
  TaskState step(Budget& budget);

  Fault fault() const { return fault_; }
  /// What stood on the diagonal where there was no pivot.
  double failed_pivot() const { return failed_pivot_; }

  /// Doubles on the stack at the most, where no column is passed on. `out_of_memory`.
  static Result<double> stack_peak(const Supernodes& tree);
  /// What `begin` allocates, with that peak.
  static double bytes(const Supernodes& tree, double peak);

  /// Share of the flops done.
  double progress() const;
  std::unique_ptr<LdltFactors<Real>> take() { return std::move(out_); }

 private:
  enum class Stage {
    scale,
    open,
    entries,
    clear,
    children,
    panel,
    panel_update,
    end_panel,
    block_update,
    end_block,
    border_update,
    close,
    compact,
    number,
    done
  };

  /// What a column offers as a pivot.
  struct Column {
    double largest = 0;  ///< magnitude off the diagonal
    double second = 0;   ///< the same without the row of the largest
    std::int32_t row = -1;
    double coupling = 0;  ///< magnitude of the largest entry among the columns of the panel
    std::int32_t partner = -1;
  };

  /// A pivot of one (`second` < 0) or two columns, and the largest sum that bounds a row of L.
  struct Pivot {
    std::int32_t first = -1;
    std::int32_t second = -1;
    double growth = 0;
  };

  /// The elements on and below the diagonal of C ← C − L·D·Lᵀ, for some pivots of the front, its
  /// rows from `begin` on and its columns `begin` … `end`, piece by piece.
  struct Update {
    Real* c = nullptr;
    std::ptrdiff_t ldc = 0;
    std::int32_t begin = 0, end = 0;
    std::int32_t first = 0, last = 0;  ///< pivots
    bool fresh = false;                ///< what C holds does not count
    std::int32_t column = 0, depth = 0, row = 0;
  };

  TaskState fail(Fault fault);
  std::int64_t column_of_a(std::int32_t k) const { return tree_->permutation[ids()[k]]; }
  std::int32_t border() const { return order_ - candidates_; }
  std::int32_t* ids() { return out_->structure.rows.data() + row_at_; }
  const std::int32_t* ids() const { return out_->structure.rows.data() + row_at_; }
  Real* panel() { return out_->values.data() + value_at_; }
  Real* update_block() { return stack_.data() + block_at_; }
  Real& element(std::int32_t i, std::int32_t j) {
    return panel()[i + std::size_t(j) * std::size_t(order_)];
  }
  double* pivot(std::int32_t k) { return out_->pivots.data() + 2 * std::size_t(eliminated_ + k); }

  Status open();
  double assemble_column();
  double clear_column();
  double assemble_child_column();

  double factor_panel();
  Column scan(std::int32_t j);
  Pivot choose();
  double growth_of_two(std::int32_t p, const Column& at_p, std::int32_t r, const Column& at_r);
  void exchange(std::int32_t i, std::int32_t j);
  double eliminate_one();
  double eliminate_two();
  double update_panel(std::int32_t k, std::int32_t width);
  void begin_block();
  void begin_panel();
  void end_panel();
  void end_block();

  void begin_update(std::int32_t first, std::int32_t last, std::int32_t begin, std::int32_t end);
  double update_piece();
  double update_border_by_one();

  Status close();
  Status keep_delayed();
  double compact_column();

  std::optional<CsrView> a_;
  const Supernodes* tree_ = nullptr;
  std::unique_ptr<LdltFactors<Real>> out_;
  Fault fault_;
  double failed_pivot_ = 0;
  Stage stage_ = Stage::done;
  SymmetricScaling scaling_;
  double predicted_flops_ = 1;

  std::int32_t at_ = 0;          // supernode
  std::int32_t eliminated_ = 0;  // pivots of earlier supernodes
  std::int64_t row_at_ = 0;
  std::int64_t value_at_ = 0;
  std::int32_t order_ = 0;
  std::int32_t candidates_ = 0;  // columns that are complete: own ones, then those passed on
  std::int32_t cursor_ = 0;

  // Elimination within the front.
  std::int32_t column_ = 0;       // next to eliminate: as many are done
  std::int32_t panel_begin_ = 0;  // columns of the panel
  std::int32_t panel_end_ = 0;
  std::int32_t tried_ = 0;        // columns of the panel from here on have failed
  std::int32_t block_begin_ = 0;  // columns of the block
  std::int32_t block_end_ = 0;
  std::int32_t block_good_ = 0;  // columns of the block from here on have failed
  std::int32_t good_ = 0;        // columns from here on have failed in this pass
  bool progressed_ = false;
  bool everywhere_ = false;  // pivots are sought among all columns
  Update update_;

  // What supernodes left that their parents have not assembled yet: squares on a stack, columns
  // that were passed on first.
  Buffer<Real> stack_;
  std::size_t block_at_ = 0;         // of the supernode at hand
  Buffer<std::int32_t> pending_;     // supernodes on the stack
  Buffer<std::size_t> left_at_;      // by supernode
  Buffer<std::int32_t> left_order_;  // by supernode
  Buffer<std::int64_t> left_rows_;   // by supernode, in `rows`
  std::int32_t pending_count_ = 0;
  std::int32_t child_ = 0;        // in `pending_`
  std::int32_t first_child_ = 0;  // in `pending_`
  bool mapped_ = false;

  Buffer<std::int32_t> place_;   // n: of a variable in the front at hand
  Buffer<std::int32_t> map_;     // places of what a child left
  Buffer<std::int32_t> number_;  // n: of a variable, the pivot that it became
  Buffer<Real> divided_;         // columns of a pivot before they are divided by it
  Buffer<Real> scaled_;          // some rows of L·D
  Buffer<Real> packed_;
};

}  // namespace lacuna
