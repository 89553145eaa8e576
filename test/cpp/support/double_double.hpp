#pragma once
#include <cmath>
#include <vector>

#include "lacuna/sparse/csr.hpp"

/// References in about 32 digits, for bounds that lie near rounding.
namespace lacuna::test {

/// An unevaluated sum hi + lo (Dekker, 1971).
struct DoubleDouble {
  double hi = 0;
  double lo = 0;

  DoubleDouble() = default;
  DoubleDouble(double value) : hi(value) {}
  DoubleDouble(double high, double low) {
    hi = high + low;
    lo = low - (hi - high);
  }

  static DoubleDouble sum(double a, double b) {
    const double s = a + b;
    const double z = s - a;
    DoubleDouble r;
    r.hi = s;
    r.lo = (a - (s - z)) + (b - z);
    return r;
  }
  static DoubleDouble product(double a, double b) {
    constexpr double splitter = 134217729;
    const double p = a * b;
    const double as = splitter * a, bs = splitter * b;
    const double ah = as - (as - a), bh = bs - (bs - b);
    const double al = a - ah, bl = b - bh;
    DoubleDouble r;
    r.hi = p;
    r.lo = ((ah * bh - p) + ah * bl + al * bh) + al * bl;
    return r;
  }

  DoubleDouble operator-() const { return {-hi, -lo}; }
  DoubleDouble operator+(const DoubleDouble& b) const {
    const DoubleDouble s = sum(hi, b.hi);
    return {s.hi, s.lo + (lo + b.lo)};
  }
  DoubleDouble operator-(const DoubleDouble& b) const { return *this + -b; }
  DoubleDouble operator*(double b) const {
    const DoubleDouble p = product(hi, b);
    return {p.hi, p.lo + lo * b};
  }
  double distance(double value) const { return std::fabs((*this - DoubleDouble(value)).hi); }
};

/// Dense LU with partial pivoting of a small sparse matrix, and solutions refined with residuals in
/// double-double until they no longer change.
class Reference {
 public:
  explicit Reference(const CsrView& a) : a_(a), n_(a.rows()), lu_(std::size_t(n_) * n_), p_(n_) {
    for (int i = 0; i < n_; ++i) {
      p_[i] = i;
      for (int k = a.indptr()[i]; k < a.indptr()[i + 1]; ++k) at(i, a.indices()[k]) = a.data()[k];
    }
    for (int k = 0; k < n_; ++k) {
      int best = k;
      for (int i = k + 1; i < n_; ++i) {
        if (std::fabs(at(i, k)) > std::fabs(at(best, k))) best = i;
      }
      for (int j = 0; best != k && j < n_; ++j) std::swap(at(k, j), at(best, j));
      std::swap(p_[k], p_[best]);
      for (int i = k + 1; i < n_; ++i) {
        if (at(i, k) == 0) continue;
        const double f = at(i, k) /= at(k, k);
        for (int j = k + 1; j < n_; ++j) at(i, j) -= f * at(k, j);
      }
    }
  }

  std::vector<DoubleDouble> solve(const std::vector<double>& b) const {
    std::vector<DoubleDouble> x(n_), r(b.begin(), b.end());
    for (int step = 0; step < 4; ++step) {
      std::vector<double> d(n_);
      for (int i = 0; i < n_; ++i) d[i] = r[p_[i]].hi;
      for (int i = 0; i < n_; ++i) {
        for (int j = 0; j < i; ++j) d[i] -= at(i, j) * d[j];
      }
      for (int i = n_ - 1; i >= 0; --i) {
        for (int j = i + 1; j < n_; ++j) d[i] -= at(i, j) * d[j];
        d[i] /= at(i, i);
      }
      for (int i = 0; i < n_; ++i) {
        x[i] = x[i] + DoubleDouble(d[i]);
        r[i] = b[i];
      }
      for (int i = 0; i < n_; ++i) {
        for (int k = a_.indptr()[i]; k < a_.indptr()[i + 1]; ++k) {
          r[i] = r[i] - x[a_.indices()[k]] * a_.data()[k];
        }
      }
    }
    return x;
  }

 private:
  double& at(int i, int j) { return lu_[std::size_t(i) * n_ + j]; }
  double at(int i, int j) const { return lu_[std::size_t(i) * n_ + j]; }

  CsrView a_;
  int n_;
  std::vector<double> lu_;
  std::vector<int> p_;
};

}  // namespace lacuna::test
