#include "lacuna/solver/plan.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/solve.hpp"

using namespace lacuna;
using test::Triplets;
using Kind = PreconditionerKind;

namespace {

Result<Plan> plan_for(const Triplets& t, const SolverOptions& options = {}) {
  const auto a = t.matrix();
  return make_plan(a.view(), measure_structure(a.view()).value(), options);
}

/// E.g. "cholesky ldlt lu bicgstab+ilut".
std::string ladder(const Triplets& t, const SolverOptions& options = {}) {
  const auto plan = plan_for(t, options);
  if (!plan.ok()) return std::string("refused: ") + status_name(plan.fault().status);
  std::string text;
  for (int k = 0; k < plan.value().count; ++k) {
    const Rung& rung = plan.value().rungs[k];
    if (k > 0) text += ' ';
    text += method_name(rung.method);
    if (is_iterative(rung.method))
      text += std::string("+") + preconditioner_name(rung.preconditioner);
  }
  return text;
}

void check_refused(const Triplets& t, const SolverOptions& options, Status status,
                   std::int64_t position, std::int64_t partner = -1) {
  const auto plan = plan_for(t, options);
  REQUIRE_FALSE(plan.ok());
  CHECK(std::string(status_name(plan.fault().status)) == status_name(status));
  CHECK(plan.fault().position == position);
  CHECK(plan.fault().partner == partner);
}

Triplets diagonal(std::vector<double> d) {
  Triplets t(static_cast<int>(d.size()), static_cast<int>(d.size()));
  for (int i = 0; i < t.rows; ++i) t.add(i, i, d[i]);
  return t;
}

/// Symmetric with an absent diagonal entry: [1 1; 1 .].
Triplets saddle() {
  Triplets t(2, 2);
  t.add(0, 0, 1);
  t.add_symmetric(0, 1, 1);
  return t;
}

}  // namespace

TEST_CASE("each structure has its ladder") {
  CHECK(ladder(test::grid(3, 3)) == "cholesky ldlt lu qr");
  CHECK(ladder(diagonal({1, -1})) == "ldlt lu qr");
  CHECK(ladder(saddle()) == "ldlt lu qr");
  CHECK(ladder(test::scattered(9, 2, 1)) == "lu bicgstab+ilut bicgstab+none qr");
  // Strict dominance: Jacobi is enough.
  CHECK(ladder(test::convection(1, 3, 2, 1)) == "lu bicgstab+jacobi qr");
  // No strict dominance, but no zero on the diagonal.
  CHECK(ladder(test::convection(4, 4, 2, 1)) == "lu bicgstab+ilut bicgstab+jacobi qr");
  CHECK(ladder(test::rectangular(5, 3, 1, 1)) == "qr");
  CHECK(ladder(test::rectangular(3, 5, 1, 1)) == "qr");
  // QR only where it is bearable.
  CHECK(ladder(diagonal(std::vector<double>(2000, 1))) == "cholesky ldlt lu qr");
  CHECK(ladder(diagonal(std::vector<double>(2001, 1))) == "cholesky ldlt lu");
}

TEST_CASE("a preconditioner without a method asks for a Krylov method") {
  const auto with = [](Kind kind) { return test::options(Method::automatic, kind); };
  CHECK(ladder(test::grid(3, 3), with(Kind::none)) == "cg+none bicgstab+none");
  CHECK(ladder(test::grid(3, 3), with(Kind::jacobi)) == "cg+jacobi bicgstab+jacobi");
  CHECK(ladder(test::grid(3, 3), with(Kind::ic)) == "cg+ic");
  CHECK(ladder(test::grid(3, 3), with(Kind::ilut)) == "bicgstab+ilut");
  CHECK(ladder(diagonal({1, -1}), with(Kind::jacobi)) == "bicgstab+jacobi");
  CHECK(ladder(test::scattered(9, 2, 1), with(Kind::none)) == "bicgstab+none");
  check_refused(diagonal({1, -1}), with(Kind::ic), Status::indefinite_matrix, 1);
  check_refused(test::rectangular(3, 5, 1, 1), with(Kind::jacobi), Status::not_square, -1);
}

