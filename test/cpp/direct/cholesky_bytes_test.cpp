#include "lacuna/direct/cholesky_bytes.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "lacuna/direct/bytes_export.hpp"
#include "lacuna/direct/cholesky_update.hpp"
#include "lacuna/direct/sparse_inverse.hpp"
#include "support/cholesky.hpp"
#include "support/failing_memory.hpp"
#include "support/spd_shapes.hpp"

using namespace lacuna;
using test::CholeskyOf;
using test::drive;
using test::Random;
using test::Triplets;

namespace {

using Bytes = std::vector<unsigned char>;

Bytes exported(const Cholesky& cholesky, const CsrMatrix& a, double slice = 0) {
  BytesExport task;
  REQUIRE(list_bytes(cholesky, task.figures, task.pieces) == Status::ok);
  REQUIRE(task.begin(FactorKind::cholesky, a.view()) == Status::ok);
  drive(task, slice);
  const Buffer<unsigned char> bytes = task.take();
  CHECK(static_cast<std::int64_t>(bytes.size()) == FactorWriter::bytes(task.pieces.plan()));
  return {bytes.data(), bytes.data() + bytes.size()};
}

Bytes exported(const CholeskyOf& f, double slice = 0) { return exported(f.cholesky, f.a, slice); }

std::unique_ptr<Cholesky> taken(CholeskyImport& task) {
  return std::unique_ptr<Cholesky>(static_cast<Cholesky*>(task.take().release()));
}

MatrixStamp stamp_of(const CsrView& a) {
  MatrixStamper stamper;
  stamper.begin(a);
  Budget unlimited;
  Meter meter(unlimited);
  REQUIRE(!stamper.advance(meter));
  return stamper.stamp();
}

/// The fault of an import, ok where it makes a factor.
Fault import_fault(const Bytes& bytes, const CsrMatrix& a, CholeskyImport& task, double slice = 0) {
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

Fault import_fault(const Bytes& bytes, const CsrMatrix& a) {
  CholeskyImport task;
  return import_fault(bytes, a, task);
}

void check_round_trips(int samples) {
  Random random(541);
  for (int t = 0; t < samples; ++t) {
    for (const Triplets& shape : test::spd_shapes(t, random)) {
      CholeskyOf f(shape);
      const Bytes bytes = exported(f);
      CHECK(bytes == exported(f, 1));
      CholeskyImport task;
      REQUIRE(import_fault(bytes, f.a, task, t % 2).ok());
      CHECK(task.stamp() == stamp_of(f.a.view()));
      const auto made = taken(task);
      Cholesky& twin = *made;
      CHECK(twin.structure().stored == f.structure().stored);
      CHECK(twin.structure().panel_flops == f.structure().panel_flops);
      CHECK(twin.info().nnz == f.cholesky.info().nnz);
      CHECK(twin.info().flops == f.cholesky.info().flops);
      CHECK(twin.info().solve_flops == f.cholesky.info().solve_flops);
      const auto b = random.vector(f.n());
      std::vector<double> x(f.n());
      REQUIRE(twin.solve(b, x, false) == Status::ok);
      CHECK(x == f.solve(b));
      // As good as the first one: it goes out with the same bytes, and takes new values.
      CHECK(exported(twin, f.a) == bytes);
      REQUIRE(twin.factorize(f.a.view()).ok());
      REQUIRE(twin.solve(b, x, false) == Status::ok);
      CHECK(x == f.solve(b));
    }
  }
}

void check_corruptions(int samples) {
  Random random(542);
  CholeskyOf f(test::mesh(9, 8, 3));
  const Bytes right = exported(f);
  for (int t = 0; t < samples; ++t) {
    Bytes bytes = right;
    const int changes = random.between(1, 4);
    for (int k = 0; k < changes; ++k) {
      const auto at =
          static_cast<std::size_t>(random.below(static_cast<std::int32_t>(bytes.size())));
      switch (random.below(4)) {
        case 0: bytes[at] ^= static_cast<unsigned char>(1 << random.below(8)); break;
        case 1: bytes[at] = static_cast<unsigned char>(random.below(256)); break;
        case 2: bytes.resize(at); break;
        default:
          bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                       static_cast<unsigned char>(random.below(256)));
      }
      if (bytes.empty()) break;
    }
    if (bytes == right) continue;
    CHECK(!import_fault(bytes, f.a).ok());
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

/// Bytes made to deceive: checksums are right, contents are not. Whatever passes has to be a factor
/// that everything can be done with.
void check_forgeries(int samples) {
  Random random(543);
  int passed = 0, refused = 0;
  for (int t = 0; t < samples; ++t) {
    CholeskyOf f(t % 2 ? test::mesh(3, 3, t) : test::grid(4, 3));
    Bytes bytes = exported(f);
    const int changes = random.between(1, 3);
    for (int k = 0; k < changes; ++k) {
      const auto at = 16 + 4 * static_cast<std::size_t>(
                                   random.below(static_cast<std::int32_t>(bytes.size() / 4 - 4)));
      std::int32_t value;
      std::memcpy(&value, &bytes[at], sizeof value);
      switch (random.below(4)) {
        case 0: value += random.between(-2, 2); break;
        case 1: value = random.between(-1, 12); break;
        case 2: value = static_cast<std::int32_t>(random.bits()); break;
        default: {
          const auto other = 88 + 4 * static_cast<std::size_t>(random.below(
                                          static_cast<std::int32_t>(bytes.size() / 4 - 22)));
          std::memcpy(&value, &bytes[other], sizeof value);
        }
      }
      std::memcpy(&bytes[at], &value, sizeof value);
    }
    seal_again(bytes);
    CholeskyImport task;
    if (!import_fault(bytes, f.a, task).ok()) {
      ++refused;
      continue;
    }
    ++passed;
    const auto made = taken(task);
    Cholesky& twin = *made;
    const auto b = random.vector(twin.structure().n);
    std::vector<double> x(b.size());
    CHECK(twin.solve(b, x, false) == Status::ok);
    SparseInverse inverse;
    REQUIRE(inverse.begin(twin.structure(), twin.values().data()) == Status::ok);
    drive(inverse);
    CholeskyUpdate update;
    REQUIRE(update.attach(twin.structure(), twin.values().data()) == Status::ok);
    for (std::int32_t row = 0; row < twin.structure().n; ++row) {
      REQUIRE(update.begin_delete(row).ok());
      Budget unlimited;
      update.step(unlimited);
    }
    twin.factorize(f.a.view());
  }
  CHECK(passed > 0);
  CHECK(refused > samples / 10);
}

}  // namespace

LACUNA_SAMPLED(check_round_trips, "a factor comes back from its bytes", 4, 200)
LACUNA_SAMPLED(check_corruptions, "random corruptions of a factor's bytes are refused", 1000, 50000)
LACUNA_SAMPLED(check_forgeries, "forged bytes are refused, or a factor after all", 500, 20000)

TEST_CASE("every change of one byte, and every length but the right one, is refused") {
  CholeskyOf f(test::grid(4, 3, 0.5));
  const Bytes right = exported(f);
  REQUIRE(import_fault(right, f.a).ok());
  for (std::size_t at = 0; at < right.size(); ++at) {
    Bytes bytes = right;
    for (const int change : {1, 0x80, 0xff}) {
      bytes[at] = static_cast<unsigned char>(right[at] ^ change);
      const Fault fault = import_fault(bytes, f.a);
      CHECK(fault.status == Status::damaged_bytes);
      CHECK(fault.position >= 0);
      CHECK(fault.position < static_cast<std::int64_t>(right.size()));
    }
  }
  for (std::size_t size = 0; size < right.size(); ++size) {
    const Fault fault =
        import_fault(Bytes(right.begin(), right.begin() + static_cast<long>(size)), f.a);
    CHECK(fault.status == Status::damaged_bytes);
    CHECK(fault.position == (size < 1 ? 0 : static_cast<std::int64_t>(size)));
  }
  Bytes longer = right;
  longer.push_back(0);
  CHECK(import_fault(longer, f.a).position == static_cast<std::int64_t>(right.size()));
}

TEST_CASE("bytes of another version, kind or matrix say so") {
  CholeskyOf f(test::grid(4, 3, 0.5));
  const Bytes right = exported(f);
  Bytes version = right, kind = right;
  version[12] = 2;
  seal_again(version);
  kind[16] = 3;
  seal_again(kind);
  CHECK(import_fault(version, f.a).status == Status::invalid_argument);
  CHECK(import_fault(version, f.a).position == 2);
  CHECK(import_fault(kind, f.a).status == Status::invalid_argument);
  CHECK(import_fault(kind, f.a).partner == 3);
  CholeskyImport task;
  MatrixStamp stamp = stamp_of(f.a.view());
  CHECK(task.begin(right, f.a.view(), &stamp).ok());
  const CsrMatrix other = test::grid(4, 3, 0.25).matrix();
  stamp = stamp_of(other.view());
  CHECK(task.begin(right, f.a.view(), &stamp).status == Status::pattern_mismatch);
  CHECK(stamp.pattern == stamp_of(f.a.view()).pattern);
  CHECK(stamp.values != stamp_of(f.a.view()).values);
  CHECK(stamp_of(test::grid(3, 4, 0.5).matrix().view()).pattern != stamp.pattern);
}

TEST_CASE("bytes need no alignment") {
  CholeskyOf f(test::cube(4));
  const Bytes right = exported(f);
  Bytes shifted(right.size() + 3);
  std::memcpy(shifted.data() + 3, right.data(), right.size());
  CholeskyImport task;
  REQUIRE(task.begin(std::span<const unsigned char>(shifted).subspan(3), f.a.view()).ok());
  drive(task);
  const auto made = taken(task);
  Cholesky& twin = *made;
  Random random(544);
  const auto b = random.vector(f.n());
  std::vector<double> x(f.n());
  REQUIRE(twin.solve(b, x, false) == Status::ok);
  CHECK(x == f.solve(b));
}

#ifdef LACUNA_WRAPPED_MALLOC
TEST_CASE("a factor's bytes without memory: a status, and another try") {
  CholeskyOf f(test::cube(3));
  const Bytes right = exported(f);
  int refused = 0;
  for (long k = 1; k < 40; ++k) {
    BytesExport out;
    Fault fault;
    Status status;
    {
      test::FailingMemory memory(k, true);
      CholeskyImport task;
      status = list_bytes(f.cholesky, out.figures, out.pieces);
      if (status == Status::ok) status = out.begin(FactorKind::cholesky, f.a.view());
      fault = import_fault(right, f.a, task);
    }
    if (status != Status::ok) CHECK(status == Status::out_of_memory);
    if (!fault.ok()) {
      ++refused;
      CHECK(fault.status == Status::out_of_memory);
    }
    CHECK(import_fault(right, f.a).ok());
  }
  CHECK(refused > 8);
}
#endif
