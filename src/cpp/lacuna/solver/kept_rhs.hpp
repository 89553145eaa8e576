#pragma once
#include <memory>
#include <span>

#include "lacuna/local/rhs.hpp"

namespace lacuna {

/// A right-hand side that is kept between queries of one solver: its norms, taken once, and the
/// full solution, once one was computed because that was cheaper.
class KeptRhs {
 public:
  explicit KeptRhs(LocalRhs&& rhs) : rhs_(std::move(rhs)), number_(++made_) {}

  LocalRhs& local() { return rhs_; }
  const LocalRhs& local() const { return rhs_; }
  /// Another one for each right-hand side of the module.
  std::uint64_t number() const { return number_; }

  /// b as n values, for a full solve. A sparse one is spread out at the first call. Null data where
  /// values come on demand; `out_of_memory`.
  Result<std::span<const double>> values(std::int64_t n);

  /// The full solution for values of A that are numbered `version`; empty where there is none.
  std::span<const double> solution(std::uint64_t version) const {
    return version == version_ ? x_.span() : std::span<const double>{};
  }
  /// ‖b − Ax‖∞ of that solution, raised by its rounding.
  double residual() const { return residual_; }
  /// Keeps a solution; the memory is taken over.
  void keep(Buffer<double>&& x, double residual, std::uint64_t version) {
    x_ = std::move(x);
    residual_ = residual;
    version_ = version;
  }

 private:
  static inline std::uint64_t made_ = 0;

  LocalRhs rhs_;
  std::uint64_t number_;
  Buffer<double> spread_;
  Buffer<double> x_;
  double residual_ = 0;
  std::uint64_t version_ = 0;
};

}  // namespace lacuna
