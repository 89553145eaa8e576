#pragma once
#include <cstdint>
#include <limits>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/local/vertex_table.hpp"

namespace lacuna {

/// What bounds need to know of a right-hand side as a whole, zeros included where it is sparse.
struct RhsFacts {
  double least = 0;                                        ///< min bᵥ
  double greatest = 0;                                     ///< max bᵥ
  double norm_inf = 0;                                     ///< max |bᵥ|
  double norm1 = std::numeric_limits<double>::infinity();  ///< Σ|bᵥ|, ∞ where not known
};

/// A right-hand side for local queries, read entry by entry: dense, sparse, or one whose values
/// come on demand with norms that the caller declares. Norms are taken once.
class LocalRhs {
 public:
  enum class Kind : std::int32_t { dense = 0, sparse = 1, on_demand = 2 };
  struct Entry {
    std::int64_t id;
    double value;
    std::uint32_t home;
    std::uint32_t known;
  };

  /// Borrows n values. O(n).
  static LocalRhs dense(std::span<const double> values);
  /// Entries at the same place are summed. `n`: length of the vector. `out_of_memory`.
  static Result<LocalRhs> sparse(std::int64_t n, std::span<const std::int64_t> ids,
                                 std::span<const double> values);
  /// Values are supplied when asked for; each is held against the declared facts. Least and
  /// greatest that are both 0 while `norm_inf` is not count as not declared.
  static LocalRhs on_demand(const RhsFacts& declared);

  Kind kind() const { return kind_; }
  const RhsFacts& facts() const { return facts_; }

  /// False where the value is not at hand: it is then among `wanted`.
  bool get(std::int64_t v, double& value) {
    if (kind_ == Kind::dense) {
      value = values_[static_cast<std::size_t>(v)];
      return true;
    }
    const std::uint32_t k = table_.find(v);
    if (k != VertexTable<Entry>::none && table_[k].known != 0) {
      value = table_[k].value;
      return true;
    }
    value = 0;
    if (kind_ == Kind::sparse) return true;
    note(v);
    return false;
  }

  /// Values of a dense one.
  std::span<const double> values() const { return values_; }

  /// Entries of a sparse one, in the order of their first mention.
  std::uint32_t entries() const { return table_.size(); }
  const Entry& entry(std::uint32_t k) const { return table_[k]; }

  /// Vertices whose values are waited for, in the order they were asked for.
  std::span<const std::int64_t> wanted() const { return {wanted_.data(), wanted_count_}; }
  /// The values of all that was wanted. `invalid_argument` with the vertex of one that is not
  /// finite or breaks the declared facts (norm1 by the sum of all that is known), `shape_mismatch`:
  /// nothing was taken then.
  Fault supply(std::span<const double> values);
  /// Memory ran out while noting what is wanted: cleared once the same value is asked for with
  /// success, or by `supply`.
  bool failed() const { return failed_; }

 private:
  explicit LocalRhs(Kind kind) : kind_(kind) {}
  void note(std::int64_t v);

  Kind kind_;
  RhsFacts facts_;
  std::span<const double> values_;
  VertexTable<Entry> table_;
  Buffer<std::int64_t> wanted_;
  std::size_t wanted_count_ = 0;
  double known_sum_ = 0;  ///< Σ|bᵥ| over what was supplied
  bool failed_ = false;
};

}  // namespace lacuna
