#pragma once
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "lacuna/direct/inner_gmres.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/factor.hpp"
#include "support/failing_memory.hpp"

/// What factors in single precision of every method are tested by.
namespace lacuna::test {

inline FactorOptions mixed(Method method) {
  FactorOptions options;
  options.method = method;
  options.precision = Precision::mixed;
  return options;
}

/// A full matrix with singular values from 1 down to 1/κ, evenly on a logarithmic scale: a diagonal
/// between reflections, other ones on either side unless it is to be symmetric, with signs that
/// alternate then. Entries are rounded.
inline Triplets of_condition(std::int32_t n, double kappa, bool symmetric, Random& random) {
  Dense a(n, n);
  for (int i = 0; i < n; ++i) {
    a(i, i) = std::pow(Real(kappa), -Real(i) / std::max(1, n - 1));
    if (symmetric && i % 2 == 1) a(i, i) = -a(i, i);
  }
  for (int k = 0; k < 3; ++k) {
    auto v = random.vector(n);
    for (const bool rows : {false, true}) {
      if (rows && !symmetric) v = random.vector(n);
      Real square = 0;
      for (const double x : v) square += Real(x) * x;
      for (int j = 0; j < n; ++j) {
        Real sum = 0;
        for (int i = 0; i < n; ++i) sum += v[i] * (rows ? a(j, i) : a(i, j));
        for (int i = 0; i < n; ++i) (rows ? a(j, i) : a(i, j)) -= v[i] * sum * 2 / square;
      }
    }
  }
  Triplets t(n, n);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < (symmetric ? i : n); ++j) {
      const auto v = static_cast<double>(a(i, j));
      symmetric ? t.add_symmetric(i, j, v) : t.add(i, j, v);
    }
    if (symmetric) t.add(i, i, static_cast<double>(a(i, i)));
  }
  return t;
}

/// Normwise backward errors, from products in extended precision, and the certificates of the same.
inline void check_answers(const Triplets& t, const FactorAnswer& answer,
                          const std::vector<double>& b, bool componentwise,
                          bool transposed = false) {
  REQUIRE(answer.status == Status::ok);
  const Dense whole(t.matrix().view());
  const Dense a = transposed ? whole.transposed() : whole;
  const std::size_t n = a.rows;
  for (std::size_t c = 0; c < answer.reports.size(); ++c) {
    const std::vector<double> x(answer.x.begin() + c * n, answer.x.begin() + (c + 1) * n);
    const std::vector<double> rhs(b.begin() + c * n, b.begin() + (c + 1) * n);
    INFO(c << " of " << n << ", " << answer.reports[c].componentwise_error << ", "
           << answer.reports[c].corrections);
    const Real residual = largest(minus(rhs, a.times(x)));
    CHECK(residual <= 1e-14L * (a.norm_inf() * largest(x) + largest(rhs)));
    CHECK(answer.reports[c].normwise_error <= 1e-14);
    if (componentwise) CHECK(answer.reports[c].componentwise_error <= 1e-14);
  }
}

/// Rows and columns by the same factors where the matrix is to stay symmetric.
inline void scale_at_random(Triplets& t, Random& random, bool symmetric = true) {
  std::vector<double> s(t.rows), other(t.cols);
  for (double& v : s) v = std::ldexp(1 + random.unit(), random.between(-90, 90));
  if (!symmetric) {
    for (double& v : other) v = std::ldexp(1 + random.unit(), random.between(-90, 90));
  }
  const std::vector<double>& right = symmetric ? s : other;
  for (std::size_t e = 0; e < t.v.size(); ++e) t.v[e] *= s[t.i[e]] * right[t.j[e]];
}

/// Together and alone, in whole and in slices: the same bits, counts and flops.
inline void check_together(const Triplets& t, const std::shared_ptr<Factor>& factor,
                           bool transposed, Random& random) {
  const std::int32_t columns = random.between(1, 20);
  const std::size_t n = t.rows;
  const auto b = random.vector(n * columns);
  FactorSettings settings;
  settings.transposed = transposed;
  const auto together = solve(factor, b, settings, columns, random.chance(0.5) ? 1 : 1e18);
  check_answers(t, together, b, true, transposed);
  const std::int32_t c = random.below(columns);
  const auto alone = solve(factor, {b.begin() + c * n, b.begin() + (c + 1) * n}, settings, 1,
                           random.chance(0.5) ? 1 : 1e18);
  CHECK(std::memcmp(alone.x.data(), together.x.data() + c * n, n * sizeof(double)) == 0);
  CHECK(alone.reports[0].corrections == together.reports[c].corrections);
  CHECK(alone.reports[0].flops == together.reports[c].flops);
}

