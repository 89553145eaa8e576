#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/ordering/pattern.hpp"

namespace lacuna {

/// Lines matched with indices one to one; −1 where there is no partner.
struct Matching {
  Buffer<std::int32_t> index_of_line;
  Buffer<std::int32_t> line_of_index;
  std::int32_t rank = 0;  ///< pairs

  bool perfect() const {
    return static_cast<std::size_t>(rank) == index_of_line.size() &&
           index_of_line.size() == line_of_index.size();
  }
  /// First line, or index, that is left over; −1 where none is.
  std::int32_t first_free_line() const { return first_free(index_of_line); }
  std::int32_t first_free_index() const { return first_free(line_of_index); }

 private:
  static std::int32_t first_free(const Buffer<std::int32_t>& partners) {
    for (std::size_t i = 0; i < partners.size(); ++i) {
      if (partners[i] < 0) return static_cast<std::int32_t>(i);
    }
    return -1;
  }
};

/// A matching of the largest size there is (maximum transversal), in slices: its size is the
/// structural rank, an upper bound on the rank for any values on the pattern. First every line
/// takes its own number where that is among its indices, so that a zero-free diagonal stays where
/// it is; then a free index; then paths that alternate between unmatched and matched pairs are
/// sought depth first, each line looking for a free index before it goes deeper (Duff, "On
/// algorithms for obtaining a maximum transversal", TOMS 7, 1981).
///
/// O(lines·entries) at worst, near O(entries) as a rule; 5·lines + width integers.
class MaximumMatching {
 public:
  /// The pattern has to stay alive until the last step. `out_of_memory`.
  Status begin(const PatternView& pattern);

  /// Never fails.
  TaskState step(Budget& budget);

  double progress() const {
    return pattern_.lines == 0 ? 1 : static_cast<double>(root_) / pattern_.lines;
  }
  Matching take() { return std::move(matching_); }

 private:
  /// Advances the search from `root_`; true once it has ended, with or without a path.
  bool search(double& work);
  void pair(std::int32_t line, std::int32_t index) {
    matching_.index_of_line[line] = index;
    matching_.line_of_index[index] = line;
  }

  PatternView pattern_;
  Matching matching_;
  bool preferring_ = true;
  std::int32_t root_ = 0;
  std::int32_t depth_ = -1;         // of the search, −1 between two of them
  Buffer<std::int32_t> path_;       // lines on the path
  Buffer<std::int32_t> next_;       // of each line on the path, where its scan stands
  Buffer<std::int32_t> lookahead_;  // of each line, entries before have been matched for good
  Buffer<std::int32_t> visited_;    // root of the last search that met the line
};

}  // namespace lacuna
