#include "lacuna/policy/arms.hpp"

#include <algorithm>

namespace lacuna {
namespace {

constexpr std::string_view unknown = "unknown";

/// A matrix for plans to be made of. What a plan takes from the structure is in the structure; of
/// the matrix it only wants to tell the entry that is in its way, which nobody asks here.
class StandIn {
 public:
  StandIn() {
    constexpr std::int32_t indptr[] = {0, 1};
    constexpr std::int32_t index = 0;
    constexpr double value = 1;
    auto made = CsrMatrix::from_csr(1, 1, indptr, {&index, 1}, {&value, 1});
    if (made.ok()) matrix_.emplace(made.take());
  }
  bool ok() const { return matrix_.has_value(); }
  CsrView view() const { return matrix_->view(); }

 private:
  std::optional<CsrMatrix> matrix_;
};

SolverOptions options_of(const Arm& arm) {
  SolverOptions options;
  options.method = arm.method;
  options.preconditioner = arm.preconditioner;
  options.ordering = arm.ordering;
  return options;
}

/// Whether a method heeds `SolverOptions::ordering`.
bool takes_ordering(Method method) { return !is_iterative(method) && method != Method::qr; }

/// Whether an ordering can be named in options: others need a permutation, or choose columns alone.
bool is_asked_for(OrderingKind kind) {
  return kind != OrderingKind::given && kind != OrderingKind::column_amd;
}

/// Whether the arm is a single way, and that which it names.
bool is_plan_of(const Arm& arm, const CsrView& a, const Structure& structure) {
  const auto plan = make_plan(a, structure, options_of(arm));
  if (!plan.ok() || plan.value().count != 1) return false;
  const Rung& rung = plan.value().rungs[0];
  return rung.method == arm.method && rung.preconditioner == arm.preconditioner;
}

/// A structure that no method refuses.
Structure welcome() {
  Structure s;
  s.square = s.symmetric_pattern = s.symmetric = s.exactly_symmetric = true;
  s.strictly_row_dominant = true;
  return s;
}

}  // namespace

Arms::Arms() {
  add({});
  const StandIn matrix;
  if (!matrix.ok()) return;
  const Structure structure = welcome();
  for (int m = 1; method_name(Method{m}) != unknown; ++m) {
    for (int p = 1; preconditioner_name(PreconditionerKind{p}) != unknown; ++p) {
      Arm arm{Method{m}, PreconditionerKind{p}, OrderingKind::automatic};
      if (!is_plan_of(arm, matrix.view(), structure)) continue;
      add(arm);
      for (int o = 1; takes_ordering(arm.method) && ordering_name(OrderingKind{o}) != unknown;
           ++o) {
        arm.ordering = OrderingKind{o};
        if (is_asked_for(arm.ordering)) add(arm);
      }
    }
  }
}

void Arms::add(const Arm& arm) {
  if (count_ == capacity) return;
  auto& name = names_[count_];
  std::size_t length = 0;
  const auto append = [&](std::string_view text) {
    text = text.substr(0, name.size() - 1 - length);
    length = static_cast<std::size_t>(std::copy(text.begin(), text.end(), name.begin() + length) -
                                      name.begin());
  };
  append(method_name(arm.method));
  if (is_iterative(arm.method)) {
    append("+");
    append(preconditioner_name(arm.preconditioner));
  }
  if (arm.ordering != OrderingKind::automatic) {
    append(":");
    append(ordering_name(arm.ordering));
  }
  const int way = find({arm.method, arm.preconditioner, OrderingKind::automatic});
  ways_[count_] = way < 0 ? count_ : way;
  arms_[count_++] = arm;
}

int Arms::find(std::string_view wanted) const {
  for (int k = 0; k < count_; ++k) {
    if (name(k) == wanted) return k;
  }
  return -1;
}

int Arms::find(const Arm& arm) const {
  const auto end = arms_.begin() + count_;
  const auto at = std::find(arms_.begin(), end, arm);
  return at == end ? -1 : static_cast<int>(at - arms_.begin());
}

std::uint64_t Arms::fitting(const CsrView& a, const Structure& structure) const {
  std::uint64_t fit = make_plan(a, structure, {}).ok() ? 1 : 0;
  const StandIn matrix;
  if (!matrix.ok()) return fit;
  for (int k = 1; k < count_; ++k) {
    const bool fits = make_plan(matrix.view(), structure, options_of(arms_[k])).ok();
    fit |= std::uint64_t{fits} << k;
  }
  return fit;
}

int Arms::first_of_rules(const CsrView& a, const Structure& structure) const {
  const auto plan = make_plan(a, structure, {});
  if (!plan.ok()) return rules;
  const Rung& rung = plan.value().rungs[0];
  return std::max(+rules, find({rung.method, rung.preconditioner, OrderingKind::automatic}));
}

std::uint64_t Arms::matching(const Arm& fixed) const {
  std::uint64_t matching = 0;
  for (int k = 0; k < count_; ++k) {
    const Arm& arm = arms_[k];
    const bool fits = (fixed.method == Method::automatic || fixed.method == arm.method) &&
                      (fixed.preconditioner == PreconditionerKind::automatic ||
                       fixed.preconditioner == arm.preconditioner) &&
                      (fixed.ordering == OrderingKind::automatic || fixed.ordering == arm.ordering);
    matching |= std::uint64_t{fits} << k;
  }
  return matching;
}

}  // namespace lacuna
