#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>

#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/bytes_import.hpp"
#include "lacuna/direct/cholesky.hpp"
#include "lacuna/direct/cholesky_update.hpp"
#include "lacuna/direct/factorization.hpp"
#include "lacuna/direct/ldlt_factors.hpp"
#include "lacuna/direct/lu_analysis.hpp"
#include "lacuna/direct/lu_reach.hpp"
#include "lacuna/direct/mixed_factorization.hpp"
#include "lacuna/direct/reach_solve.hpp"
#include "lacuna/ordering/matching.hpp"
#include "lacuna/solver/checked_answer.hpp"
#include "lacuna/solver/plan.hpp"
#include "lacuna/sparse/csr.hpp"
#include "lacuna/sparse/structure.hpp"
#include "lacuna/sparse/transposed.hpp"

namespace lacuna {

/// How a matrix is to be factored.
struct FactorOptions {
  /// `automatic` or a direct one. Automatic: rectangular → qr; symmetric with a positive diagonal →
  /// cholesky, then ldlt, then lu; symmetric → ldlt, then lu; other → lu.
  Method method = Method::automatic;
  OrderingKind ordering = OrderingKind::automatic;
  /// Refused once the analysis finds more: multiplications and additions of the numeric phase, and
  /// bytes allocated in it (`FactorInfo::peak_bytes`). Where these are not known beforehand, the
  /// numeric phase ends when it has done as many flops, or before it takes more bytes.
  double max_flops = std::numeric_limits<double>::infinity();
  double max_bytes = std::numeric_limits<double>::infinity();
  Precision precision = Precision::full;
};

/// What a factor is, as plain doubles in this order: append, never reorder. Figures that do not
/// apply or are not known are −1.
struct FactorReport {
  double method = 0;
  double ordering = 0;
  double factor_nnz = -1;
  double flops = -1;  ///< of the numeric phase
  double solve_flops = -1;
  double peak_bytes = -1;
  double supernodes = -1;
  double rank = -1;
  double pivot_growth = -1;
  double analyses = 0;        ///< times that a pattern was analyzed
  double factorizations = 0;  ///< times that numbers were computed
  double rungs = 0;           ///< methods tried before this one
  double changes = 0;         ///< since the numbers were computed last
  double nnz = 0;             ///< of A
  double positive = -1;       ///< eigenvalues of each sign, where the method tells
  double negative = -1;
  double zero = -1;
  double two_by_two = -1;
  double delayed = -1;
  double perturbed = -1;
  double single = 0;      ///< 1: the factors are in single precision
  double fallback = 0;    ///< see `Fallback`
  double condition = -1;  ///< see `MixedFactorization::condition`
};

/// What is known of a failure besides its fault.
struct FactorFailure {
  Fault fault;
  /// The pivot or diagonal entry that was refused, or the first of two entries that differ, and the
  /// other; NaN where unknown.
  double value = std::numeric_limits<double>::quiet_NaN();
  double mirror = std::numeric_limits<double>::quiet_NaN();
  StructuralDeficiency deficiency;  ///< of a matrix that is singular whatever its values are
};

/// A matrix and its factors by a direct method: the pattern analyzed once, numbers computed for any
/// values on it, then any number of solves through `FactorSolve`. Owns the matrix. Not for use from
/// two threads at once.
///
/// Work runs in slices: `begin`, then `step` until it is not `running`. Whatever fails or is given
/// up, the factor before it stays in force (but see `Cholesky` where memory is short for two).
class Factor {
 public:
  enum class Goal : std::int32_t {
    analyze = 0,    ///< figures, but no numbers
    factorize = 1,  ///< from wherever it stands
    update = 2,     ///< new values on the same pattern, which is not analyzed again
    change = 3,     ///< see `begin_change`
    import = 4,     ///< see `begin_import`
  };

  /// Changes that the factors of Cholesky are carried over to without another factorization.
  enum class Change : std::int32_t {
    update = 0,    ///< A + W·Wᵀ
    downdate = 1,  ///< A − W·Wᵀ
    remove = 2,    ///< row and column of the identity
    add = 3,       ///< entries in a row and column that are those of the identity
  };

  /// Takes the matrix. `invalid_argument` for a method that is not direct, `shape_mismatch` or
  /// `invalid_argument` with the position for what is no permutation of the columns (its place is
  /// in the order `given`), `out_of_memory`. On any other fault the matrix is left with the caller.
  static Result<std::shared_ptr<Factor>> create(CsrMatrix&& a, const FactorOptions& options,
                                                std::span<const std::int32_t> permutation = {});

  /// Starts to work. Values, of an update, in CSR order. `busy` while it works or is solved with;
  /// `not_ready` for an update before the first factorization, `shape_mismatch`, `not_finite` with
  /// the position, `out_of_memory`.
  Fault begin(Goal goal, std::span<const double> values = {});

  /// Starts a change, by the columns of W or by a row and its entries (the first column of W). What
  /// fails leaves matrix and factors as they were. Cost: that of `CholeskyUpdate`, and O(nnz) to
  /// bring A along. Its pattern may grow within that of the factors. `busy`, `not_ready`,
  /// `invalid_argument` for another method, the faults of `CholeskyUpdate`, `out_of_memory`.
  Fault begin_change(Change kind, const SparseColumns& w, std::int32_t row = 0);

