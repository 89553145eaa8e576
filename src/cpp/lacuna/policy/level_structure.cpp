#include "lacuna/policy/level_structure.hpp"

#include <algorithm>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

constexpr double ln2 = 0.6931471805599453;
constexpr std::int32_t starts = 8;

class Search {
 public:
  explicit Search(const CsrView& a) : a_(a) {}

  Status reserve() {
    if (seen_.allocate_zero(static_cast<std::size_t>(a_.rows())) != Status::ok) {
      return Status::out_of_memory;
    }
    return queue_.allocate(static_cast<std::size_t>(std::min(a_.rows(), most_searched)));
  }

  /// Walks the part of `root`, marking its vertices.
  LevelStructure walk(std::int32_t root) {
    ++mark_;
    LevelStructure part;
    std::int32_t end = 0;
    std::int32_t half = 0;  // vertices within the first half of the levels
    reach(root, end);
    for (std::int32_t begin = 0; begin < end && !part.cut;) {
      const std::int32_t level_end = end;
      level_ends_[part.levels % ring] = level_end;
      part.levels += 1;
      half = level_ends_[(part.levels / 2) % ring];
      for (; begin < level_end && !part.cut; ++begin) {
        const std::int32_t v = queue_[begin];
        part.entries += a_.indptr()[v + 1] - a_.indptr()[v];
        for (std::int32_t p = a_.indptr()[v]; p < a_.indptr()[v + 1] && !part.cut; ++p) {
          const std::int32_t w = a_.indices()[p];
          if (seen_[w] == mark_) continue;
          if (end == most_searched) {
            part.cut = true;
          } else {
            reach(w, end);
          }
        }
      }
      part.vertices = part.cut ? level_end : end;
    }
    part.growth =
        part.levels < 2 ? 1 : natural_log(double(part.vertices) / std::max(1, half)) / ln2;
    measure_widths(part);
    return part;
  }

  std::int32_t last_reached(const LevelStructure& part) const { return queue_[part.vertices - 1]; }

 private:
  /// Levels whose ends are kept: no search has more.
  static constexpr std::int32_t ring = most_searched + 1;

  void measure_widths(LevelStructure& part) const {
    std::int32_t begin = 0;
    std::int32_t before = 0;
    part.narrowest = part.vertices;
    for (std::int32_t k = 0; k < part.levels; ++k) {
      const std::int32_t end = std::min(level_ends_[k], part.vertices);
      const std::int32_t width = end - begin;
      if (4 * begin <= 3 * part.vertices && 4 * end >= part.vertices) {
        part.narrowest = std::min(part.narrowest, width);
      }
      if (2 * begin < part.vertices && 2 * end >= part.vertices) part.middle = width;
      const double front = (before + width) / 2.0;
      part.band_nnz += width * front;
      part.band_flops += width * front * front;
      before = width;
      begin = end;
    }
  }

  void reach(std::int32_t v, std::int32_t& end) {
    seen_[v] = mark_;
    queue_[end++] = v;
  }

  const CsrView& a_;
  std::int32_t mark_ = 0;
  Buffer<std::int32_t> seen_;
  Buffer<std::int32_t> queue_;
  std::int32_t level_ends_[ring] = {};
};

/// A vertex of least degree, but with neighbors if one of those looked at has any.
std::int32_t likely_end(const CsrView& a, std::int32_t first) {
  constexpr std::int32_t samples = 64;
  const std::int32_t n = a.rows();
  const std::int32_t stride = std::max(1, (n - first) / samples);
  const auto rank = [&](std::int32_t v) {
    const std::int32_t length = a.indptr()[v + 1] - a.indptr()[v];
    return length < 2 ? n : length;
  };
  std::int32_t best = first;
  for (std::int32_t v = first; v < n; v += stride) {
    if (rank(v) < rank(best)) best = v;
  }
  return best;
}

}  // namespace

Result<LevelStructure> measure_levels(const CsrView& a) {
  const std::int32_t n = a.rows();
  Search search(a);
  if (search.reserve() != Status::ok) return Status::out_of_memory;
  LevelStructure best;
  std::int32_t end = 0;
  std::int64_t entries = 0;
  for (std::int32_t k = 0; k < std::min(starts, n) && 2 * entries <= a.nnz(); ++k) {
    const std::int32_t first = static_cast<std::int32_t>(std::int64_t{n} * k / starts);
    const LevelStructure part = search.walk(likely_end(a, first));
    entries += part.entries;
    if (part.vertices > best.vertices) {
      best = part;
      end = search.last_reached(part);
    }
    if (best.cut || 2 * best.vertices >= n) break;
  }
  if (!best.cut && entries + best.entries <= 2 * std::int64_t{a.nnz()}) {
    const LevelStructure again = search.walk(end);
    entries += again.entries;
    // Along rows alone, the way back may be barred.
    if (again.vertices == best.vertices && again.levels > best.levels) best = again;
  }
  best.entries = entries;
  return best;
}

}  // namespace lacuna
