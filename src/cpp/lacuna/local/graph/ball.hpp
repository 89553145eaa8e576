#pragma once
#include <algorithm>
#include <cstdint>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/graph/outcome.hpp"
#include "lacuna/local/lines.hpp"
#include "lacuna/local/vertex_table.hpp"

namespace lacuna {

/// A part of an undirected weighted graph that grows from seeds: the vertices whose lines have been
/// read, S, their neighbours, and every edge that a line of S names, each kept once. Local numbers
/// are those of the first touch and never change, so that vectors over them stay valid.
///
/// The source gives plain adjacency: line v lists the neighbours u of v with weights wᵥᵤ, 0 (passed
/// over) or in 2⁻⁵⁰⁰ … 2⁵⁰⁰, which keeps squares of currents away from underflow; loops are only
/// weighed, and the diagonal is not looked at. That wᵥᵤ = wᵤᵥ to the last bit is checked for every pair of read
/// vertices, through sums of 64-bit fingerprints.
///
/// O(1) an entry; 56 bytes a vertex, 12 an edge, and the index. A spanning forest comes with it.
class Ball {
 public:
  static constexpr std::uint32_t none = 0xffffffffu;

  struct Vertex {
    std::int64_t id;
    double degree;          ///< sum of the weights of its known edges
    double loop;            ///< weight of its loop, once it is read
    double up;              ///< weight of the edge to the parent
    std::uint64_t promise;  ///< fingerprints of what read neighbours say about their edges to it
    std::uint32_t home;
    std::uint32_t row;     ///< `none`: its line was not read
    std::uint32_t parent;  ///< `none`: root of a tree of the forest
    std::uint32_t seed;    ///< the one it was first reached from
  };

  /// Starts over. O(1).
  void begin(Lines& edges);

  /// Adds a vertex to grow from; twice is once. Only before `grow`. `index_out_of_range`,
  /// `out_of_memory`.
  Status add_seed(std::int64_t v);

  /// Reads line after line until all seeds are read and `entries` entries were touched, or nothing
  /// is left (`done`). Breadth first unless `rank` says otherwise. An entry is booked as two flops.
  GraphOutcome grow(double entries, Budget& budget);

  /// From here on those unread vertices come first for which `influence` (by local number) is at
  /// least 1/1024 of the largest, and what is found from them. O(unread); `out_of_memory`.
  Status rank(const double* influence);

  /// `not_symmetric` with a vertex whose line does not agree with its neighbours',
  /// `invalid_argument` with one that has a weight outside the range above,
  /// `index_out_of_range`, `out_of_memory`.
  Fault fault() const { return fault_; }

  double entries() const { return entries_; }
  /// Sum of the weights of both arcs of every known edge, and of loops, to within a relative error
  /// of entries()·2⁻⁵³.
  double volume() const { return volume_; }
  std::uint32_t size() const { return table_.size(); }
  std::uint32_t rows() const { return rows_; }
  std::size_t edges() const { return rows_ == 0 ? 0 : begin_[rows_]; }
  bool complete() const { return rows_ == table_.size(); }
  std::uint32_t find(std::int64_t v) const { return table_.find(v); }
  const Vertex& vertex(std::uint32_t k) const { return table_[k]; }
  bool read(std::uint32_t k) const { return table_[k].row != none; }

  /// Row r of the edge list belongs to this vertex; its edges are e = row_begin(r) … row_end(r) − 1
  /// and lead to `target(e)`, which was unread then: no edge comes twice.
  std::uint32_t row_vertex(std::uint32_t r) const { return row_vertex_[r]; }
  std::size_t row_begin(std::uint32_t r) const { return begin_[r]; }
  std::size_t row_end(std::uint32_t r) const { return begin_[r + 1]; }
  std::uint32_t target(std::size_t e) const { return target_[e]; }
  double weight(std::size_t e) const { return weight_[e]; }

  std::uint32_t seeds() const { return seed_count_; }
  /// First seed of the connected piece that a vertex lies in; its vertex is the root of the tree.
  std::uint32_t piece(std::uint32_t k) const { return leader(table_[k].seed); }
  std::uint32_t root(std::uint32_t piece) const { return seeds_[piece].vertex; }
  /// The piece is a whole component of the graph.
  bool closed(std::uint32_t piece) const { return seeds_[piece].unread == 0; }

  std::size_t bytes() const;

 private:
  struct Seed {
    std::uint32_t leader;
    std::uint32_t unread;
    std::uint32_t vertex;
  };

  std::uint32_t leader(std::uint32_t seed) const {
    while (seeds_[seed].leader != seed) seed = seeds_[seed].leader;
    return seed;
  }
  GraphOutcome fail(Fault fault) {
    fault_ = fault;
    return GraphOutcome::failed;
  }
  Status make_room(std::size_t entries);
  std::uint32_t next_unread();
  GraphOutcome read_piece(const Line& line);
  void take_entry(std::int64_t id, double weight);
  void join(std::uint32_t from, std::uint32_t to, double weight);
  void hang(std::uint32_t k, std::uint32_t parent, double weight);
  void finish_row();

  Lines* lines_ = nullptr;
  Fault fault_;
  VertexTable<Vertex> table_;
  Buffer<Seed> seeds_;
  std::uint32_t seed_count_ = 0;

  Buffer<std::size_t> begin_;
  Buffer<std::uint32_t> row_vertex_;
  Buffer<std::uint32_t> target_;
  Buffer<double> weight_;
  std::uint32_t rows_ = 0;
  double entries_ = 0;
  double volume_ = 0;

  Buffer<std::uint32_t> queue_;  ///< unread vertices in the order of reading
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
  Buffer<std::uint32_t> later_;  ///< and those that come after
  std::size_t later_head_ = 0;
  std::size_t later_tail_ = 0;

  std::uint32_t reading_ = none;  ///< a line that was read in part
  std::int32_t offset_ = 0;
  std::size_t row_edges_ = 0;
  double row_degree_ = 0;
  std::uint64_t kept_ = 0;
};

/// A pass over the edges of a ball in bounded pieces.
class EdgePass {
 public:
  /// Calls body(vertex, begin, end) for runs of edges of one row; true once all are passed, and the
  /// pass is then ready for the next. `cost`: flops an edge.
  template <class Body>
  bool run(const Ball& ball, double cost, Budget& budget, Body&& body) {
    std::size_t since = 0;
    while (row_ < ball.rows()) {
      if (since == 0 && budget.exhausted()) return false;
      const std::size_t end = std::min(ball.row_end(row_), edge_ + (piece - since));
      body(ball.row_vertex(row_), edge_, end);
      budget.spend(cost * static_cast<double>(end - edge_) + 2);
      since += end - edge_ + 1;
      if (since >= piece) since = 0;
      edge_ = end;
      if (end == ball.row_end(row_)) ++row_;
    }
    row_ = 0;
    edge_ = 0;
    return true;
  }

 private:
  static constexpr std::size_t piece = 8192;
  std::uint32_t row_ = 0;
  std::size_t edge_ = 0;
};

}  // namespace lacuna
