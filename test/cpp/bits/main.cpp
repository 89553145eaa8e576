// Solves a fixed list of systems by every method that fits and prints, for each, a hash of the
// bytes of the solution. The output has to be the same for every compiler and every target:
// scripts/compare-bits.mjs compares it. Nothing in here may depend on libm or on an address.
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>

#include "lacuna/direct/bytes_export.hpp"
#include "lacuna/direct/cholesky.hpp"
#include "lacuna/direct/cholesky_bytes.hpp"
#include "lacuna/direct/cholesky_update.hpp"
#include "lacuna/direct/inverse_entries.hpp"
#include "lacuna/local/tracked_query.hpp"
#include "lacuna/policy/policy.hpp"
#include "lacuna/solver/factor_task.hpp"
#include "lacuna/solver/line_task.hpp"
#include "lacuna/solver/query_task.hpp"
#include "support/dominant.hpp"
#include "support/solve.hpp"
#include "support/symmetric.hpp"

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

template <class T>
bool finish(T& task) {
  Budget unlimited;
  return task.step(unlimited) == TaskState::done;
}

/// What is done with a Cholesky factor beside solving: entries of the inverse, changes, its bytes.
void print_factor(const std::string& name, const Triplets& t) {
  const CsrMatrix a = t.matrix();
  Cholesky factor;
  if (!factor.analyze(a.view()).ok() || !factor.factorize(a.view()).ok()) return;
  const Supernodes& s = factor.structure();
  Random random(98);
  Hash hash;
  const auto add_bytes = [&] {
    BytesExport task;
    if (list_bytes(factor, task.figures, task.pieces) != Status::ok ||
        task.begin(FactorKind::cholesky, a.view()) != Status::ok || !finish(task)) {
      return;
    }
    const Buffer<unsigned char> bytes = task.take();
    hash.add(bytes.data(), bytes.bytes());
  };
  const auto add_entries = [&](std::int32_t count) {
    std::vector<std::int32_t> rows(count), columns(count);
    for (auto& row : rows) row = random.below(s.n);
    for (auto& column : columns) column = random.below(s.n);
    std::vector<double> out(count);
    InverseEntries entries;
    if (!entries.begin(s, factor.values().data(), rows, columns, out).ok()) return;
    finish(entries);
    hash.add(out.data(), out.size() * sizeof(double));
  };
  add_bytes();
  add_entries(3);
  add_entries(4 * s.n);
  CholeskyUpdate update;
  if (update.attach(s, factor.values().data()) != Status::ok) return;
  std::vector<std::int32_t> begin{0}, rows;
  std::vector<double> values;
  for (int k = 0; k < 6; ++k) {
    const std::int32_t row = random.below(s.n);
    for (std::int32_t p = a.view().indptr()[row]; p < a.view().indptr()[row + 1]; ++p) {
      const std::int32_t column = a.view().indices()[p];
      if (column != row && (k % 2 == 0 || s.position[column] < s.position[row])) continue;
      rows.push_back(column);
      values.push_back(0.5 * random.sign());
    }
    begin.push_back(static_cast<std::int32_t>(rows.size()));
  }
  for (const bool downdate : {false, true}) {
    const Fault fault = update.begin_update({begin, rows, values}, downdate);
    const bool done = fault.ok() && finish(update);
    const std::int64_t facts[] = {static_cast<std::int64_t>(fault.status), fault.position, done};
    hash.add(facts, sizeof facts);
    add_bytes();
  }
  if (update.begin_delete(random.below(s.n)).ok()) finish(update);
  add_bytes();
  std::printf("%s factor %016" PRIx64 "\n", name.c_str(), hash.value());
}

/// Answers by factors in single precision, refined.
void print_mixed(const std::string& name, const Triplets& t, Method method) {
  FactorOptions options;
  options.method = method;
  options.precision = Precision::mixed;
  auto made = Factor::create(t.matrix(), options);
  if (!made.ok() || !made.value()->begin(Factor::Goal::factorize).ok()) return;
  const std::shared_ptr<Factor> factor = made.take();
  if (!finish(*factor)) return;
  Random random(97);
  const auto b = random.vector(std::size_t(t.rows) * 3);
  std::vector<double> x(b.size());
  FactorSettings settings;
  settings.transposed = method == Method::lu;
  auto task = FactorSolve::create(factor, b, x, 3, settings);
  if (!task.ok() || !finish(*task.value())) return;
  FactorReport report = factor->report();
  // Counts structs that hold pointers, of 32 bits or 64.
  if (method == Method::lu) report.peak_bytes = 0;
  Hash hash;
  hash.add(&report, sizeof report);
  hash.add(x.data(), x.size() * sizeof(double));
  hash.add(task.value()->result().data(), task.value()->result().size_bytes());
  std::printf("%s mixed-%s %016" PRIx64 "\n", name.c_str(), method_name(method), hash.value());
}

