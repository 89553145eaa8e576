#include "lacuna/solver/kept_rhs.hpp"

namespace lacuna {

Result<std::span<const double>> KeptRhs::values(std::int64_t n) {
  if (rhs_.kind() == LocalRhs::Kind::dense) return rhs_.values();
  if (rhs_.kind() == LocalRhs::Kind::on_demand) return Status::not_ready;
  if (spread_.empty()) {
    if (spread_.allocate_zero(static_cast<std::size_t>(n)) != Status::ok) {
      return Status::out_of_memory;
    }
    for (std::uint32_t k = 0; k < rhs_.entries(); ++k) {
      spread_[static_cast<std::size_t>(rhs_.entry(k).id)] = rhs_.entry(k).value;
    }
  }
  return std::as_const(spread_).span();
}

}  // namespace lacuna
