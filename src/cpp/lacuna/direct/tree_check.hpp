#pragma once
#include <cstdint>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/direct/supernodes.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Makes a tree of supernodes of columns and rows that came from anywhere, in slices: what passes
/// is a structure that every algorithm on trees can work with.
class TreeCheck {
 public:
  /// The arrays that are looked at.
  enum Part : std::int32_t { first_column, row_begin, rows };

  /// `tree` has `n` > 0, `count`, `first_column`, `row_begin` (count + 1 each) and `rows`; what can
  /// be told from these is filled in. It has to stay alive until the last step. `out_of_memory`.
  Status begin(Supernodes& tree);

  /// True where it has to pause, or has failed.
  bool advance(Meter& meter);

  /// After that, with `permutation` and its inverse `position`: whether every entry of a matrix has
  /// a place in the panels, in that of the earlier of its two columns. The same.
  bool covers(const CsrView& a, Meter& meter);

  /// `damaged_bytes` with the index of what cannot be right, and its array as partner;
  /// `out_of_memory`.
  const Fault& fault() const { return fault_; }

  /// Once done: entries of the panels on and below the diagonals.
  std::int64_t packed() const { return packed_; }
  /// First supernode of the subtree of s.
  std::int32_t first_of(std::int32_t s) const { return first_[s]; }

 private:
  Fault check(std::int32_t s);
  bool nested(std::int32_t s) const;
  Fault close();

  Supernodes* tree_ = nullptr;
  std::int32_t at_ = -1;
  Fault fault_;
  std::int64_t packed_ = 0;
  Buffer<std::int32_t> first_;
  Buffer<std::int32_t> size_;
  Buffer<std::int32_t> mark_;  // of rows: the last supernode that had them
};

}  // namespace lacuna
