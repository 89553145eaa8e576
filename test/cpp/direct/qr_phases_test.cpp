// QR as a task: what it tells before, slices, several right-hand sides, refusals, short memory.
#include <algorithm>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "support/failing_memory.hpp"
#include "support/qr.hpp"

using namespace lacuna;
using test::check_pseudoinverse;
using test::Dense;
using test::factor;
using test::Random;
using test::Triplets;

TEST_CASE("what is counted before the numbers is what comes out") {
  for (int k = 0; k < 20; ++k) {
    // Dense enough for BᵀB to tell all of R.
    const auto a = test::rectangular(60 + k, 40, 6, k).matrix();
    QrFactorization f;
    REQUIRE(f.analyze(a.view()).ok());
    const FactorInfo before = f.info();
    REQUIRE(f.factorize(a.view()).ok());
    CHECK(before.rank == -1);
    CHECK(before.flops == f.info().flops);
    CHECK(before.nnz <= f.info().nnz);  // amalgamation stores zeros
    CHECK(f.info().nnz <= 1.6 * before.nnz);
  }
}

TEST_CASE("slices give the bits of one piece, and several right-hand sides those of each") {
  Random random(181);
  Triplets smoothing = test::grid(30, 30);
  smoothing.rows *= 2;
  for (int k = 0; k < 900; ++k) smoothing.add(900 + k, k, 0.1);
  Triplets wide = smoothing;
  std::swap(wide.i, wide.j);
  std::swap(wide.rows, wide.cols);
  for (const Triplets& t :
       {smoothing, wide, test::with_copies(test::rectangular(300, 150, 3, 3), 1),
        test::scattered(200, 3, 4)}) {
    for (const QrStorage storage : {QrStorage::reflections, QrStorage::seminormal}) {
      QrOptions options;
      options.storage = storage;
      const auto a = t.matrix();
      QrFactorization whole(options), sliced(options);
      factor(whole, a);
      int steps = 0;
      const auto finish = [&](Fault begun, auto& task) {
        REQUIRE(begun.ok());
        for (;;) {
          Budget budget(1);
          const TaskState state = task.step(budget);
          ++steps;
          if (state == TaskState::running) continue;
          CHECK(state == TaskState::done);
          return;
        }
      };
      finish(sliced.begin_analyze(a.view()), sliced);
      finish(sliced.begin_factorize(a.view()), sliced);
      for (const bool transposed : {false, true}) {
        const std::size_t m = transposed ? t.cols : t.rows, n = transposed ? t.rows : t.cols;
        const auto b = random.vector(3 * m);
        std::vector<double> x(3 * n, 1e99);
        const auto task = sliced.substitution();
        finish(task->begin(b, x, 3, transposed), *task);
        for (std::size_t k = 0; k < 3; ++k) {
          const std::vector<double> one(b.begin() + k * m, b.begin() + (k + 1) * m);
          const std::vector<double> of_x(x.begin() + k * n, x.begin() + (k + 1) * n);
          CHECK(of_x == test::solve(whole, one, n, transposed));
        }
      }
      CHECK(steps > 8);
    }
  }
}

