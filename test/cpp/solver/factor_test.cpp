#include "lacuna/solver/factor.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/factor.hpp"

using namespace lacuna;
using test::Dense;
using test::factor_by;
using test::factored;
using test::Random;
using test::Real;
using test::Triplets;
using Goal = Factor::Goal;
using Order = OrderingKind;

namespace {

std::string name(Status status) { return status_name(status); }

std::string method_of(const Factor& factor) { return method_name(factor.method()); }

/// ‖b − Ax‖∞/(‖A‖∞‖x‖∞ + ‖b‖∞) in extended precision.
Real backward(const Dense& a, const std::vector<double>& x, const std::vector<double>& b) {
  const auto r = test::minus(b, a.times(x));
  return test::largest(r) / (a.norm_inf() * test::largest(x) + test::largest(b));
}

const Order orders[] = {Order::automatic, Order::natural, Order::amd, Order::nested_dissection,
                        Order::rcm};

}  // namespace

TEST_CASE("factors solve what they are of, by every method and order, either way") {
  Random random(901);
  for (int sample = 0; sample < 12; ++sample) {
    const Triplets spd = test::mesh(random.between(1, 7), random.between(1, 7), sample);
    const Triplets general = test::scattered(random.between(1, 40), 3, sample);
    const Triplets indefinite = test::quasi_definite(random.between(1, 40), 3, sample);
    for (const auto& [t, method] :
         {std::pair(&spd, Method::cholesky), std::pair(&spd, Method::lu),
          std::pair(&general, Method::lu), std::pair(&indefinite, Method::ldlt)}) {
      const Dense dense(t->matrix().view());
      const auto b = random.vector(t->rows);
      for (const Order order : orders) {
        const auto factor = factored(t->matrix(), factor_by(method, order));
        CHECK(factor->method() == method);
        for (const bool transposed : {false, true}) {
          FactorSettings settings;
          settings.transposed = transposed;
          const auto answer = test::solve(factor, b, settings);
          REQUIRE(answer.status == Status::ok);
          const auto& report = answer.reports[0];
          const Real error = backward(transposed ? dense.transposed() : dense, answer.x, b);
          CHECK(error <= 1e-14L);
          CHECK(std::fabs(report.normwise_error - static_cast<double>(error)) <= 1e-18);
          CHECK(report.converged == 1);
          CHECK(report.reason == int(Reason::direct));
        }
      }
    }
  }
}

TEST_CASE("the report names the order that ran") {
  const auto ran = [](const Triplets& t, Method method, Order order,
                      std::span<const std::int32_t> permutation = {}) {
    auto factor = test::made(t.matrix(), factor_by(method, order), permutation);
    REQUIRE(test::run(*factor, Goal::analyze).ok());
    return std::string(ordering_name(static_cast<Order>(factor->report().ordering)));
  };
  const auto t = test::grid(20, 20, 1);
  Random random(902);
  const auto permutation = random.permutation(400);
  for (const Method method : {Method::cholesky, Method::lu}) {
    CHECK(ran(t, method, Order::natural) == "natural");
    CHECK(ran(t, method, Order::amd) == "amd");
    CHECK(ran(t, method, Order::rcm) == "rcm");
    CHECK(ran(t, method, Order::nested_dissection) == "nested-dissection");
    CHECK(ran(t, method, Order::given, permutation) == "given");
    CHECK(ran(t, method, Order::automatic) != "auto");
  }
  // A band in its own order needs no other.
  Triplets band(50, 50);
  for (int k = 0; k < 50; ++k) band.add(k, k, 4);
  for (int k = 1; k < 50; ++k) band.add_symmetric(k, k - 1, -1);
  CHECK(ran(band, Method::cholesky, Order::automatic) == "natural");
}

