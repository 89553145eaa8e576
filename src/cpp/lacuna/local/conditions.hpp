#pragma once
#include <cstdint>
#include <limits>

#include "lacuna/base/buffer.hpp"
#include "lacuna/local/lines.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Signs of a matrix, strongest statement first.
enum class Signs : std::int32_t {
  laplacian = 0,  ///< symmetric, no positive entry off the diagonal, every row sum 0
  m_matrix = 1,   ///< positive diagonal, no positive entry off it: A⁻¹ ≥ 0 where weights exist
  positive = 2,   ///< positive diagonal, any signs off it
  general = 3,
};

/// How the bound on one side (rows or columns) was found.
enum class Dominance : std::int32_t {
  strict = 0,    ///< every margin is positive
  scaled = 1,    ///< not dominant as it stands, but A·diag(w) is: a few power steps found w
  declared = 2,  ///< promised by the caller, checked on every line that is touched
  none = 3,      ///< no weights were found: no bound that comes from them
};

/// Weights w > 0 with ⟨A⟩w ≥ 1, where ⟨A⟩ is Ostrowski's comparison matrix: |aᵢᵢ| on the diagonal,
/// −|aᵢⱼ| off it. Then A is a nonsingular H-matrix and |A⁻¹| ≤ ⟨A⟩⁻¹ entrywise (Ostrowski, Comment.
/// Math. Helv. 10, 1937; Berman & Plemmons, ch. 6), hence for any r
///     |A⁻¹r| ≤ ‖r‖∞·w  entrywise,  and  |sᵀA⁻¹r| ≤ (Σ|sᵢ|wᵢ)·‖r‖∞.
/// With w = 1/δ, δ the least margin, this is the bound of Ahlberg & Nilson (J. SIAM 11, 1963) and
/// Varah (LAA 11, 1975). Rounding is on the safe side: w is what was proven. Where `each` is empty,
/// `uniform` bounds such a w from above, which is all that the two inequalities need, and
/// ⟨A⟩ applied to a constant is positive.
class Weights {
 public:
  Dominance dominance = Dominance::none;
  double uniform = std::numeric_limits<double>::infinity();  ///< max w; used where `each` is empty
  double least = std::numeric_limits<double>::infinity();    ///< min w
  Buffer<double> each;

  bool known() const { return dominance != Dominance::none; }
  double operator()(std::int64_t v) const {
    return each.empty() ? uniform : each[static_cast<std::size_t>(v)];
  }
};

/// What local methods and their bounds rest on, of one matrix.
struct Conditions {
  Signs signs = Signs::general;
  bool symmetric = false;  ///< to the last bit
  /// minᵢ |aᵢᵢ| − Σⱼ≠ᵢ|aᵢⱼ| over rows and over columns, lowered by its rounding; negative where not
  /// dominant, −∞ where not known.
  double row_margin = -std::numeric_limits<double>::infinity();
  double column_margin = -std::numeric_limits<double>::infinity();
  /// maxᵢ Σⱼaᵢⱼ, raised by its rounding: A⁻¹1 ≥ 1/that for an M-matrix.
  double row_sum = std::numeric_limits<double>::infinity();
  /// maxᵢ Σⱼ≠ᵢ|aᵢⱼ|/|aᵢᵢ|, raised by its rounding: what a sweep leaves of a residual at the most. ∞
  /// where a diagonal entry is zero.
  double row_contraction = std::numeric_limits<double>::infinity();
  double column_contraction = std::numeric_limits<double>::infinity();
  /// The same under the weights of the rows, where these differ: see `weighted_contraction`.
  double weighted_contraction = std::numeric_limits<double>::infinity();
  Weights rows;                  ///< of A
  Weights columns;               ///< of Aᵀ
  std::int32_t power_steps = 0;  ///< most that were taken for one side
  double mean_degree = 0;        ///< entries a row, off the diagonal
  /// First row that is not strictly dominant, −1.
  std::int64_t first_weak_row = -1;

  bool inverse_nonnegative() const { return signs == Signs::m_matrix && rows.known(); }
};

/// All of a `ConditionsPass` in one call. `not_square`, `out_of_memory`.
Result<Conditions> measure_conditions(const CsrView& a, bool symmetric, const CsrView* transposed);

/// maxᵥ Σⱼ≠ᵥ|aᵥⱼ|wⱼ/(|aᵥᵥ|wᵥ) of the rows [begin, end), raised by its rounding: what a term of a
/// Neumann series leaves of Σ wᵥ|rᵥ| at the most, below 1 where ⟨A⟩w > 0. With weights that are one
/// number it is Σⱼ≠ᵥ|aᵥⱼ|/|aᵥᵥ|. ∞ where a diagonal entry is zero. O(entries).
double weighted_contraction(const CsrView& a, const Weights& weights, std::int32_t begin,
                            std::int32_t end);

/// Takes w as weights of A, scaled so that ⟨A⟩w ≥ 1; false, and nothing changed, where ⟨A⟩w > 0
/// does not hold in every row once rounding is taken off. O(nnz).
bool adopt_weights(const CsrView& a, Buffer<double>&& w, Weights& weights);

/// Margin of one line, lowered by its rounding, and what a declaration can be held against.
struct LineFacts {
  double diagonal = 0;
  double off_diagonal = 0;  ///< Σ|aᵢⱼ|
  double margin = 0;
  bool positive_off_diagonal = false;
};
LineFacts measure_line(std::int64_t v, const Line& line);

}  // namespace lacuna
