#pragma once
#include <algorithm>
#include <cstdint>
#include <span>

#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// One row or one column of a square matrix, borrowed until the next call of whoever lent it.
/// Entry k lies at `ids[k]` and is `values[k]·scale`, or `scale` where there are no values; an
/// entry at the line's own vertex, which may be among them, is passed over: the diagonal entry is
/// `diagonal`. No id comes twice.
struct Line {
  const std::int32_t* ids32 = nullptr;  ///< either these, the other null
  const std::int64_t* ids64 = nullptr;  ///< or these, for matrices that are not loaded
  const double* values = nullptr;
  double scale = 1;
  double diagonal = 0;
  std::int32_t count = 0;

  std::int64_t id(std::int32_t k) const { return ids32 != nullptr ? ids32[k] : ids64[k]; }
  double value(std::int32_t k) const { return values != nullptr ? values[k] * scale : scale; }
};

/// Gives the lines (rows, or columns) of a matrix one by one: all that a local method reads of it.
/// Ids are below 2⁵³.
class Lines {
 public:
  virtual ~Lines() = default;

  virtual std::int64_t size() const = 0;

  /// Fills every member of `line`. False where it is not at hand: the source has then noted that it
  /// is wanted, and whoever asked goes on with other work or waits (`TaskState::needs_rows`).
  virtual bool get(std::int64_t v, Line& line) = 0;

  /// These will be asked for soon, perhaps: where lines lie in memory, the cache misses of many
  /// overlap. At most `warm_batch`; asks for nothing and changes no answer.
  virtual void warm(std::span<const std::int64_t> ids) {}
  static constexpr int warm_batch = 16;
};

/// The rows of a loaded matrix; its columns where the view is one of the transpose. O(log(row
/// length)) a line.
class CsrLines final : public Lines {
 public:
  explicit CsrLines(const CsrView& a) : a_(a) {}

  std::int64_t size() const override { return a_.rows(); }

  bool get(std::int64_t v, Line& line) override {
    const auto i = static_cast<std::int32_t>(v);
    const std::int32_t begin = a_.indptr()[i];
    const std::int32_t count = a_.indptr()[i + 1] - begin;
    const std::int32_t* ids = a_.indices() + begin;
    const double* values = a_.data() + begin;
    line.ids32 = ids;
    line.ids64 = nullptr;
    line.values = values;
    line.scale = 1;
    line.count = count;
    const std::int32_t* own = find(ids, ids + count, i);
    line.diagonal = own != ids + count && *own == i ? values[own - ids] : 0;
    return true;
  }

  void warm(std::span<const std::int64_t> ids) override {
    std::int32_t begin[warm_batch];
    std::int32_t end[warm_batch];
    for (std::size_t k = 0; k < ids.size(); ++k) {
      begin[k] = a_.indptr()[ids[k]];
      end[k] = a_.indptr()[ids[k] + 1];
    }
    // Without prefetch instructions, which WebAssembly does not have: a load that is used later.
    double sum = 0;
    for (std::size_t k = 0; k < ids.size(); ++k) {
      if (begin[k] == end[k]) continue;
      sum += a_.indices()[begin[k]] + a_.indices()[end[k] - 1] + a_.data()[begin[k]] +
             a_.data()[end[k] - 1];
    }
    warmed_ = sum;
  }

 private:
  static const std::int32_t* find(const std::int32_t* first, const std::int32_t* last,
                                  std::int32_t i) {
    constexpr std::ptrdiff_t short_line = 16;
    if (last - first > short_line) return std::lower_bound(first, last, i);
    while (first != last && *first < i) ++first;
    return first;
  }

  CsrView a_;
  volatile double warmed_ = 0;  ///< keeps the loads of `warm`
};

}  // namespace lacuna
