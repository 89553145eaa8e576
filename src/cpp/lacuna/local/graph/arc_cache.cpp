#include "lacuna/local/graph/arc_cache.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace lacuna {

namespace {

/// What the rounding of a sum of weights may add to it.
constexpr double sum_rounding = 1 + 0x1p-40;

}  // namespace

Result<ArcCache> ArcCache::create(std::int64_t size, bool undirected, std::size_t limit,
                                  double volume, double max_weight) {
  if (!(volume > 0 && max_weight > 0)) return Status::invalid_argument;
  Declared declared;
  declared.symmetric = undirected;
  auto rows = RowCache::create(size, declared, limit);
  if (!rows.ok()) return rows.fault();
  ArcCache cache(rows.take());
  cache.volume_ = volume;
  cache.max_weight_ = max_weight;
  return cache;
}

bool ArcCache::get(std::int64_t v, Line& line) {
  if (!rows_.get(v, line)) return false;
  const bool loop = line.diagonal != no_loop;
  line.diagonal = 0;
  if (loop) return true;
  if (leave_out(v, line) == Status::ok) return true;
  failed_ = true;
  return false;
}

Status ArcCache::leave_out(std::int64_t v, Line& line) {
  const auto count = static_cast<std::size_t>(line.count);
  if (line_ids_.size() < count) {
    const std::size_t room = 2 * count + 16;
    line_ids_.release();
    line_values_.release();
    if (line_values_.allocate(room) != Status::ok || line_ids_.allocate(room) != Status::ok) {
      return Status::out_of_memory;
    }
  }
  std::size_t to = 0;
  for (std::size_t k = 0; k < count; ++k) {
    if (line.ids64[k] == v) continue;
    line_ids_[to] = line.ids64[k];
    line_values_[to++] = line.values[k];
  }
  line.ids64 = line_ids_.data();
  line.values = line_values_.data();
  line.count = static_cast<std::int32_t>(to);
  return Status::ok;
}

Fault ArcCache::supply(std::span<const std::int32_t> counts, std::span<const std::int64_t> ids,
                       std::span<const double> weights) {
  failed_ = false;
  const std::span<const std::int64_t> vertices = rows_.wanted();
  if (counts.size() > vertices.size()) return Status::shape_mismatch;
  if (!weights.empty() && weights.size() != ids.size()) return Status::shape_mismatch;
  // Without a loop a row is an entry longer.
  for (const Status status :
       {counts_.allocate(counts.size()), ids_.allocate(ids.size() + counts.size()),
        values_.allocate(ids.size() + counts.size())}) {
    if (status != Status::ok) return status;
  }
  std::size_t from = 0, to = 0;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    const std::int64_t v = vertices[k];
    const std::size_t begin = to;
    if (counts[k] < 0 || static_cast<std::size_t>(counts[k]) > ids.size() - from) {
      return {Status::shape_mismatch, v};
    }
    bool loop = false;
    double sum = 0;
    for (const std::size_t end = from + static_cast<std::size_t>(counts[k]); from < end; ++from) {
      const double w = weights.empty() ? 1 : weights[from];
      if (!(w > 0) || !std::isfinite(w)) return {Status::invalid_argument, v};
      sum += w;
      loop = loop || ids[from] == v;
      ids_[to] = ids[from];
      values_[to++] = w;
    }
    if (sum > max_weight_ * sum_rounding) return {Status::declaration_violated, v};
    if (!loop) {
      ids_[to] = v;
      values_[to++] = no_loop;
    }
    counts_[k] = static_cast<std::int32_t>(to - begin);
  }
  if (from != ids.size()) return Status::shape_mismatch;
  return rows_.supply(std::as_const(counts_).span(), {ids_.data(), to}, {values_.data(), to});
}

}  // namespace lacuna
