#pragma once
#include <algorithm>
#include <cstdint>

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

 private:
  static const std::int32_t* find(const std::int32_t* first, const std::int32_t* last,
                                  std::int32_t i) {
    constexpr std::ptrdiff_t short_line = 16;
    if (last - first > short_line) return std::lower_bound(first, last, i);
    while (first != last && *first < i) ++first;
    return first;
  }

  CsrView a_;
};

}  // namespace lacuna
