#pragma once
#include <cstdint>

#include "lacuna/local/graph/graph.hpp"
#include "lacuna/local/lines.hpp"

namespace lacuna {

/// The weighted adjacency of a loaded graph, line by line: what queries take that also work on
/// graphs that are never loaded. Lines have no diagonal; loops are among the entries. O(1) a line.
class ArcLines final : public Lines {
 public:
  /// `arcs` of n vertices, out- or in-arcs, which must outlive it.
  ArcLines(std::int64_t n, const Arcs& arcs) : n_(n), arcs_(arcs) {}

  std::int64_t size() const override { return n_; }

  bool get(std::int64_t v, Line& line) override {
    const auto k = static_cast<std::int32_t>(v);
    const std::int32_t begin = arcs_.indptr[k];
    line = Line{};
    line.ids32 = arcs_.indices + begin;
    line.values = arcs_.weights != nullptr ? arcs_.weights + begin : nullptr;
    line.count = arcs_.indptr[k + 1] - begin;
    return true;
  }

 private:
  std::int64_t n_;
  Arcs arcs_;
};

/// The adjacency that a Laplacian matrix belongs to: entries off the diagonal with the sign turned.
/// The diagonal is not looked at, so rows should add up to 0 (`Signs::laplacian`).
class LaplacianLines final : public Lines {
 public:
  /// The rows of a symmetric matrix with no positive entry off the diagonal.
  explicit LaplacianLines(Lines& rows) : rows_(rows) {}

  std::int64_t size() const override { return rows_.size(); }

  bool get(std::int64_t v, Line& line) override {
    if (!rows_.get(v, line)) return false;
    // What is not of the right sign is then a negative weight, which the query refuses.
    line.scale = -line.scale;
    line.diagonal = 0;
    return true;
  }

 private:
  Lines& rows_;
};

}  // namespace lacuna
