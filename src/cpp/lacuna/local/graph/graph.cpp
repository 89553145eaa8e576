#include "lacuna/local/graph/graph.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace lacuna {
namespace {

/// Passes over the rows are made in pieces: an engine uses the faster code that it has meanwhile
/// made of a function from its next entry on.
constexpr std::int32_t piece_rows = 1 << 14;

/// Σ w to within 2u of relative error (Ogita, Rump & Oishi, SISC 26, 2005; weights are positive).
double compensated_sum(const double* w, std::int32_t count) {
  double sum = 0;
  double rest = 0;
  for (std::int32_t k = 0; k < count; ++k) {
    const double next = sum + w[k];
    const double part = next - sum;
    rest += (sum - (next - part)) + (w[k] - part);
    sum = next;
  }
  return sum + rest;
}

/// Diagonal entry of A at v.
double diagonal_of(const Graph& graph, std::int32_t v, double teleport, Dangling dangling) {
  if (graph.out_degree(v) == 0) return dangling == Dangling::self ? teleport : 1;
  if (!graph.has_loops()) return 1;
  const double loop = graph.loop(v);
  if (loop == 0) return 1;
  return 1 - (1 - teleport) * (loop / graph.out_weight(v));
}

}  // namespace

Fault Graph::measure() {
  if (weighted()) {
    if (sums_.allocate(n_) != Status::ok) return Status::out_of_memory;
    for (std::int32_t p = 0; p < arcs(); ++p) {
      if (!std::isfinite(weights_[p])) return {Status::not_finite, p};
      if (!(weights_[p] > 0)) return {Status::invalid_argument, p};
    }
  }
  if (short_degrees_.allocate(n_) != Status::ok) return Status::out_of_memory;
  for (std::int32_t v = 0, end = 0; v < n_; v = end) {
    end = v + std::min(piece_rows, n_ - v);
    if (const Fault fault = measure_rows(v, end); !fault.ok()) return fault;
  }
  return measure_symmetry();
}

Fault Graph::measure_rows(std::int32_t begin, std::int32_t end) {
  for (std::int32_t v = begin; v < end; ++v) {
    const std::int32_t degree = out_degree(v);
    short_degrees_[v] = static_cast<std::uint8_t>(std::min<std::int32_t>(degree, many));
    if (weighted()) sums_[v] = compensated_sum(weights_.data() + indptr_[v], degree);
    const double sum = out_weight(v);
    volume_ += sum;
    if (!std::isfinite(volume_)) return {Status::not_finite, v};
    dangling_ += degree == 0;
    max_degree_ = std::max(max_degree_, degree);
    max_weight_ = std::fmax(max_weight_, sum);
    note_weight(v, sum);
    const std::int32_t* first = indices_.data() + indptr_[v];
    loops_ += std::binary_search(first, first + degree, v);
  }
  return {};
}

void Graph::note_weight(std::int32_t v, double weight) {
  const std::size_t most = std::size(heaviest_);
  if (heavy_count_ == most && weight <= out_weight(heaviest_[most - 1])) return;
  std::size_t at = heavy_count_ < most ? heavy_count_++ : most - 1;
  for (; at > 0 && out_weight(heaviest_[at - 1]) < weight; --at) heaviest_[at] = heaviest_[at - 1];
  heaviest_[at] = v;
}

/// Row j meets its arcs to lower vertices in ascending order while the rows above are walked: one
/// cursor a row is enough.
Status Graph::measure_symmetry() {
  undirected_ = false;
  Buffer<std::int32_t> cursor;
  const auto starts = indptr_.span().first(n_);
  if (cursor.copy_from(starts) != Status::ok) return Status::out_of_memory;
  for (std::int32_t i = 0, end = 0; i < n_; i = end) {
    end = i + std::min(piece_rows, n_ - i);
    if (!mirrored(i, end, cursor.data())) return Status::ok;
  }
  undirected_ = true;
  return Status::ok;
}

bool Graph::mirrored(std::int32_t begin, std::int32_t end, std::int32_t* cursor) const {
  for (std::int32_t i = begin; i < end; ++i) {
    const std::int32_t past = indptr_[i + 1];
    std::int32_t p = cursor[i];
    if (p < past && indices_[p] < i) return false;
    if (p < past && indices_[p] == i) ++p;
    for (; p < past; ++p) {
      const std::int32_t j = indices_[p];
      const std::int32_t mirror = cursor[j]++;
      if (mirror >= indptr_[j + 1] || indices_[mirror] != i) return false;
      if (weighted() && weights_[p] != weights_[mirror]) return false;
    }
  }
  return true;
}

Result<Graph> Graph::adopt(CsrParts&& parts) {
  if (parts.rows != parts.cols) return Status::not_square;
  if (!parts.data.empty() && parts.data.size() != parts.indices.size()) {
    return Status::shape_mismatch;
  }
  const Fault bad =
      check_pattern(parts.rows, parts.cols, parts.indptr.span(), parts.indices.span());
  if (!bad.ok()) return bad;
  Graph graph;
  graph.n_ = parts.rows;
  graph.indptr_ = std::move(parts.indptr);
  graph.indices_ = std::move(parts.indices);
  graph.weights_ = std::move(parts.data);
  if (const Fault fault = graph.measure(); !fault.ok()) {
    parts.indptr = std::move(graph.indptr_);
    parts.indices = std::move(graph.indices_);
    parts.data = std::move(graph.weights_);
    return fault;
  }
  return graph;
}

