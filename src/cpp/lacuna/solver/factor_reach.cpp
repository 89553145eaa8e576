// What a factor keeps for sparse right-hand sides.
#include <utility>

#include "lacuna/direct/ldlt.hpp"
#include "lacuna/direct/lu.hpp"
#include "lacuna/solver/factor.hpp"

namespace lacuna {

Result<std::unique_ptr<ReachSolve>> Factor::take_reach() {
  if (reach_) return std::move(reach_);
  std::unique_ptr<ReachSolve> made(lacuna::create<ReachSolve>());
  if (!made) return Status::out_of_memory;
  Status status;
  if (method() == Method::ldlt) {
    const auto linked = linked_ldlt();
    if (!linked.ok()) return linked.fault();
    const LdltFactors<double>& f = *linked.value();
    status = made->attach(f.structure, f.values.data(), {f.pivots.data(), f.scale.data()});
  } else {
    status = made->attach(cholesky()->structure(), cholesky()->values().data());
  }
  if (status != Status::ok) return status;
  return made;
}

Result<const LdltFactors<double>*> Factor::linked_ldlt() {
  auto& ldlt = static_cast<Ldlt&>(*exact());
  if (const Status status = ldlt.link_tree(); status != Status::ok) return status;
  return ldlt.factors();
}

Result<std::unique_ptr<LuReach>> Factor::take_lu_reach() {
  if (lu_reach_) return std::move(lu_reach_);
  std::unique_ptr<LuReach> made(lacuna::create<LuReach>());
  if (!made) return Status::out_of_memory;
  const auto& lu = static_cast<const LuFactorization&>(*exact());
  const Status status = made->attach(*lu.plan(), lu.factors());
  if (status != Status::ok) return status;
  return made;
}

}  // namespace lacuna
