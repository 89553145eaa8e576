#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"

namespace lacuna::graph_detail {

constexpr double unit_roundoff = 0x1p-53;
/// More than what an underflow takes from a product or a quotient.
constexpr double underflow = 0x1p-1070;

/// Room for `wanted` elements, the first `used` of which are kept. Doubles.
template <class T>
Status extend(Buffer<T>& buffer, std::size_t used, std::size_t wanted) {
  if (wanted <= buffer.size()) return Status::ok;
  Buffer<T> wider;
  const std::size_t size = std::max({wanted, 2 * buffer.size(), std::size_t{64}});
  if (wider.allocate(size) != Status::ok) return Status::out_of_memory;
  if (used > 0) std::memcpy(wider.data(), buffer.data(), used * sizeof(T));
  buffer = std::move(wider);
  return Status::ok;
}

/// The bits of a double.
inline std::uint64_t bits_of(double value) {
  std::uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// Error of the sum s = a + b (Knuth's TwoSum).
inline double sum_error(double a, double b, double s) {
  const double t = s - a;
  return (a - (s - t)) + (b - t);
}

/// Compensated sum (Ogita, Rump & Oishi's Sum2). For terms of one sign and fewer than 2²⁶ of them
/// the relative error is below 2u, u = 2⁻⁵³.
class Sum {
 public:
  void add(double term) {
    const double next = high_ + term;
    low_ += sum_error(high_, term, next);
    high_ = next;
  }
  double value() const { return high_ + low_; }

 private:
  double high_ = 0;
  double low_ = 0;
};

/// A pass over 0 … count − 1 in bounded pieces.
class Pass {
 public:
  /// Calls body(begin, end) piece by piece; true once the end is reached, and the pass is then
  /// ready for the next. `cost`: flops an element.
  template <class Body>
  bool run(std::size_t count, double cost, Budget& budget, Body&& body) {
    while (at_ < count) {
      if (budget.exhausted()) return false;
      const std::size_t end = std::min(count, at_ + piece);
      body(at_, end);
      budget.spend(cost * static_cast<double>(end - at_));
      at_ = end;
    }
    at_ = 0;
    return true;
  }
  void restart() { at_ = 0; }

 private:
  static constexpr std::size_t piece = 8192;
  std::size_t at_ = 0;
};

}  // namespace lacuna::graph_detail