Result<Graph> Graph::from_csr(std::int64_t n, std::span<const std::int32_t> indptr,
                              std::span<const std::int32_t> indices,
                              std::span<const double> weights) {
  if (const Fault fault = check_pattern(n, n, indptr, indices); !fault.ok()) return fault;
  CsrParts parts;
  parts.rows = parts.cols = static_cast<std::int32_t>(n);
  for (const Status status : {parts.indptr.copy_from(indptr), parts.indices.copy_from(indices),
                              parts.data.copy_from(weights)}) {
    if (status != Status::ok) return status;
  }
  return adopt(std::move(parts));
}

Result<Graph> Graph::from_edges(std::int64_t n, std::span<const std::int32_t> from,
                                std::span<const std::int32_t> to, std::span<const double> weights,
                                bool undirected) {
  constexpr std::size_t index_limit = 2147483647;
  const std::size_t count = from.size();
  if (n < 1 || n >= static_cast<std::int64_t>(index_limit)) return Fault{Status::invalid_size, 0};
  if (to.size() != count || (!weights.empty() && weights.size() != count)) {
    return Status::shape_mismatch;
  }
  if (count > index_limit / 2) return Fault{Status::invalid_size, 2};
  for (std::size_t k = 0; k < count; ++k) {
    if (from[k] < 0 || from[k] >= n || to[k] < 0 || to[k] >= n) {
      return Fault{Status::index_out_of_range, static_cast<std::int64_t>(k)};
    }
    if (weights.empty()) continue;
    if (!std::isfinite(weights[k])) return Fault{Status::not_finite, static_cast<std::int64_t>(k)};
    if (!(weights[k] > 0)) {
      return Fault{Status::invalid_argument, static_cast<std::int64_t>(k)};
    }
  }
  // A counting sort by target, then one by source, both stable: rows come out sorted.
  const std::size_t copies = undirected ? 2 : 1;
  const auto is_copy = [&](std::size_t k, std::size_t c) { return c == 0 || from[k] != to[k]; };
  Buffer<std::int32_t> starts, by_target, indices;
  Buffer<double> values;
  if (starts.allocate_zero(n + 1) != Status::ok ||
      by_target.allocate(2 * count * copies) != Status::ok) {
    return Status::out_of_memory;
  }
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t c = 0; c < copies; ++c) {
      if (is_copy(k, c)) ++starts[(c == 0 ? to[k] : from[k]) + 1];
    }
  }
  for (std::int64_t v = 0; v < n; ++v) starts[v + 1] += starts[v];
  const std::size_t total = static_cast<std::size_t>(starts[n]);
  // Pairs (source, edge) in the order of targets; parallel ones in the order given, so that both
  // directions of an undirected edge add the same weights in the same order.
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t c = 0; c < copies; ++c) {
      if (!is_copy(k, c)) continue;
      const std::size_t place = starts[c == 0 ? to[k] : from[k]]++;
      by_target[2 * place] = c == 0 ? from[k] : to[k];
      by_target[2 * place + 1] = static_cast<std::int32_t>(k);
    }
  }
  CsrParts parts;
  parts.rows = parts.cols = static_cast<std::int32_t>(n);
  if (starts.allocate_zero(n + 1) != Status::ok || parts.indptr.allocate(n + 1) != Status::ok ||
      parts.indices.allocate(total) != Status::ok ||
      (!weights.empty() && parts.data.allocate(total) != Status::ok)) {
    return Status::out_of_memory;
  }
  for (std::size_t k = 0; k < total; ++k) ++starts[by_target[2 * k] + 1];
  for (std::int64_t v = 0; v < n; ++v) starts[v + 1] += starts[v];
  for (std::int64_t v = 0; v <= n; ++v) parts.indptr[v] = starts[v];
  for (std::size_t k = 0; k < total; ++k) {
    const std::int32_t source = by_target[2 * k];
    const std::int32_t edge = by_target[2 * k + 1];
    const std::int32_t place = starts[source]++;
    parts.indices[place] = from[edge] == source ? to[edge] : from[edge];
    if (!weights.empty()) parts.data[place] = weights[edge];
  }
  std::int32_t out = 0;
  std::int32_t begin = 0;
  for (std::int64_t v = 0; v < n; ++v) {
    const std::int32_t end = parts.indptr[v + 1];
    const std::int32_t row = out;
    for (std::int32_t p = begin; p < end; ++p) {
      if (out > row && parts.indices[out - 1] == parts.indices[p]) {
        if (!weights.empty()) parts.data[out - 1] += parts.data[p];
        continue;
      }
      parts.indices[out] = parts.indices[p];
      if (!weights.empty()) parts.data[out] = parts.data[p];
      ++out;
    }
    begin = end;
    parts.indptr[v + 1] = out;
  }
  parts.indices.truncate(out);
  parts.data.truncate(out);
  return adopt(std::move(parts));
}