TEST_CASE("a method that is named is the whole ladder") {
  for (const auto& [method, name] : {std::pair{Method::cholesky, "cholesky"},
                                     {Method::ldlt, "ldlt"},
                                     {Method::lu, "lu"},
                                     {Method::qr, "qr"},
                                     {Method::cg, "cg+ic cg+jacobi"}}) {
    CHECK(ladder(test::grid(3, 3), test::options(method)) == name);
  }
  CHECK(ladder(test::grid(3, 3), test::options(Method::cg, Kind::none)) == "cg+none");
  CHECK(ladder(test::scattered(9, 2, 1), test::options(Method::bicgstab)) ==
        "bicgstab+ilut bicgstab+none");
  CHECK(ladder(test::grid(3, 3), test::options(Method::bicgstab, Kind::ic)) == "bicgstab+ic");
  CHECK(ladder(test::rectangular(5, 3, 1, 1), test::options(Method::qr)) == "qr");
  CHECK(ladder(test::grid(3, 3), test::options(Method::lu, Kind::none)) == "lu");
}

TEST_CASE("a method that does not fit is refused at the place that tells why") {
  const auto unsymmetric = [] {
    auto t = test::grid(3, 3);
    t.add(5, 2, 0.5);
    return t;
  }();
  const auto negative = [] {
    auto t = test::grid(3, 3);
    t.add(4, 4, -4);
    return t;
  }();
  for (const Method method : {Method::cholesky, Method::cg}) {
    // (2, 5) is the first entry in row order that differs from its mirror image.
    check_refused(unsymmetric, test::options(method), Status::not_symmetric, 2, 5);
    check_refused(negative, test::options(method), Status::indefinite_matrix, 4);
    check_refused(saddle(), test::options(method), Status::indefinite_matrix, 1);
  }
  check_refused(unsymmetric, test::options(Method::ldlt), Status::not_symmetric, 2, 5);
  check_refused(unsymmetric, test::options(Method::bicgstab, Kind::ic), Status::not_symmetric, 2,
                5);
  CHECK(ladder(negative, test::options(Method::ldlt)) == "ldlt");
  CHECK(ladder(saddle(), test::options(Method::ldlt)) == "ldlt");
  for (const Method method :
       {Method::cholesky, Method::ldlt, Method::lu, Method::cg, Method::bicgstab}) {
    check_refused(test::rectangular(5, 3, 1, 1), test::options(method), Status::not_square, -1);
  }
}

TEST_CASE("an empty row or column makes every square method fail") {
  Triplets row(3, 3), col(3, 3);
  for (const int i : {0, 2}) {
    for (int j = 0; j < 3; ++j) {
      row.add(i, j, 1 + i + j);
      col.add(j, i, 1 + i + j);
    }
  }
  for (const Method method : {Method::automatic, Method::lu, Method::bicgstab, Method::cholesky}) {
    check_refused(row, test::options(method), Status::singular_matrix, 1);
    check_refused(col, test::options(method), Status::singular_matrix, 1);
  }
  CHECK(ladder(row, test::options(Method::qr)) == "qr");
}

TEST_CASE("combinations without a meaning are refused") {
  check_refused(test::grid(3, 3), test::options(Method::cg, Kind::ilut), Status::invalid_argument,
                -1);
  for (const Method method : {Method::cholesky, Method::ldlt, Method::lu, Method::qr}) {
    for (const Kind kind : {Kind::jacobi, Kind::ic, Kind::ilut}) {
      check_refused(test::grid(3, 3), test::options(method, kind), Status::invalid_argument, -1);
    }
  }
  for (const int method : {-1, 7}) {
    check_refused(test::grid(3, 3), test::options(static_cast<Method>(method)),
                  Status::invalid_argument, -1);
  }
}