TEST_CASE("QR refuses another pattern, and keeps its factors") {
  Random random(182);
  const auto a = test::rectangular(20, 10, 2, 1).matrix();
  const auto b = random.vector(20);
  QrFactorization f;
  CHECK(f.factorize(a.view()).status == Status::not_ready);
  std::vector<double> x(10);
  CHECK(f.solve(b, x, false) == Status::not_ready);
  CHECK(f.substitution() == nullptr);
  factor(f, a);
  const auto expected = test::solve(f, b, 10);
  const auto other = test::rectangular(20, 11, 2, 1).matrix();
  CHECK(f.factorize(other.view()).status == Status::shape_mismatch);
  CHECK(test::solve(f, b, 10) == expected);
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("QR: short memory is a status, the earlier factors stay") {
  Random random(183);
  const Triplets t = test::with_copies(test::rectangular(40, 12, 3, 7), 1);
  Triplets other = t;
  for (double& v : other.v) v *= 1 + random.unit();
  const auto a = t.matrix(), b = other.matrix();
  const auto rhs = random.vector(40);
  for (const QrStorage storage : {QrStorage::reflections, QrStorage::automatic}) {
    QrOptions options;
    options.storage = storage;
    QrFactorization f(options);
    factor(f, a);
    const auto expected = test::solve(f, rhs, 24);
    int failures = 0;
    for (const bool lasting : {false, true}) {
      for (long first = 1;; ++first) {
        bool struck = false;
        Status status = Status::ok;
        {
          test::FailingMemory memory(first, lasting);
          status = f.analyze(b.view()).status;
          if (status == Status::ok) status = f.factorize(b.view()).status;
          struck = memory.struck();
        }
        if (status == Status::out_of_memory) {
          ++failures;
          REQUIRE(test::solve(f, rhs, 24) == expected);
        } else {
          REQUIRE(status == Status::ok);
          factor(f, a);
          if (!f.seminormal()) REQUIRE(test::solve(f, rhs, 24) == expected);
        }
        if (!struck) break;
      }
    }
    CHECK(failures > 20);
    // Solving takes memory, too.
    for (long first = 1;; ++first) {
      std::vector<double> x(24, 0);
      Status status = Status::ok;
      bool struck = false;
      {
        test::FailingMemory memory(first, false);
        status = f.solve(rhs, x, false);
        struck = memory.struck();
      }
      REQUIRE(status == (struck ? Status::out_of_memory : Status::ok));
      if (!struck) break;
    }
    CHECK(test::solve(f, rhs, 24) == expected);
  }
}
#endif

TEST_CASE("reflections beyond the bytes allowed are not kept") {
  Random random(184);
  const auto a = test::rectangular(60, 30, 3, 8).matrix();
  QrOptions options;
  options.most_bytes = 1000;
  QrFactorization f(options);
  factor(f, a);
  CHECK(f.seminormal());
  CHECK(f.info().seminormal);
  const auto b = random.vector(60);
  check_pseudoinverse(Dense(a.view()), b, test::solve(f, b, 30));
}

TEST_CASE("QR solves many right-hand sides with the bits that each has alone") {
  Random random(591);
  for (int t = 0; t < 18; ++t) {
    const std::int32_t n = random.between(1, 40);
    const Triplets shape = t % 3 == 0   ? test::rectangular(n + random.below(30), n, 3, t)
                           : t % 3 == 1 ? test::rectangular(n, n + random.below(30), 3, t)
                                        : test::arbitrary(n + 3, n, 0.1, t);
    const CsrMatrix a = shape.matrix();
    QrOptions options;
    if (t % 2) options.storage = QrStorage::seminormal;
    QrFactorization qr(options);
    test::factor(qr, a);
    const auto substitution = qr.substitution();
    for (const bool transposed : {false, true}) {
      const std::size_t from = transposed ? a.view().cols() : a.view().rows();
      const std::size_t to = transposed ? a.view().rows() : a.view().cols();
      // More than go together, then fewer: what was allocated is used again.
      for (const std::int32_t k : {2 * QrSolve::together + 3, QrSolve::together, 1, 3}) {
        const auto b = random.vector(static_cast<std::int32_t>(from) * k);
        std::vector<double> x(to * k, 1e99), one(to);
        REQUIRE(substitution->begin(b, x, k, transposed) == Status::ok);
        for (TaskState state = TaskState::running; state == TaskState::running;) {
          Budget budget(k % 2 ? 1 : 1e9);
          state = substitution->step(budget);
        }
        for (std::int32_t r = 0; r < k; ++r) {
          REQUIRE(qr.solve(std::span(b).subspan(r * from, from), one, transposed) == Status::ok);
          CHECK(std::equal(one.begin(), one.end(), x.begin() + std::ptrdiff_t(r * to)));
        }
      }
    }
  }
}

#if defined(LACUNA_WRAPPED_MALLOC) && defined(__GLIBC__)
TEST_CASE("the bytes that QR tells before the numbers are those that it comes to take") {
  const auto in_use = [] {
    const auto info = mallinfo2();
    return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
  };
  if (in_use() == 0) {
    WARN("skipped: the allocator of a sanitizer does not tell what is in use");
    return;
  }
  for (int t = 0; t < 8; ++t) {
    const Triplets shape = t % 4 == 0   ? test::convection(40, 30, 5, t)
                           : t % 4 == 1 ? test::rectangular(3000, 400, 3, t)
                           : t % 4 == 2 ? test::rectangular(400, 3000, 3, t)
                                        : test::cube(9, 0.1);
    const CsrMatrix a = shape.matrix();
    QrOptions options;
    if (t >= 4) options.storage = QrStorage::seminormal;
    const double before = in_use();
    QrFactorization qr(options);
    REQUIRE(qr.analyze(a.view()).ok());
    const double told = qr.info().peak_bytes;
    double most = 0;
    REQUIRE(qr.begin_factorize(a.view()).ok());
    for (TaskState state = TaskState::running; state == TaskState::running;) {
      Budget budget(1);
      state = qr.step(budget);
      most = std::max(most, in_use() - before);
    }
    REQUIRE(qr.fault().ok());
    CHECK(qr.info().peak_bytes == told);
    CHECK(qr.info().rank == std::min(a.view().rows(), a.view().cols()));
    // Besides, every array has a header, and is rounded up.
    CHECK(most < 1.1 * told);
    CHECK(most > 0.8 * told);
  }
}
#endif
