// What a reach goes by in factors of LDLᵀ.
#include "lacuna/direct/ldlt.hpp"

namespace lacuna {

Status Ldlt::link_tree() {
  Supernodes& s = factors_->structure;
  if (!s.parent.empty()) return Status::ok;
  const auto n = static_cast<std::size_t>(s.n);
  for (auto* list : {&s.position, &s.supernode_of}) {
    if (list->allocate(n) != Status::ok) return Status::out_of_memory;
  }
  if (s.parent.copy_from(tree_.parent.span()) != Status::ok) return Status::out_of_memory;
  s.stored = static_cast<double>(s.value_begin[s.count]);
  s.panel_flops = 0;
  for (std::int32_t u = 0; u < s.count; ++u) {
    const double w = s.width(u), h = s.height(u);
    s.panel_flops += w * h * h - h * w * (w - 1) + (w - 1) * w * (2 * w - 1) / 6;
    for (std::int32_t k = s.first_column[u]; k < s.first_column[u + 1]; ++k) {
      s.supernode_of[k] = u;
      s.position[s.permutation[k]] = k;
    }
  }
  return Status::ok;
}

}  // namespace lacuna