double Graph::loop(std::int32_t v) const {
  const std::int32_t* first = indices_.data() + indptr_[v];
  const std::int32_t* last = indices_.data() + indptr_[v + 1];
  const std::int32_t* at = std::lower_bound(first, last, v);
  if (at == last || *at != v) return 0;
  return weighted() ? weights_[at - indices_.data()] : 1;
}

Arcs Graph::in() const {
  if (undirected_) return out();
  return {in_indptr_.data(), in_indices_.data(), weighted() ? in_weights_.data() : nullptr};
}

TaskState Graph::prepare_in_arcs(Budget& budget) {
  if (has_in_arcs()) return TaskState::done;
  if (stage_ == Stage::none) {
    // Pointers sit one place to the right while arcs are scattered, which shifts them back.
    if (in_indptr_.allocate_zero(static_cast<std::size_t>(n_) + 2) != Status::ok ||
        in_indices_.allocate(arcs()) != Status::ok ||
        (weighted() && in_weights_.allocate(arcs()) != Status::ok)) {
      in_indptr_.release();
      in_indices_.release();
      return TaskState::failed;
    }
    stage_ = Stage::counting;
    at_ = 0;
  }
  constexpr std::int32_t piece = 1 << 14;
  while (stage_ == Stage::counting) {
    if (budget.exhausted()) return TaskState::running;
    const std::int32_t end = at_ + std::min(piece, arcs() - at_);
    for (; at_ < end; ++at_) ++in_indptr_[indices_[at_] + 2];
    budget.spend(2.0 * piece);
    if (at_ < arcs()) continue;
    stage_ = Stage::summing;
    at_ = 0;
  }
  while (stage_ == Stage::summing) {
    if (budget.exhausted()) return TaskState::running;
    const std::int32_t end = at_ + std::min(piece, n_ - at_);
    for (; at_ < end; ++at_) in_indptr_[at_ + 2] += in_indptr_[at_ + 1];
    budget.spend(piece);
    if (at_ < n_) continue;
    stage_ = Stage::scattering;
    at_ = 0;
  }
  while (at_ < n_) {
    if (budget.exhausted()) return TaskState::running;
    std::int32_t done = 0;
    for (; at_ < n_ && done < piece; ++at_) {
      const std::int32_t end = indptr_[at_ + 1];
      for (std::int32_t p = indptr_[at_]; p < end; ++p) {
        const std::int32_t place = in_indptr_[indices_[p] + 1]++;
        in_indices_[place] = at_;
        if (weighted()) in_weights_[place] = weights_[p];
      }
      done += end - indptr_[at_] + 1;
    }
    budget.spend(4.0 * done);
  }
  stage_ = Stage::ready;
  return TaskState::done;
}

Status Graph::ensure_in_arcs() {
  Budget unlimited;
  return prepare_in_arcs(unlimited) == TaskState::done ? Status::ok : Status::out_of_memory;
}

std::size_t Graph::bytes() const {
  return indptr_.bytes() + indices_.bytes() + weights_.bytes() + sums_.bytes() +
         short_degrees_.bytes() + in_indptr_.bytes() + in_indices_.bytes() + in_weights_.bytes();
}

bool TransitionRows::get(std::int64_t id, Line& line) {
  const auto v = static_cast<std::int32_t>(id);
  const Arcs arcs = graph_.out();
  const std::int32_t begin = arcs.indptr[v];
  line.ids32 = arcs.indices + begin;
  line.ids64 = nullptr;
  line.values = arcs.weights != nullptr ? arcs.weights + begin : nullptr;
  line.count = arcs.indptr[v + 1] - begin;
  line.scale = line.count > 0 ? -(1 - teleport_) / graph_.out_weight(v) : 0;
  line.diagonal = diagonal_of(graph_, v, teleport_, dangling_);
  return true;
}

Status TransitionColumns::reserve() {
  const Arcs arcs = graph_.in();
  std::int32_t longest = 1;
  for (std::int32_t v = 0; v < graph_.vertices(); ++v) longest = std::max(longest, arcs.degree(v));
  return probabilities_.allocate(longest);
}

bool TransitionColumns::get(std::int64_t id, Line& line) {
  const auto v = static_cast<std::int32_t>(id);
  const Arcs arcs = graph_.in();
  const std::int32_t begin = arcs.indptr[v];
  const std::int32_t* ids = arcs.indices + begin;
  line.ids32 = ids;
  line.ids64 = nullptr;
  line.count = arcs.indptr[v + 1] - begin;
  for (std::int32_t k = 0; k < line.count; ++k) {
    const double w = arcs.weights != nullptr ? arcs.weights[begin + k] : 1;
    probabilities_[k] = w / graph_.out_weight(ids[k]);
  }
  line.values = probabilities_.data();
  line.scale = -(1 - teleport_);
  line.diagonal = diagonal_of(graph_, v, teleport_, dangling_);
  return true;
}

}  // namespace lacuna
