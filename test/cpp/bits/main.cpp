// Solves a fixed list of systems by every method that fits and prints, for each, a hash of the
// bytes of the solution. The output has to be the same for every compiler and every target:
// scripts/compare-bits.mjs compares it. Nothing in here may depend on libm or on an address.
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>

#include "support/solve.hpp"

namespace lacuna::test {
namespace {

using Kind = PreconditionerKind;

/// FNV-1a, 64 bits.
class Hash {
 public:
  void add(const void* data, std::size_t bytes) {
    const auto* p = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < bytes; ++i) state_ = (state_ ^ p[i]) * 0x100000001b3u;
  }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325u;
};

void print_line(const std::string& system, const SolverOptions& options, const Triplets& t) {
  std::string name = system + " " + method_name(options.method);
  if (options.preconditioner != Kind::automatic) {
    name += std::string("+") + preconditioner_name(options.preconditioner);
  }
  auto made = Solver::create(t.matrix(), options);
  if (!made.ok()) return;  // does not fit
  auto solver = made.take();
  Hash hash;
  if (const Fault fault = solver->prepare(); !fault.ok()) {
    const std::int64_t facts[] = {static_cast<std::int64_t>(fault.status), fault.position};
    hash.add(facts, sizeof facts);
  } else {
    Random random(99);
    for (const bool transposed : {false, true}) {
      SolveSettings settings;
      settings.transposed = transposed;
      settings.maxiter = 300;  // some combinations never converge: their bits count, too
      const auto b = random.vector(transposed ? t.cols : t.rows);
      const Answer answer = solve(solver, b, settings);
      hash.add(answer.x.data(), answer.x.size() * sizeof(double));
      hash.add(&answer.report(), sizeof(SolveReport));
    }
    hash.add(&solver->setup(), sizeof(SetupReport));
  }
  std::printf("%s %016" PRIx64 "\n", name.c_str(), hash.value());
}

void run(const std::string& name, const Triplets& t) {
  for (const Method m :
       {Method::automatic, Method::cholesky, Method::ldlt, Method::lu, Method::qr}) {
    print_line(name, options(m), t);
  }
  for (const Kind kind : {Kind::none, Kind::jacobi, Kind::ic}) {
    print_line(name, options(Method::cg, kind), t);
  }
  for (const Kind kind : {Kind::none, Kind::jacobi, Kind::ic, Kind::ilut}) {
    print_line(name, options(Method::bicgstab, kind), t);
  }
}

void run_all() {
  const auto named = [](const char* kind, int a, int b) {
    return std::string(kind) + "-" + std::to_string(a) + "-" + std::to_string(b);
  };
  // Sizes around the panels, relaxed supernodes and blocks of the factorizations, and well above.
  for (const int s : {1, 2, 3, 5, 8, 13, 21, 34}) {
    run(named("grid", s, s), grid(s, s));
    run(named("mesh", s, s + 1), mesh(s, s + 1, s));
    run(named("convection", s, s), convection(s, s, 1.5, s));
  }
  for (const int s : {2, 4, 6, 9}) run(named("cube", s, s), cube(s, 0.125));
  for (const int n : {1, 2, 7, 16, 33, 64, 100, 250, 400}) {
    run(named("spd", n, 5), random_spd(n, 5, n));
    run(named("quasidefinite", n, 4), quasi_definite(n, 4, n));
    run(named("scattered", n, 3), scattered(n, 3, n));
    run(named("scattered", n, 9), scattered(n, 9, n + 1));
  }
  for (const int n : {1, 3, 10, 40, 120}) {
    run(named("tall", n + 7, n), rectangular(n + 7, n, 3, n));
    run(named("wide", n, n + 5), rectangular(n, n + 5, 3, n));
    // Rank falls short, rows and columns may be empty.
    run(named("arbitrary", n, n), arbitrary(n, n, 2.5 / n, n));
    run(named("arbitrary", n + 4, n), arbitrary(n + 4, n, 1.5 / n, n));
  }
}

}  // namespace
}  // namespace lacuna::test

int main() {
  lacuna::test::run_all();
  return 0;
}