TEST_CASE("a given order is the one that is eliminated in") {
  // An arrow: from the tip on everything fills in, towards it nothing does.
  Triplets arrow(30, 30);
  for (int k = 0; k < 30; ++k) arrow.add(k, k, 40);
  for (int k = 1; k < 30; ++k) arrow.add_symmetric(k, 0, 1);
  std::vector<std::int32_t> forward(30), backward(30);
  for (int k = 0; k < 30; ++k) {
    forward[k] = k;
    backward[k] = 29 - k;
  }
  const auto entries = [&](Method method, const std::vector<std::int32_t>& order) {
    auto factor = test::made(arrow.matrix(), factor_by(method, Order::given), order);
    REQUIRE(test::run(*factor, Goal::factorize).ok());
    return factor->report().factor_nnz;
  };
  CHECK(entries(Method::cholesky, forward) == 30 * 31 / 2);
  CHECK(entries(Method::cholesky, backward) == 59);
  CHECK(entries(Method::lu, forward) == 30 * 30);
  CHECK(entries(Method::lu, backward) == 30 + 2 * 29);
}

TEST_CASE("what is no permutation is refused with its place") {
  const auto refused = [](std::vector<std::int32_t> order) {
    const auto t = test::grid(2, 2, 1);
    return Factor::create(t.matrix(), factor_by(Method::automatic, Order::given), order).fault();
  };
  CHECK(refused({0, 1, 2}).status == Status::shape_mismatch);
  const Fault twice = refused({0, 1, 1, 2});
  CHECK(name(twice.status) == "invalid-argument");
  CHECK(twice.position == 2);
  CHECK(refused({0, 1, 2, 4}).position == 3);
  CHECK(refused({-1, 1, 2, 3}).position == 0);
  CHECK(!Factor::create(test::grid(2, 2, 1).matrix(), factor_by(Method::cg)).ok());
}

TEST_CASE("the inertia is that of the matrix, before and after an update") {
  for (int n = 1; n <= 40; ++n) {
    const auto a = test::quasi_definite(n, 3, n).matrix();
    const auto factor = factored(a.copy().take(), factor_by(Method::ldlt));
    CHECK(factor->report().positive == (n + 1) / 2);
    CHECK(factor->report().negative == n / 2);
    CHECK(factor->report().zero == 0);
    std::vector<double> values(a.view().values().begin(), a.view().values().end());
    for (double& v : values) v = -v;
    REQUIRE(test::run(*factor, Goal::update, values).ok());
    CHECK(factor->report().positive == n / 2);
    CHECK(factor->report().negative == (n + 1) / 2);
    CHECK(factor->report().analyses == 1);
  }
  CHECK(factored(test::grid(3, 3, 1).matrix())->report().positive == 9);
}

TEST_CASE("the automatic method goes on where a pivot is refused") {
  Triplets hidden(6, 6);
  for (int i = 0; i < 6; ++i) hidden.add(i, i, 1);
  hidden.add_symmetric(0, 5, 2);
  hidden.add_symmetric(2, 3, 0.5);
  CHECK(method_of(*factored(test::grid(4, 4, 1).matrix())) == "cholesky");
  const auto factor = factored(hidden.matrix());
  CHECK(method_of(*factor) == "ldlt");
  CHECK(factor->report().rungs == 1);
  CHECK(method_of(*factored(test::scattered(20, 3, 1).matrix())) == "lu");
  CHECK(method_of(*factored(test::rectangular(20, 10, 2, 1).matrix())) == "qr");
}

TEST_CASE("figures are there before numbers, and hold") {
  for (const Method method : {Method::cholesky, Method::lu}) {
    auto factor = test::made(test::cube(9, 0.1).matrix(), factor_by(method));
    REQUIRE(test::run(*factor, Goal::analyze).ok());
    const FactorReport before = factor->report();
    CHECK(before.factorizations == 0);
    CHECK(!factor->ready());
    CHECK(test::solve(factor, std::vector<double>(729, 1)).status == Status::not_ready);
    CHECK(before.peak_bytes >= 8 * before.factor_nnz);
    CHECK(before.supernodes > 0);
    REQUIRE(test::run(*factor, Goal::factorize).ok());
    const FactorReport after = factor->report();
    CHECK(after.factor_nnz == before.factor_nnz);
    CHECK(after.analyses == 1);
    CHECK(after.factorizations == 1);
    if (method == Method::cholesky) CHECK(after.flops == before.flops);
  }
}

