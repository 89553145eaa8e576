#pragma once
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// An order for an incomplete factorization, and its inverse.
struct PivotOrder {
  Buffer<std::int32_t> row;       ///< row of A that is pivot k
  Buffer<std::int32_t> position;  ///< pivot that row i of A is
};

/// Approximate minimum degree on the pattern of A + Aᵀ. `not_square`, `out_of_memory`,
/// `invalid_size`.
Result<PivotOrder> minimum_degree_order(const CsrView& a);

}  // namespace lacuna