  /// Starts to take the factors of this matrix from bytes that were exported, instead of computing
  /// them, by the method that the bytes name; they have to stay alive. `busy`, also where it has
  /// factors; what their method refuses a matrix for; the faults of `BytesImport`,
  /// `pattern_mismatch` where they are of another matrix.
  Fault begin_import(std::span<const unsigned char> bytes);

  /// `failed` with `failure()`: `not_square`, `not_symmetric`, `indefinite_matrix`,
  /// `singular_matrix`, `over_budget`, `out_of_memory`.
  TaskState step(Budget& budget);

  /// Gives up what is under way.
  void cancel();

  /// Share of the work under way that is done.
  double progress() const;
  bool working() const { return stage_ != Stage::idle; }

  const FactorFailure& failure() const { return failure_; }
  FactorReport report() const;
  bool ready() const { return ready_ && !working(); }
  Method method() const { return plan_.rungs[current_].method; }

  std::int32_t rows() const { return a_.view().rows(); }
  std::int32_t cols() const { return a_.view().cols(); }

  /// Begins to make Aᵀ, which answers to it are measured by, and goes on with that: as those of
  /// `Solver`.
  Status begin_transposed();
  TaskState make_transposed(Budget& budget) { return at_.step(budget); }
  CheckedSystem system(bool transposed, double rtol, double atol) const;
  double norm_one() const { return measures_.norm_one; }
  Factorization& factorization() { return *factorization_; }
  const Factorization& factorization() const { return *factorization_; }
  /// The factors of the method in double precision, null where others are in force.
  Factorization* exact() const;
  /// The same where they are those of Cholesky, else null.
  Cholesky* cholesky() const;
  /// Whether substitutions are by factors in single precision: see `RefinedSolve`.
  bool single() const;
  /// A reach solve that is attached to the factors of Cholesky or LDLᵀ, or of LU, to be given back:
  /// attaching takes O(n). `out_of_memory`.
  Result<std::unique_ptr<ReachSolve>> take_reach();
  Result<std::unique_ptr<LuReach>> take_lu_reach();
  /// Of LDLᵀ, with the tree that a reach goes by. `out_of_memory`.
  Result<const LdltFactors<double>*> linked_ldlt();
  void give_reach(std::unique_ptr<ReachSolve>&& reach) { reach_ = std::move(reach); }
  void give_reach(std::unique_ptr<LuReach>&& reach) { lu_reach_ = std::move(reach); }

  void solve_started() { ++solves_; }
  void solve_ended() { --solves_; }

 private:
  enum class Stage { idle, measure, open, analyze, numbers, match, modify, import };

  /// What the values decide.
  struct Measures {
    Structure structure;
    double norm_inf = 0;
    double norm_one = 0;
    double norm_frobenius = 0;
  };

  Factor(CsrMatrix&& a, const FactorOptions& options) : a_(std::move(a)), options_(options) {}
  template <class T, class... Args>
  friend T* lacuna::create(Args&&... args);

  MixedFactorization* mixed() const;
  std::unique_ptr<Factorization> make_direct();
  static Result<Measures> measure_values(const CsrView& a);
  Fault measure();
  Fault plan();
  Fault open();
  Fault end_analysis();
  Fault begin_numbers();
  Fault advance_numbers(Budget& budget);
  void note_failure(Fault fault);
  /// Goes on after a fault, where there is a way; otherwise all ends with it.
  void recover(Fault fault);
  void note_deficiency();
  Fault advance_import(Budget& budget);
  Fault advance_change(Budget& budget);
  void end_change();
  void cancel_change();
  void end(Fault fault);
  double entry(std::int64_t row, std::int64_t col) const;

  CsrMatrix a_;
  Transposed at_;
  FactorOptions options_;
  Buffer<std::int32_t> permutation_;
  Measures measures_;
  Plan plan_;
  int current_ = 0;
  std::unique_ptr<Factorization> factorization_;
  FactorInfo info_;
  bool analyzed_ = false;
  bool ready_ = false;
  int solves_ = 0;
  std::unique_ptr<ReachSolve> reach_;
  std::unique_ptr<LuReach> lu_reach_;
  double analyses_ = 0;
  double factorizations_ = 0;
  double changes_ = 0;

  Stage stage_ = Stage::idle;
  Goal goal_ = Goal::factorize;
  double shown_ = 0;
  double spent_ = 0;  ///< flops of the numeric phase under way
  FactorFailure failure_;
  MaximumMatching matcher_;
  // Of an update: what was in force before.
  Buffer<double> earlier_values_;
  Measures earlier_measures_;
  /// Of an import.
  struct Importer {
    std::span<const unsigned char> bytes;
    MatrixStamper stamper;
    MatrixStamp stamp;
    std::unique_ptr<BytesImport> reader;
    bool reading = false;
  };
  std::unique_ptr<Importer> importer_;
  // Of a change: what will be in force.
  std::unique_ptr<CholeskyUpdate> modifier_;
  std::optional<CsrMatrix> next_matrix_;
  Measures next_measures_;
};

}  // namespace lacuna