TEST_CASE("more than allowed is refused after the analysis, with the figures") {
  for (const Method method : {Method::cholesky, Method::ldlt, Method::lu}) {
    auto known = test::made(test::cube(8, 0.1).matrix(), factor_by(method));
    REQUIRE(test::run(*known, Goal::analyze).ok());
    const FactorReport figures = known->report();
    REQUIRE(figures.flops > 0);
    for (const bool flops : {false, true}) {
      FactorOptions options = factor_by(method);
      (flops ? options.max_flops : options.max_bytes) =
          0.99 * (flops ? figures.flops : figures.peak_bytes);
      auto factor = test::made(test::cube(8, 0.1).matrix(), options);
      CHECK(name(test::run(*factor, Goal::factorize).status) == "over-budget");
      CHECK(factor->report().flops == figures.flops);
      CHECK(factor->report().peak_bytes == figures.peak_bytes);
      CHECK(factor->report().factorizations == 0);
      CHECK(!factor->ready());
      (flops ? options.max_flops : options.max_bytes) = flops ? figures.flops : figures.peak_bytes;
      CHECK(test::run(*test::made(test::cube(8, 0.1).matrix(), options), Goal::factorize).ok());
    }
  }
  // By columns the flops are known only as they are done.
  FactorOptions options = factor_by(Method::lu);
  options.max_flops = 100;
  auto factor = test::made(test::scattered(300, 3, 4).matrix(), options);
  CHECK(name(test::run(*factor, Goal::factorize).status) == "over-budget");
  // So are the bytes; what is in force stays there.
  const auto a = test::scattered(300, 3, 4).matrix();
  const auto whole = test::factored(a.copy().take(), factor_by(Method::lu));
  const double peak = whole->report().peak_bytes;
  REQUIRE(peak > 0);
  options = factor_by(Method::lu);
  options.max_bytes = 0.95 * peak;
  factor = test::made(a.copy().take(), options);
  CHECK(name(test::run(*factor, Goal::factorize).status) == "over-budget");
  CHECK(factor->report().peak_bytes > options.max_bytes);
  CHECK(factor->report().peak_bytes <= peak);
  CHECK(!factor->ready());
  options.max_bytes = peak;
  CHECK(test::run(*test::made(a.copy().take(), options), Goal::factorize).ok());
}

TEST_CASE(
    "QR keeps no reflections where bytes are short, and is refused where they are too short") {
  const auto a = test::rectangular(300, 100, 4, 5).matrix();
  auto known = test::made(a.copy().take(), factor_by(Method::qr));
  REQUIRE(test::run(*known, Goal::analyze).ok());
  const FactorReport figures = known->report();
  REQUIRE(figures.peak_bytes > 8 * figures.factor_nnz);
  FactorOptions options = factor_by(Method::qr);
  options.max_bytes = 0.99 * figures.peak_bytes;
  auto less = test::made(a.copy().take(), options);
  REQUIRE(test::run(*less, Goal::factorize).ok());
  CHECK(less->report().peak_bytes <= options.max_bytes);
  CHECK(less->factorization().info().seminormal);
  options.max_bytes = 0.99 * less->report().peak_bytes;
  auto refused = test::made(a.copy().take(), options);
  CHECK(name(test::run(*refused, Goal::factorize).status) == "over-budget");
  CHECK(refused->report().peak_bytes == less->report().peak_bytes);
  options = factor_by(Method::qr);
  options.max_flops = 0.99 * figures.flops;
  refused = test::made(a.copy().take(), options);
  CHECK(name(test::run(*refused, Goal::factorize).status) == "over-budget");
}

TEST_CASE("structural singularity comes with rank and what is left over") {
  for (const Method method : {Method::automatic, Method::lu}) {
    // Rows 1, 2 and 4 share two columns.
    Triplets t(6, 6);
    for (const int i : {0, 3, 5}) t.add(i, i, 2);
    for (const int i : {1, 2, 4}) {
      t.add(i, 1, 1 + i);
      t.add(i, 2, 3 - i);
    }
    auto factor = test::made(t.matrix(), factor_by(method));
    CHECK(name(test::run(*factor, Goal::factorize).status) == "singular-matrix");
    const StructuralDeficiency& found = factor->failure().deficiency;
    CHECK(found.rank == 5);
    REQUIRE(found.rows.size() == 1);
    CHECK((found.rows[0] == 1 || found.rows[0] == 2 || found.rows[0] == 4));
    CHECK(found.cols[0] == 4);
  }
  // An empty row.
  Triplets t(3, 3);
  t.add(0, 0, 1);
  t.add(2, 2, 1);
  auto factor = test::made(t.matrix());
  CHECK(name(test::run(*factor, Goal::factorize).status) == "singular-matrix");
  CHECK(factor->failure().deficiency.rank == 2);
  CHECK(factor->failure().deficiency.rows[0] == 1);
}

