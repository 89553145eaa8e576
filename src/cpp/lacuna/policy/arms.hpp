#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "lacuna/ordering/ordering.hpp"
#include "lacuna/solver/plan.hpp"

namespace lacuna {

/// One way to solve that a policy can choose: options that leave nothing to the rules, or all of
/// it.
struct Arm {
  Method method = Method::automatic;
  PreconditionerKind preconditioner = PreconditionerKind::automatic;
  OrderingKind ordering = OrderingKind::automatic;

  bool operator==(const Arm&) const = default;
};

/// Every arm of this build: arm 0 is `auto`, the rules; then each method with each preconditioner
/// and each ordering for which `make_plan` has exactly one rung on a matrix that refuses nothing. A
/// method added to the enumerations is an arm by that alone. A plain value; about 2 µs to make.
class Arms {
 public:
  static constexpr int capacity = 64;
  static constexpr int rules = 0;

  Arms();

  int count() const { return count_; }
  const Arm& operator[](int k) const { return arms_[k]; }

  /// "cg+ic", "cholesky:amd", "auto".
  std::string_view name(int k) const { return names_[k].data(); }

  /// Number of its way: arms that differ in ordering alone share it. At most its own number.
  int way(int k) const { return ways_[k]; }

  /// −1 where there is none of this name.
  int find(std::string_view name) const;
  int find(const Arm& arm) const;

  /// Bit k: arm k has a plan for a matrix of this structure.
  std::uint64_t fitting(const CsrView& a, const Structure& structure) const;

  /// The arm that the `auto` rules try first, `rules` itself where they have none.
  int first_of_rules(const CsrView& a, const Structure& structure) const;

  /// Those that agree with what is fixed; `automatic` fixes nothing.
  std::uint64_t matching(const Arm& fixed) const;

 private:
  void add(const Arm& arm);

  std::array<Arm, capacity> arms_{};
  std::array<std::array<char, 48>, capacity> names_{};
  std::array<int, capacity> ways_{};
  int count_ = 0;
};

}  // namespace lacuna
