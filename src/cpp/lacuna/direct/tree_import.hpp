#pragma once
#include "lacuna/direct/bytes_import.hpp"
#include "lacuna/direct/supernodes.hpp"
#include "lacuna/direct/tree_check.hpp"

namespace lacuna {

/// Tags of the sections that a tree of supernodes is written as; formats with one begin by these.
enum TreeTag : std::uint32_t {
  tag_permutation = 1,
  // In the order of `TreeCheck::Part`.
  tag_first_column = 2,
  tag_row_begin = 3,
  tag_rows = 4,
};

/// Lists order and supernodes. The tree has to stay alive.
void list_tree(const Supernodes& tree, FactorPieces& pieces);

/// Bytes to factors by one tree of supernodes for the whole matrix.
class TreeImport : public BytesImport {
 protected:
  explicit TreeImport(FactorKind kind) : BytesImport(kind) {}

  /// Its arrays, to be read next.
  void fetch_tree();
  /// Whether these belong together, and memory for what is told from them.
  Fault check_tree_sizes();
  /// Then makes sure, in slices, that it is a tree and has room for the matrix; true once done.
  bool check_tree(Budget& budget, Fault& fault);

  Supernodes tree_;
  TreeCheck check_;

 private:
  enum class Part { order, tree, entries };

  Part part_ = Part::order;
};

}  // namespace lacuna