TEST_CASE("numerical failures name the column and what stood there") {
  Triplets singular(3, 3);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) singular.add(i, j, 1);
  }
  auto lu = test::made(singular.matrix(), factor_by(Method::lu));
  CHECK(name(test::run(*lu, Goal::factorize).status) == "singular-matrix");
  CHECK(lu->failure().value == 0);
  CHECK(lu->failure().fault.position >= 0);
  CHECK(lu->failure().deficiency.rank == -1);

  // The Schur complement of column 0 is 1 − 3² = −8.
  Triplets indefinite(2, 2);
  indefinite.add(0, 0, 1);
  indefinite.add(1, 1, 1);
  indefinite.add_symmetric(0, 1, 3);
  auto cholesky = test::made(indefinite.matrix(), factor_by(Method::cholesky, Order::natural));
  CHECK(name(test::run(*cholesky, Goal::factorize).status) == "indefinite-matrix");
  CHECK(cholesky->failure().fault.position == 1);
  CHECK(cholesky->failure().value == -8);

  Triplets negative(2, 2);
  negative.add(0, 0, 1);
  negative.add(1, 1, -5);
  auto diagonal = test::made(negative.matrix(), factor_by(Method::cholesky));
  CHECK(name(test::run(*diagonal, Goal::factorize).status) == "indefinite-matrix");
  CHECK(diagonal->failure().value == -5);

  Triplets lopsided(3, 3);
  for (int i = 0; i < 3; ++i) lopsided.add(i, i, 9);
  lopsided.add(0, 2, 4);
  lopsided.add(2, 0, 5);
  auto other = test::made(lopsided.matrix(), factor_by(Method::cholesky));
  CHECK(name(test::run(*other, Goal::factorize).status) == "not-symmetric");
  CHECK(other->failure().fault.position == 0);
  CHECK(other->failure().fault.partner == 2);
  CHECK(other->failure().value == 4);
  CHECK(other->failure().mirror == 5);
}

TEST_CASE("pivots in the middle of wide panels are named with their value") {
  Random random(903);
  for (int sample = 0; sample < 30; ++sample) {
    const int n = random.between(2, 90);
    const int bad = random.between(0, n - 1);
    // L·D·Lᵀ with one negative d, in the natural order: the pivot is d.
    Dense l(n, n);
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < i; ++j) l(i, j) = random.between(-1, 1) * 0.125L;
      l(i, i) = 1;
    }
    Dense d(n, n);
    for (int i = 0; i < n; ++i) d(i, i) = i == bad ? -3 : random.between(1, 4);
    const Dense a = l.times(d).times(l.transposed());
    Triplets t(n, n);
    bool diagonal = true;
    for (int i = 0; i < n; ++i) {
      diagonal = diagonal && a(i, i) > 0;
      for (int j = 0; j < n; ++j) t.add(i, j, static_cast<double>(a(i, j)));
    }
    if (!diagonal) continue;
    auto factor = test::made(t.matrix(), factor_by(Method::cholesky, Order::natural));
    CHECK(name(test::run(*factor, Goal::factorize).status) == "indefinite-matrix");
    CHECK(factor->failure().fault.position == bad);
    CHECK(std::fabs(factor->failure().value + 3) <= 1e-9);
  }
}