/// Answers at conditions from 1 to 1e15, of `make(κ)`: below 10^`easy` from single factors, some of
/// them by GMRES, beyond what these can do from double ones. LU also with the transpose.
template <class Make>
void check_any_condition(Method method, int samples, double easy, Random& random, Make make) {
  int single = 0, fallen = 0, iterated = 0;
  for (int k = 0; k < samples; ++k) {
    const double digits = 15 * random.unit();
    const Triplets t = make(std::pow(10, digits));
    const auto factor = factored(t.matrix(), mixed(method));
    const FactorReport report = factor->report();
    CHECK((report.single == 1) == (report.fallback == 0));
    CHECK(report.fallback != int(Fallback::method));
    CHECK(report.fallback != int(Fallback::columns));
    if (method == Method::lu) CHECK(report.condition > 1);
    if (digits < easy) CHECK(report.single == 1);
    const std::int32_t columns = random.between(1, 3);
    const auto b = random.vector(t.rows * std::size_t(columns));
    FactorSettings settings;
    settings.transposed = method == Method::lu && random.chance(0.5);
    const auto answer = solve(factor, b, settings, columns);
    check_answers(t, answer, b, true, settings.transposed);
    settings.refinement = 0;
    check_answers(t, solve(factor, b, settings, columns), b, false, settings.transposed);
    for (const FactorSolveReport& solved : answer.reports) {
      CHECK((solved.corrections >= 0) == (report.single == 1));
      iterated += solved.iterations > 0;
    }
    (report.single == 1 ? single : fallen) += 1;
  }
  CHECK(single >= samples / 5);
  CHECK(fallen >= samples / 5);
  CHECK(iterated > 0);
}

using FactoredOnce = std::pair<FactorReport, FactorSolveReport>;

/// Reports of a factor and of a solve that is not refined any further.
inline FactoredOnce factored_once(const Triplets& t, Method method, Random& random) {
  const auto factor = factored(t.matrix(), mixed(method));
  FactorSettings raw;
  raw.refinement = 0;
  return {factor->report(), solve(factor, random.vector(t.rows), raw).reports[0]};
}

/// Corrections alone at 1e2, GMRES at 1e7, double factors at 1e12 and 1e14.
inline void check_refinement(const FactoredOnce& easy, const FactoredOnce& hard,
                             const std::vector<FactoredOnce>& hopeless) {
  CHECK(easy.first.single == 1);
  CHECK(easy.second.iterations == 0);
  CHECK((easy.second.corrections >= 1 && easy.second.corrections <= 5));
  CHECK(hard.first.single == 1);
  CHECK((hard.first.condition > 1e6 && hard.first.condition < 1e9));
  CHECK((hard.second.iterations > 0 && hard.second.iterations <= 3 * InnerGmres::most));
  for (const auto& [broken, direct] : hopeless) {
    CHECK(broken.single == 0);
    CHECK((broken.fallback == int(Fallback::breakdown) ||
           broken.fallback == int(Fallback::ill_conditioned)));
    CHECK(direct.corrections == -1);
    CHECK(direct.iterations == -1);
  }
}

/// Single factors fit into `share` of the bytes of double ones, to which a matrix that is too hard
/// cannot fall back then. Reports of double and single factors of `t`.
inline std::pair<FactorReport, FactorReport> check_bytes(const Triplets& t, const Triplets& hard,
                                                         Method method, double share) {
  const FactorReport full = factored(t.matrix(), factor_by(method))->report();
  FactorOptions options = mixed(method);
  options.max_bytes = share * full.peak_bytes;
  const FactorReport half = factored(t.matrix(), options)->report();
  CHECK(half.single == 1);
  CHECK(half.peak_bytes < options.max_bytes);
  const auto fallen = factored(hard.matrix(), mixed(method));
  CHECK(fallen->report().fallback != 0);
  options.max_bytes = share * fallen->report().peak_bytes;
  const auto refused = made(hard.matrix(), options);
  CHECK(run(*refused, Factor::Goal::factorize).status == Status::over_budget);
  CHECK_FALSE(refused->ready());
  return {full, half};
}

#ifdef LACUNA_WRAPPED_MALLOC
/// Allocation after allocation fails, of a set-up, of an update and of a solve.
inline void check_short_memory(const Triplets& t, Method method, bool transposed, Random& random) {
  const auto csr = t.matrix();
  const auto b = random.vector(t.rows * std::size_t(2));
  FactorSettings settings;
  settings.transposed = transposed;
  for (long k = 1; k < 160; ++k) {
    const auto factor = made(t.matrix(), mixed(method));
    Fault fault;
    bool struck;
    {
      FailingMemory memory(k, false);
      fault = run(*factor, Factor::Goal::factorize);
      struck = memory.struck();
    }
    CHECK((fault.ok() || (struck && fault.status == Status::out_of_memory)));
    if (!fault.ok()) REQUIRE(run(*factor, Factor::Goal::factorize).ok());
    const auto answer = solve(factor, b, settings, 2);
    {
      FailingMemory memory(k, true);
      fault = run(*factor, Factor::Goal::update, csr.view().values());
    }
    if (!fault.ok()) CHECK(fault.status == Status::out_of_memory);
    if (!factor->ready()) continue;
    std::vector<double> x(b.size());
    Status status;
    {
      FailingMemory memory(k, true);
      auto task = FactorSolve::create(factor, b, x, 2, settings);
      status = task.fault().status;
      Budget unlimited;
      if (task.ok() && task.value()->step(unlimited) == TaskState::failed) {
        status = task.value()->fault().status;
      }
    }
    // Some in double precision give up their earlier factors where there is no room for two.
    const bool lost = status == Status::not_ready && factor->report().single == 0;
    CHECK((lost || status == Status::out_of_memory || (status == Status::ok && x == answer.x)));
  }
}
#endif

}  // namespace lacuna::test
