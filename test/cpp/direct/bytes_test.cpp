// Factors of LDLᵀ, LU and QR as bytes.
#include <cmath>
#include <cstring>
#include <vector>

#include "lacuna/base/checksum.hpp"
#include "lacuna/direct/bytes_export.hpp"
#include "lacuna/direct/ldlt_bytes.hpp"
#include "lacuna/direct/lu_bytes.hpp"
#include "lacuna/direct/qr_bytes.hpp"
#include "support/catch.hpp"
#include "support/cholesky.hpp"
#include "support/failing_memory.hpp"
#include "support/lu.hpp"
#include "support/qr.hpp"
#include "support/symmetric.hpp"

using namespace lacuna;
using test::drive;
using test::Random;
using test::Triplets;

namespace {

using Bytes = std::vector<unsigned char>;

struct LdltBytes {
  using Method = Ldlt;
  using Import = LdltImport;
  static constexpr FactorKind kind = FactorKind::ldlt;
  static std::unique_ptr<Ldlt> make(int) { return std::make_unique<Ldlt>(); }
  static Triplets shape(int t, Random& random) {
    const std::int32_t n = random.between(1, 60);
    switch (t % 4) {
      case 0: return test::symmetric_scattered(n, 4, t);
      case 1: return test::saddle_point(test::mesh(7, 6, t), 14, t);
      case 2: return test::hub_of_hollow(random.between(2, 30), 3, 0);
      default: return test::quasi_definite(n, 3, t);
    }
  }
};

struct LuBytes {
  using Method = LuFactorization;
  using Import = LuImport;
  static constexpr FactorKind kind = FactorKind::lu;
  static std::unique_ptr<LuFactorization> make(int t) {
    return std::make_unique<LuFactorization>(test::with(test::kernels[t % 3]));
  }
  static Triplets shape(int t, Random& random) {
    switch (t / 3 % 4) {
      case 0: return test::scattered(random.between(1, 60), 4, t);
      case 1: return test::convection(7, 6, 30, t);
      case 2: return test::symmetric_scattered(random.between(2, 40), 4, t);
      default: {
        // Blocks of every kind and size, the later ones above the earlier.
        Triplets all(0, 0);
        for (int b = 0; b < 5; ++b) {
          const Triplets one =
              b % 2 ? test::scattered(random.between(1, 3), 1, t + b) : test::mesh(3, 1 + b, t + b);
          const std::int32_t first = all.rows;
          all.rows = all.cols = first + one.rows;
          for (std::size_t e = 0; e < one.v.size(); ++e) {
            all.add(first + one.i[e], first + one.j[e], one.v[e]);
          }
          if (first > 0) all.add(random.below(first), first + random.below(one.rows), 0.5);
        }
        return all;
      }
    }
  }
};

struct QrBytes {
  using Method = QrFactorization;
  using Import = QrImport;
  static constexpr FactorKind kind = FactorKind::qr;
  static std::unique_ptr<QrFactorization> make(int t) {
    QrOptions options;
    if (t % 3 == 1) options.storage = QrStorage::seminormal;
    return std::make_unique<QrFactorization>(options);
  }
  static Triplets shape(int t, Random& random) {
    const std::int32_t n = random.between(1, 40);
    switch (t / 3 % 4) {
      case 0: return test::rectangular(n + random.below(30), n, 3, t);
      case 1: return test::rectangular(n, n + random.below(30), 3, t);
      case 2: return test::arbitrary(n + 3, n, 0.1, t);  // ranks of all sizes
      default: return test::convection(6, 6, 5, t);
    }
  }
};

template <class Kind>
Bytes exported(const typename Kind::Method& f, const CsrMatrix& a, double slice = 0) {
  BytesExport task;
  REQUIRE(list_bytes(f, task.figures, task.pieces) == Status::ok);
  REQUIRE(task.begin(Kind::kind, a.view()) == Status::ok);
  drive(task, slice);
  const Buffer<unsigned char> bytes = task.take();
  return {bytes.data(), bytes.data() + bytes.size()};
}

template <class Kind>
Fault import_fault(const Bytes& bytes, const CsrMatrix& a, typename Kind::Import& task,
                   double slice = 0) {
  const Fault fault = task.begin(bytes, a.view());
  if (!fault.ok()) return fault;
  for (;;) {
    Budget budget = slice > 0 ? Budget(slice) : Budget();
    const TaskState state = task.step(budget);
    if (state == TaskState::running) continue;
    CHECK((state == TaskState::failed) == !task.fault().ok());
    return task.fault();
  }
}

/// Columns of A⁻¹B and A⁻ᵀB, or of the pseudoinverse: what a factor answers.
std::vector<double> answers(Factorization& f, const CsrMatrix& a, std::uint64_t seed) {
  Random random(seed);
  std::vector<double> all;
  for (const bool transposed : {false, true}) {
    const auto b = random.vector(transposed ? a.view().cols() : a.view().rows());
    std::vector<double> x(transposed ? a.view().rows() : a.view().cols());
    REQUIRE(f.solve(b, x, transposed) == Status::ok);
    all.insert(all.end(), x.begin(), x.end());
  }
  return all;
}

bool same_bits(const std::vector<double>& x, const std::vector<double>& y) {
  return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(double)) == 0;
}

