#pragma once
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <vector>

#include "lacuna/local/conditions.hpp"
#include "lacuna/local/lines.hpp"
#include "lacuna/sparse/operations.hpp"
#include "support/dense.hpp"
#include "support/random.hpp"
#include "support/systems.hpp"

/// Systems and sources of lines for the local methods.
namespace lacuna::test {

enum class Shape { random, chain, star, grid, full };
constexpr Shape all_shapes[] = {Shape::random, Shape::chain, Shape::star, Shape::grid, Shape::full};
enum class Couplings { negative, mixed };

/// Every row strictly dominant by a margin in [margin, 2·margin): positive diagonal where couplings
/// are negative (an M-matrix), any signs otherwise.
inline Triplets dominant(Shape shape, std::int32_t n, double margin, Couplings couplings,
                         std::uint64_t seed) {
  Random random(seed);
  std::set<std::pair<std::int32_t, std::int32_t>> places;
  const auto place = [&](std::int32_t i, std::int32_t j) {
    if (i != j) places.insert({i, j});
  };
  const auto side = static_cast<std::int32_t>(std::sqrt(double(n)));
  for (std::int32_t i = 0; i < n; ++i) {
    if (shape == Shape::random) {
      for (std::int32_t d = random.below(6); d > 0; --d) place(i, random.below(n));
    } else if (shape == Shape::chain) {
      if (i + 1 < n) place(i, i + 1), place(i + 1, i);
    } else if (shape == Shape::star) {
      place(0, i), place(i, 0);
    } else if (shape == Shape::grid) {
      if (i % side + 1 < side && i + 1 < n) place(i, i + 1), place(i + 1, i);
      if (i + side < n) place(i, i + side), place(i + side, i);
    } else {
      for (std::int32_t j = 0; j < n; ++j) place(i, j);
    }
  }
  Triplets t(n, n);
  std::vector<double> sums(n, 0);
  for (const auto& [i, j] : places) {
    const double size = 0.1 + random.unit();
    const bool positive = random.chance(0.5);
    sums[i] += size;
    t.add(i, j, couplings == Couplings::mixed && positive ? size : -size);
  }
  for (std::int32_t i = 0; i < n; ++i) {
    const double diagonal = sums[i] + margin * (1 + random.unit());
    const bool flipped = random.chance(0.5);
    t.add(i, i, couplings == Couplings::mixed && flipped ? -diagonal : diagonal);
  }
  return t;
}

/// Any of these shapes, signs and sizes; margins of 0.1 and more.
inline CsrMatrix random_matrix(Random& random, std::int32_t most) {
  const Shape shape = all_shapes[random.below(5)];
  const auto couplings = random.chance(0.5) ? Couplings::mixed : Couplings::negative;
  const double margins[] = {0.1, 1, 10};
  const double margin = margins[random.below(3)];
  const std::int32_t n = random.between(1, shape == Shape::full ? most / 4 : most);
  return dominant(shape, n, margin, couplings, random.bits()).matrix();
}

inline CsrMatrix transposed(const CsrMatrix& a) {
  auto made = transpose(a.view());
  if (!made.ok()) throw std::runtime_error("transpose");
  return made.take();
}

inline Conditions conditions_of(const CsrMatrix& a, const CsrMatrix* t = nullptr) {
  const CsrView view = t != nullptr ? t->view() : a.view();
  auto made = measure_conditions(a.view(), false, t != nullptr ? &view : nullptr);
  if (!made.ok()) throw std::runtime_error(status_name(made.fault().status));
  return made.take();
}

/// The lines of a loaded matrix as they would come from far away: 64-bit ids (shifted by `shift`,
/// to where no 32-bit id reaches), at hand only once they were asked for and `deliver` was called,
/// and no more than `room` of them at a time.
class FarLines final : public Lines {
 public:
  FarLines(const CsrView& a, std::int64_t shift, std::size_t room)
      : a_(a), shift_(shift), room_(room) {}

  std::int64_t size() const override { return shift_ + a_.rows(); }

  bool get(std::int64_t v, Line& line) override {
    ++asked_;
    if (here_.count(v) == 0) {
      if (listed_.insert(v).second) wanted_.push_back(v);
      return false;
    }
    const auto i = static_cast<std::int32_t>(v - shift_);
    ids_.clear();
    line = Line{};
    for (std::int32_t p = a_.indptr()[i]; p < a_.indptr()[i + 1]; ++p) {
      ids_.push_back(shift_ + a_.indices()[p]);
      if (a_.indices()[p] == i) line.diagonal = a_.data()[p];
    }
    line.ids64 = ids_.data();
    line.values = a_.data() + a_.indptr()[i];
    line.count = static_cast<std::int32_t>(ids_.size());
    return true;
  }

  /// The first of what is wanted arrive, all others go.
  void deliver() {
    here_.clear();
    for (std::size_t k = 0; k < wanted_.size() && k < room_; ++k) here_.insert(wanted_[k]);
    wanted_.clear();
    listed_.clear();
    ++deliveries_;
  }
  std::size_t wanted() const { return wanted_.size(); }
  int deliveries() const { return deliveries_; }

 private:
  CsrView a_;
  std::int64_t shift_;
  std::size_t room_;
  std::set<std::int64_t> here_;
  std::set<std::int64_t> listed_;
  std::vector<std::int64_t> wanted_;
  std::vector<std::int64_t> ids_;
  int deliveries_ = 0;
  int asked_ = 0;
};

/// Wider than double-double: residuals that were made in twice the working precision are held
/// against this. The target's long double where that has 113 bits.
#ifdef __SIZEOF_FLOAT128__
__extension__ using Quad = __float128;
#else
using Quad = long double;
#endif

/// f − Lᵀy, L the matrix of the lines, y the values of what a method has touched.
template <class Method>
Vector true_residual(const Method& method, const CsrView& lines, const Vector& f,
                     std::int64_t shift = 0) {
  std::vector<Quad> r(f.begin(), f.end());
  for (std::uint32_t k = 0; k < method.touched(); ++k) {
    const auto v = static_cast<std::int32_t>(method.vertex(k).id - shift);
    const Quad y = method.vertex(k).value;
    for (std::int32_t p = lines.indptr()[v]; p < lines.indptr()[v + 1]; ++p) {
      r[lines.indices()[p]] -= Quad(lines.data()[p]) * y;
    }
  }
  Vector rounded;
  for (const Quad v : r) rounded.push_back(static_cast<Real>(v));
  return rounded;
}

/// The values as a vector.
template <class Method>
Vector values_of(const Method& method, std::int32_t n, std::int64_t shift = 0) {
  Vector y(n, 0);
  for (std::uint32_t k = 0; k < method.touched(); ++k) {
    y[static_cast<std::size_t>(method.vertex(k).id - shift)] = method.vertex(k).value;
  }
  return y;
}

}  // namespace lacuna::test