void run(const std::string& name, const Triplets& t) {
  if (t.rows == t.cols) print_factor(name, t);
  for (const Method m : {Method::cholesky, Method::ldlt, Method::lu}) {
    if (t.rows == t.cols) print_mixed(name, t, m);
  }
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

/// Queries by every way, each with its report: values, bounds, plans and counts.
void print_queries(const std::string& name, const CsrMatrix& a, std::uint64_t seed) {
  Random random(seed);
  const std::int32_t n = a.view().rows();
  const std::vector<double> b = random.vector(n);
  const std::vector<std::int64_t> ids{random.below(n), random.below(n)};
  const std::vector<double> values{1, -0.5};
  auto solver = planned(a.copy().take());
  for (const bool sparse : {false, true}) {
    for (int way = 0; way <= static_cast<int>(Way::full); ++way) {
      for (int order = -1; order < 4; ++order) {
        QuerySettings settings;
        settings.way = static_cast<Way>(way);
        settings.order_given = order >= 0;
        settings.order = static_cast<PushOrder>(order < 0 ? 0 : order);
        settings.confidence = way == 4 || way == 5 ? 0.9 : 1;
        settings.rtol = settings.confidence < 1 ? 0 : 1e-7;
        settings.atol = settings.confidence < 1 ? 0.01 : 1e-9;
        settings.max_walks = 5000;
        settings.max_entries = 1e6;
        auto rhs = std::make_shared<KeptRhs>(sparse ? LocalRhs::sparse(n, ids, values).take()
                                                    : LocalRhs::dense(b));
        const std::vector<std::int32_t> starts{0, 1};
        const std::vector<std::int32_t> target{random.below(n)};
        const std::vector<double> weights{1};
        auto task = QueryTask::create(solver, rhs, starts, target, weights, settings);
        if (!task.ok()) continue;
        Budget unlimited;
        Hash hash;
        task.value()->step(unlimited);
        hash.add(task.value()->reports().data(), sizeof(QueryReport));
        std::printf("%s %s%s%d %016" PRIx64 "\n", name.c_str(), sparse ? "sparse-" : "dense-",
                    way_name(settings.way), order, hash.value());
      }
    }
  }
  for (const bool column : {false, true}) {
    auto task = LineTask::create(solver, column, random.below(n), {});
    if (!task.ok()) continue;
    Budget unlimited;
    Hash hash;
    task.value()->step(unlimited);
    hash.add(&task.value()->report(), sizeof(LineReport));
    hash.add(task.value()->values().data(), task.value()->values().size_bytes());
    std::printf("%s %s %016" PRIx64 "\n", name.c_str(), column ? "column" : "row", hash.value());
  }
}

/// Products along the paths of a factor that is there.
void print_products(const std::string& name, const CsrMatrix& a, std::uint64_t seed) {
  Random random(seed);
  const std::int32_t n = a.view().rows();
  const std::vector<std::int64_t> ids{random.below(n), random.below(n)};
  const std::vector<double> values{1, -0.5};
  auto solver = planned(a.copy().take(), {.method = Method::cholesky});
  if (!solver->prepare().ok()) return;
  QuerySettings settings;
  settings.way = Way::factor;
  auto rhs = std::make_shared<KeptRhs>(LocalRhs::sparse(n, ids, values).take());
  const std::vector<std::int32_t> starts{0, 1, 3};
  const std::vector<std::int32_t> targets{random.below(n), random.below(n), random.below(n)};
  const std::vector<double> weights{1, 0.5, -2};
  auto task = QueryTask::create(solver, rhs, starts, targets, weights, settings);
  if (!task.ok()) return;
  Budget unlimited;
  Hash hash;
  task.value()->step(unlimited);
  hash.add(task.value()->reports().data(), 2 * sizeof(QueryReport));
  std::printf("%s sparse-factor %016" PRIx64 "\n", name.c_str(), hash.value());
}

/// A query that follows changes of b and of rows, each foreseen, then made.
void print_tracked(const std::string& name, const CsrMatrix& a, std::uint64_t seed) {
  Random random(seed);
  const std::int32_t n = a.view().rows();
  const std::vector<double> b = random.vector(n);
  auto solver = planned(a.copy().take());
  auto system = solver->local(true);
  if (!system.ok() || !system.value()->conditions().rows.known()) return;
  LocalRhs rhs = LocalRhs::dense(b);
  QuerySettings settings;
  settings.atol = 1e-9;
  TrackedQuery query(system.value()->problem(rhs), settings);
  Hash hash;
  if (query.add_target(random.below(n), 1) != Status::ok) return;
  for (int k = 0; k < 6; ++k) {
    Budget unlimited;
    query.step(unlimited);
    hash.add(&query.report(), sizeof(QueryReport));
    const std::int64_t row = random.below(n);
    const std::vector<std::int64_t> places{random.below(n)}, rows{row}, ids{row, (row + 1) % n};
    const std::vector<double> added{random.sign()}, values{3 + random.unit(), random.sign()};
    const std::vector<std::int32_t> counts{n == 1 ? 1 : 2};
    const auto count = static_cast<std::size_t>(counts[0]);
    const Change change{
        places, added, rows, counts, std::span(ids).first(count), std::span(values).first(count)};
    Moved moved;
    query.moved(change, 1e-6, moved);
    const double bounds[] = {moved.bound, moved.everywhere};
    hash.add(bounds, sizeof bounds);
    query.update(change);
  }
  std::printf("%s tracked %016" PRIx64 "\n", name.c_str(), hash.value());
}

void run_queries() {
  for (int shape = 0; shape < 8; ++shape) {
    for (const std::int32_t n : {1, 9, 150, 900}) {
      for (const bool m_matrix : {false, true}) {
        Random random(1000 + static_cast<std::uint64_t>(shape));
        DominantOptions options;
        options.m_matrix = m_matrix;
        options.columns_too = shape % 2 == 0;
        const std::string name =
            "dominant-" + std::to_string(shape) + "-" + std::to_string(n) + (m_matrix ? "-m" : "");
        const CsrMatrix a = dominant(shape, n, options, random);
        print_queries(name, a, static_cast<std::uint64_t>(n));
        print_tracked(name, a, static_cast<std::uint64_t>(n));
      }
    }
  }
  for (const int side : {1, 7, 30}) {
    print_products("grid-" + std::to_string(side), grid(side, side + 1, 0.5).matrix(), side);
    print_products("cube-" + std::to_string(side % 12), cube(side % 12, 0.5).matrix(), side);
  }
}

/// What a policy chooses and has learned after a fixed history, for two seeds.
void run_policies() {
  for (const std::uint64_t seed : {1u, 2u}) {
    PolicySettings settings;
    settings.seed = seed;
    auto policy = Policy::create(settings).take();
    Hash hash;
    for (int k = 0; k < 60; ++k) {
      const Triplets t = k % 3 == 0   ? grid(10 + k % 7, 12 + k / 4, 0.1)
                         : k % 3 == 1 ? convection(8 + k % 5, 9 + k / 6, 2, k)
                                      : random_spd(60 + k, 4, k);
      const CsrMatrix a = t.matrix();
      const Features features = policy->measure(a.view(), 1 + k % 4, 1e-8).take();
      hash.add(features.values.data(), sizeof features.values);
      hash.add(&features.pattern_hash, sizeof features.pattern_hash);
      Decision decision;
      policy->propose(features, {}, true, decision);
      hash.add(&decision.arm, sizeof decision.arm);
      hash.add(&decision.limit, sizeof decision.limit);
      RunOutcome outcome;
      outcome.certified = (k + decision.arm) % 5 != 0;
      outcome.censored = (k + decision.arm) % 7 == 0;
      outcome.log_cost = 12 + 0.25 * (decision.arm % 9);
      policy->record(features, decision.arm, decision.source, outcome);
    }
    Buffer<char> text;
    if (policy->write(text) == Status::ok) hash.add(text.data(), text.size());
    std::printf("policy seed-%d %016" PRIx64 "\n", static_cast<int>(seed), hash.value());
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
  // Indefinite, and with zeros on the diagonal.
  for (const int s : {3, 9, 20}) {
    run(named("shifted", s, 3), grid(s, s + 1, -3.3));
    run(named("shifted", s, 4), grid(s, s + 1, -4));
  }
  for (const int n : {1, 2, 7, 16, 33, 64, 100, 250, 400}) {
    run(named("spd", n, 5), random_spd(n, 5, n));
    run(named("quasidefinite", n, 4), quasi_definite(n, 4, n));
    run(named("symmetric", n, 3), symmetric_scattered(n, 3, n));
    run(named("saddle", n, 3), saddle_point(random_spd(n, 3, n), n / 3, n));
    run(named("scattered", n, 3), scattered(n, 3, n));
    run(named("scattered", n, 9), scattered(n, 9, n + 1));
  }
  // Nearly singular: GMRES on single factors, or double ones.
  for (const int k : {-6, -12})
    run(named("near", 20, -k), grid(20, 20, std::ldexp(1.0, 3 * k) - 0.044676695099));
  // Scaled twice.
  for (const int n : {3, 12, 80}) run(named("hub", n, 33), hub_of_hollow(n, 33, n / 2));
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
  lacuna::test::run_queries();
  lacuna::test::run_policies();
  return 0;
}