TEST_CASE("an update does nothing symbolic, and equals a factor of its own") {
  Random random(904);
  for (const Method method : {Method::cholesky, Method::lu}) {
    const Triplets t = test::mesh(9, 8, 4);
    const auto a = t.matrix();
    const auto b = random.vector(72);
    const auto factor = factored(a.copy().take(), factor_by(method));
    std::vector<double> values(a.view().values().begin(), a.view().values().end());
    for (int round = 1; round <= 3; ++round) {
      for (double& v : values) v *= 1.5;
      REQUIRE(test::run(*factor, Goal::update, values).ok());
      CHECK(factor->report().analyses == 1);
      CHECK(factor->report().factorizations == 1 + round);
      auto fresh = a.copy().take();
      REQUIRE(fresh.set_values(values).ok());
      const auto own = factored(std::move(fresh), factor_by(method));
      CHECK(test::solve(factor, b).x == test::solve(own, b).x);
    }
  }
}

TEST_CASE("an update that fails or is given up leaves the factor as it was") {
  Random random(905);
  for (const Method method : {Method::cholesky, Method::lu}) {
    const auto a = test::cube(10, 0.5).matrix();
    const auto b = random.vector(1000);
    const auto factor = factored(a.copy().take(), factor_by(method));
    FactorSettings settings;
    settings.transposed = true;
    const auto before = test::solve(factor, b, settings).x;
    const double symbolic = factor->report().analyses;
    std::vector<double> values(a.view().values().begin(), a.view().values().end());

    for (double& v : values) v = -v;
    const Status failed = test::run(*factor, Goal::update, values).status;
    CHECK(name(failed) == (method == Method::cholesky ? "indefinite-matrix" : "ok"));
    for (double& v : values) v = -v;
    if (method == Method::lu) REQUIRE(test::run(*factor, Goal::update, values).ok());
    CHECK(test::solve(factor, b, settings).x == before);

    std::vector<double> zeros(values.size(), 0.0);
    CHECK(!test::run(*factor, Goal::update, zeros).ok());
    CHECK(test::solve(factor, b, settings).x == before);

    for (double& v : values) v *= 3;
    for (int steps = 0; steps < 5; ++steps) {
      REQUIRE(factor->begin(Goal::update, values).ok());
      CHECK(factor->begin(Goal::update, values).status == Status::busy);
      CHECK(test::solve(factor, b).status == Status::busy);
      for (int k = 0; k < steps; ++k) {
        Budget budget(1e4);
        REQUIRE(factor->step(budget) == TaskState::running);
      }
      factor->cancel();
      CHECK(factor->ready());
      CHECK(test::solve(factor, b, settings).x == before);
    }
    CHECK(factor->report().analyses == symbolic);

    values[5] = std::numeric_limits<double>::quiet_NaN();
    CHECK(factor->begin(Goal::update, values).position == 5);
    values.pop_back();
    CHECK(factor->begin(Goal::update, values).status == Status::shape_mismatch);
    CHECK(test::solve(factor, b, settings).x == before);
  }
}

TEST_CASE("slices change no bit, and their progress never falls") {
  Random random(906);
  for (const Method method : {Method::cholesky, Method::lu}) {
    const auto a = test::cube(7, 0.2).matrix();
    const auto b = random.vector(343 * 3);
    const auto whole = factored(a.copy().take(), factor_by(method));
    auto factor = test::made(a.copy().take(), factor_by(method));
    REQUIRE(factor->begin(Goal::factorize).ok());
    double shown = 0;
    int steps = 0;
    for (TaskState state = TaskState::running; state == TaskState::running; ++steps) {
      Budget budget(3e4);
      state = factor->step(budget);
      CHECK(factor->progress() >= shown);
      shown = factor->progress();
    }
    CHECK(steps > 2);
    CHECK(shown == 1);
    CHECK(test::solve(factor, b, {}, 3, 1e4).x == test::solve(whole, b, {}, 3).x);
  }
}

TEST_CASE("a first factorization that is given up can be begun again") {
  auto factor = test::made(test::cube(6, 0.5).matrix());
  for (const double work : {1.0, 1e3, 1e5}) {
    REQUIRE(factor->begin(Goal::factorize).ok());
    Budget budget(work);
    factor->step(budget);
    factor->cancel();
    CHECK(!factor->ready());
  }
  REQUIRE(test::run(*factor, Goal::factorize).ok());
  CHECK(test::solve(factor, std::vector<double>(216, 1)).reports[0].converged == 1);
}
