#pragma once
#include <cstdint>

#include "lacuna/direct/factor_pieces.hpp"
#include "lacuna/direct/lu_factors.hpp"

/// Sections of LU's bytes, for whoever writes and whoever reads them.
namespace lacuna::lu {

enum Tag : std::uint32_t {
  tag_row_of = 1,
  tag_col_of = 2,
  tag_block_begin = 3,
  tag_kind = 4,
  tag_reals = 5,
  tag_wholes = 6,
  tag_tree_count = 7,
  // In the order of `TreeCheck::Part`.
  tag_tree_column = 8,
  tag_tree_begin = 9,
  tag_tree_rows = 10,
  tag_front_size = 11,
  tag_front_ids = 12,
  tag_count = 13,
  tag_pivot_row = 14,
  tag_lower_row = 15,
  tag_upper_row = 16,
  tag_scale = 17,
  tag_diagonal = 18,
  tag_lower = 19,
  tag_upper = 20,
  tag_panels = 21,
};

inline std::int64_t panel_size(const Front<double>& f) {
  return (std::int64_t(f.order) + f.border()) * f.candidates;
}

/// What is read last, once its arrays are there.
void list_numbers(const LuFactors<double>& f, FactorPieces& pieces);

}  // namespace lacuna::lu