/// Other values on the same pattern, symmetric where the first ones are.
CsrMatrix other_values(const CsrMatrix& a) {
  CsrMatrix out = a.copy().take();
  std::vector<double> values(a.view().values().begin(), a.view().values().end());
  for (double& v : values) v *= 1.5 + 0.25 * std::sin(1e3 * v);
  REQUIRE(out.set_values(values).ok());
  return out;
}

template <class Kind>
void check_round_trips(int samples) {
  Random random(561);
  for (int t = 0; t < samples; ++t) {
    const CsrMatrix a = Kind::shape(t, random).matrix();
    const auto f = Kind::make(t);
    if (!f->analyze(a.view()).ok() || !f->factorize(a.view()).ok()) continue;
    const Bytes bytes = exported<Kind>(*f, a);
    CHECK((bytes == exported<Kind>(*f, a, 1)));
    typename Kind::Import task;
    REQUIRE(import_fault<Kind>(bytes, a, task, t % 2).ok());
    const auto made = task.take();
    auto& twin = static_cast<typename Kind::Method&>(*made);
    CHECK(same_bits(answers(twin, a, t), answers(*f, a, t)));
    CHECK((exported<Kind>(twin, a) == bytes));
    const FactorInfo was = f->info(), is = twin.info();
    CHECK(is.nnz == was.nnz);
    CHECK(is.flops == was.flops);
    CHECK(is.solve_flops == was.solve_flops);
    CHECK(is.rank == was.rank);
    CHECK(is.ordering == was.ordering);
    CHECK(is.supernodes == was.supernodes);
    // A storage that was asked for is not among the bytes.
    const bool asked = Kind::kind == FactorKind::qr && t % 3 == 1;
    if (!asked) CHECK(is.peak_bytes == was.peak_bytes);
    CHECK(is.pivot_growth == was.pivot_growth);
    CHECK(is.positive == was.positive);
    CHECK(is.negative == was.negative);
    CHECK(is.two_by_two == was.two_by_two);
    CHECK(is.delayed == was.delayed);
    const auto d = f->determinant(), e = twin.determinant();
    REQUIRE(d.has_value() == e.has_value());
    if (d) CHECK((d->log_abs == e->log_abs && d->sign == e->sign));
    // New values need no other analysis, and give what they give the first one.
    const CsrMatrix next = other_values(a);
    const Fault fault = f->factorize(next.view());
    CHECK(twin.factorize(next.view()).status == fault.status);
    if (fault.ok() && !asked) {
      CHECK(same_bits(answers(twin, next, t), answers(*f, next, t)));
      CHECK((exported<Kind>(twin, next) == exported<Kind>(*f, next)));
    }
  }
}

/// Writes checksums that are right.
void seal_again(Bytes& bytes) {
  Checksum payload, header;
  payload.add(bytes.data() + 88, bytes.size() - 88);
  const std::uint64_t sum = payload.value();
  std::memcpy(&bytes[72], &sum, sizeof sum);
  header.add(bytes.data(), 80);
  const std::uint64_t first = header.value();
  std::memcpy(&bytes[80], &first, sizeof first);
}

template <class Kind>
void check_corruptions(int samples) {
  Random random(562);
  const CsrMatrix a = Kind::shape(1, random).matrix();
  const auto f = Kind::make(0);
  REQUIRE(f->analyze(a.view()).ok());
  REQUIRE(f->factorize(a.view()).ok());
  const Bytes right = exported<Kind>(*f, a);
  for (int t = 0; t < samples; ++t) {
    Bytes bytes = right;
    const auto at = static_cast<std::size_t>(random.below(static_cast<std::int32_t>(bytes.size())));
    switch (random.below(3)) {
      case 0: bytes[at] ^= static_cast<unsigned char>(1 << random.below(8)); break;
      case 1: bytes.resize(at); break;
      default: bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), 7);
    }
    if (bytes == right) continue;
    typename Kind::Import task;
    CHECK(import_fault<Kind>(bytes, a, task).status == Status::damaged_bytes);
  }
}

/// Bytes made to deceive: checksums are right, contents are not. Whatever passes has to be a factor
/// that everything can be done with.
template <class Kind>
void check_forgeries(int samples) {
  Random random(563);
  int passed = 0, refused = 0;
  for (int t = 0; t < samples; ++t) {
    const CsrMatrix a = Kind::shape(t, random).matrix();
    const auto f = Kind::make(t);
    if (!f->analyze(a.view()).ok() || !f->factorize(a.view()).ok()) continue;
    const Bytes right = exported<Kind>(*f, a);
    for (int again = 0; again < 8; ++again) {
      Bytes bytes = right;
      const int changes = random.between(1, 3);
      const auto words = static_cast<std::int32_t>(bytes.size() / 4);
      // What has indices comes first.
      const bool early = random.chance(0.7);
      for (int k = 0; k < changes; ++k) {
        const auto at =
            4 * static_cast<std::size_t>(early ? random.between(22, std::max(23, words / 2))
                                               : random.between(5, words - 2));
        std::int32_t value;
        std::memcpy(&value, &bytes[at], sizeof value);
        switch (random.below(4)) {
          case 0:
            value = static_cast<std::int32_t>(std::int64_t(value) + random.between(-2, 2));
            break;
          case 1: value = random.between(-1, 12); break;
          case 2: value = static_cast<std::int32_t>(random.bits()); break;
          default: std::memcpy(&value, &bytes[4 * std::size_t(random.between(22, words - 2))], 4);
        }
        std::memcpy(&bytes[at], &value, sizeof value);
      }
      seal_again(bytes);
      typename Kind::Import task;
      if (!import_fault<Kind>(bytes, a, task).ok()) {
        ++refused;
        continue;
      }
      ++passed;
      const auto made = task.take();
      answers(*made, a, t);
      made->determinant();
      const Bytes out = exported<Kind>(static_cast<typename Kind::Method&>(*made), a);
      CHECK(out.size() == bytes.size());
      const CsrMatrix next = other_values(a);
      if (made->factorize(next.view()).ok()) answers(*made, next, t);
    }
  }
  CHECK(passed > 0);
  CHECK(refused > samples);
}

#ifdef LACUNA_WRAPPED_MALLOC
template <class Kind>
void check_short_memory() {
  Random random(564);
  for (int t = 0; t < 12; ++t) {
    const CsrMatrix a = Kind::shape(t, random).matrix();
    const auto f = Kind::make(t);
    if (!f->analyze(a.view()).ok() || !f->factorize(a.view()).ok()) continue;
    const Bytes right = exported<Kind>(*f, a);
    int refused = 0;
    for (long k = 1; k < 60; ++k) {
      Fault fault;
      Status status;
      {
        test::FailingMemory memory(k, true);
        BytesExport out;
        status = list_bytes(*f, out.figures, out.pieces);
        if (status == Status::ok) status = out.begin(Kind::kind, a.view());
        typename Kind::Import task;
        fault = import_fault<Kind>(right, a, task);
      }
      if (status != Status::ok) CHECK(status == Status::out_of_memory);
      if (!fault.ok()) {
        ++refused;
        CHECK(fault.status == Status::out_of_memory);
      }
    }
    CHECK(refused > 10);
    typename Kind::Import task;
    REQUIRE(import_fault<Kind>(right, a, task).ok());
    CHECK(same_bits(answers(*task.take(), a, t), answers(*f, a, t)));
  }
}
#endif

void check_ldlt_round_trips(int samples) { check_round_trips<LdltBytes>(samples); }
void check_lu_round_trips(int samples) { check_round_trips<LuBytes>(samples); }
void check_qr_round_trips(int samples) { check_round_trips<QrBytes>(samples); }
void check_all_corruptions(int samples) {
  check_corruptions<LdltBytes>(samples);
  check_corruptions<LuBytes>(samples);
  check_corruptions<QrBytes>(samples);
}
void check_ldlt_forgeries(int samples) { check_forgeries<LdltBytes>(samples); }
void check_lu_forgeries(int samples) { check_forgeries<LuBytes>(samples); }
void check_qr_forgeries(int samples) { check_forgeries<QrBytes>(samples); }

}  // namespace

LACUNA_SAMPLED(check_ldlt_round_trips, "LDLᵀ comes back from its bytes", 24, 1000)
LACUNA_SAMPLED(check_lu_round_trips, "LU comes back from its bytes", 36, 1200)
LACUNA_SAMPLED(check_qr_round_trips, "QR comes back from its bytes", 36, 1200)
LACUNA_SAMPLED(check_all_corruptions, "corrupted bytes of LDLᵀ, LU and QR are refused", 300, 20000)
LACUNA_SAMPLED(check_ldlt_forgeries, "forged bytes of LDLᵀ are refused, or a factor", 60, 4000)
LACUNA_SAMPLED(check_lu_forgeries, "forged bytes of LU are refused, or a factor", 72, 4000)
LACUNA_SAMPLED(check_qr_forgeries, "forged bytes of QR are refused, or a factor", 72, 4000)

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("bytes of LDLᵀ, LU and QR without memory: a status, and another try") {
  check_short_memory<LdltBytes>();
  check_short_memory<LuBytes>();
  check_short_memory<QrBytes>();
}
#endif
