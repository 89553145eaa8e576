#include "lacuna/sparse/csr.hpp"

#include <limits>
#include <map>
#include <vector>

#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/random.hpp"
#include "support/systems.hpp"

using namespace lacuna;
using test::Random;
using Ints = std::vector<std::int32_t>;
using Doubles = std::vector<double>;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

void check_fault(const Fault& fault, Status status, std::int64_t position) {
  CHECK(std::string(status_name(fault.status)) == status_name(status));
  CHECK(fault.position == position);
}

void check_invariants(const CsrView& a) {
  REQUIRE(a.indptr()[0] == 0);
  for (int i = 0; i < a.rows(); ++i) {
    REQUIRE(a.indptr()[i] <= a.indptr()[i + 1]);
    for (int p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
      REQUIRE(a.indices()[p] >= 0);
      REQUIRE(a.indices()[p] < a.cols());
      if (p > a.indptr()[i]) REQUIRE(a.indices()[p - 1] < a.indices()[p]);
    }
  }
}

// [1 . 2; . . .; 3 4 5]
const Ints indptr{0, 2, 2, 5};
const Ints indices{0, 2, 0, 1, 2};
const Doubles data{1, 2, 3, 4, 5};

}  // namespace

TEST_CASE("a valid CSR matrix is copied as it is") {
  const auto made = CsrMatrix::from_csr(3, 3, indptr, indices, data);
  REQUIRE(made.ok());
  const CsrView a = made.value().view();
  CHECK(a.rows() == 3);
  CHECK(a.cols() == 3);
  CHECK(a.nnz() == 5);
  CHECK(a.square());
  check_invariants(a);
  CHECK(Ints(a.indices(), a.indices() + 5) == indices);
  CHECK(Doubles(a.values().begin(), a.values().end()) == data);
  CHECK(made.value().bytes() == 4 * 4 + 5 * 4 + 5 * 8);
}

TEST_CASE("every defect of CSR arrays is found where it is") {
  const auto fault = [](std::int64_t rows, std::int64_t cols, Ints p, Ints j, Doubles v) {
    return CsrMatrix::from_csr(rows, cols, p, j, v).fault();
  };
  SECTION("sizes") {
    for (const std::int64_t side :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{2147483647}, std::int64_t{1} << 40,
          std::numeric_limits<std::int64_t>::min()}) {
      check_fault(fault(side, 3, indptr, indices, data), Status::invalid_size, 0);
      check_fault(fault(3, side, indptr, indices, data), Status::invalid_size, 1);
    }
    check_fault(fault(2, 3, indptr, indices, data), Status::shape_mismatch, -1);
    check_fault(fault(3, 3, {}, indices, data), Status::shape_mismatch, -1);
    check_fault(fault(3, 3, indptr, {0, 2, 0, 1}, data), Status::shape_mismatch, -1);
  }
  SECTION("row pointers") {
    check_fault(fault(3, 3, {1, 2, 2, 5}, indices, data), Status::bad_indptr, 0);
    check_fault(fault(3, 3, {0, 3, 2, 5}, indices, data), Status::bad_indptr, 2);
    check_fault(fault(3, 3, {0, -1, 2, 5}, indices, data), Status::bad_indptr, 1);
    check_fault(fault(3, 3, {0, 2, 2, 4}, indices, data), Status::bad_indptr, 3);
    check_fault(fault(3, 3, {0, 2, 2, 6}, indices, data), Status::bad_indptr, 3);
    // Beyond nnz in between: comes back down, so it is caught as a decrease, before any read.
    check_fault(fault(3, 3, {0, 1000000, 1000000, 5}, indices, data), Status::bad_indptr, 3);
  }
  SECTION("columns") {
    check_fault(fault(3, 3, indptr, {0, 3, 0, 1, 2}, data), Status::index_out_of_range, 1);
    check_fault(fault(3, 3, indptr, {0, 2, -1, 1, 2}, data), Status::index_out_of_range, 2);
    check_fault(fault(3, 3, indptr, {2, 0, 0, 1, 2}, data), Status::unsorted_indices, 1);
    check_fault(fault(3, 3, indptr, {0, 2, 0, 0, 2}, data), Status::duplicate_entry, 3);
    check_fault(fault(3, 3, indptr, {0, 2, 1, 2, 1}, data), Status::unsorted_indices, 4);
  }
  SECTION("values") {
    check_fault(fault(3, 3, indptr, indices, {1, 2, 3, not_a_number, infinity}), Status::not_finite,
                3);
    check_fault(fault(3, 3, indptr, indices, {-infinity, 2, 3, 4, not_a_number}),
                Status::not_finite, 0);
  }
}

TEST_CASE("a matrix may have no entries") {
  const auto made = CsrMatrix::from_csr(2, 3, Ints{0, 0, 0}, Ints{}, Doubles{});
  REQUIRE(made.ok());
  CHECK(made.value().view().nnz() == 0);
  CHECK(made.value().copy().ok());
  CHECK(CsrMatrix::from_triplets(2, 3, Ints{}, Ints{}, Doubles{}).ok());
  CHECK(CsrMatrix::from_csc(3, 2, Ints{0, 0, 0}, Ints{}, Doubles{}).ok());
  CHECK(CsrMatrix::from_dense(2, 2, Doubles(4, 0.0)).value().view().nnz() == 0);
  auto empty = made.value().copy().take();
  CHECK(empty.set_values(Doubles{}).ok());
}

TEST_CASE("parts are adopted without a copy and stay whole on a fault") {
  auto parts = CsrParts::allocate(2, 2, 2).take();
  parts.indptr[0] = 0;
  parts.indptr[1] = 1;
  parts.indptr[2] = 2;
  parts.indices[0] = 1;
  parts.indices[1] = 2;
  parts.data[0] = 5;
  parts.data[1] = 6;
  const double* memory = parts.data.data();
  check_fault(CsrMatrix::adopt(std::move(parts)).fault(), Status::index_out_of_range, 1);
  REQUIRE(parts.data.data() == memory);
  CHECK(parts.data[1] == 6);
  parts.indices[1] = 0;
  const auto made = CsrMatrix::adopt(std::move(parts));
  REQUIRE(made.ok());
  CHECK(made.value().view().data() == memory);
}

TEST_CASE("parts refuse sizes that no index can hold") {
  const std::int64_t huge = std::int64_t{1} << 31;
  check_fault(CsrParts::allocate(huge, 1, 1).fault(), Status::invalid_size, 0);
  check_fault(CsrParts::allocate(1, huge, 1).fault(), Status::invalid_size, 1);
  check_fault(CsrParts::allocate(1, 1, huge).fault(), Status::invalid_size, 2);
  check_fault(CsrParts::allocate(1, 1, -1).fault(), Status::invalid_size, 2);
  check_fault(CsrParts::allocate(0, 1, 0).fault(), Status::invalid_size, 0);
}

TEST_CASE("CSC arrays are transposed") {
  // Columns of the same 3 × 3 matrix.
  const auto made =
      CsrMatrix::from_csc(3, 3, Ints{0, 2, 3, 5}, Ints{0, 2, 2, 0, 2}, Doubles{1, 3, 4, 2, 5});
  REQUIRE(made.ok());
  const CsrView a = made.value().view();
  CHECK(Ints(a.indptr(), a.indptr() + 4) == indptr);
  CHECK(Ints(a.indices(), a.indices() + 5) == indices);
  CHECK(Doubles(a.values().begin(), a.values().end()) == data);
  check_fault(CsrMatrix::from_csc(2, 3, Ints{0, 1, 2, 3}, Ints{0, 2, 1}, Doubles{1, 2, 3}).fault(),
              Status::index_out_of_range, 1);
}

namespace {

void check_triplets(int samples) {
  for (int seed = 0; seed < samples; ++seed) {
    Random random(seed);
    const int rows = random.between(1, 20);
    const int cols = random.between(1, 20);
    const int count = random.below(200);
    Ints i(count), j(count);
    Doubles v(count);
    std::map<std::pair<int, int>, double> sums;  // in input order, as promised
    for (int k = 0; k < count; ++k) {
      i[k] = random.below(rows);
      j[k] = random.below(cols);
      v[k] = random.chance(0.1) ? 0 : random.sign();
      const auto [it, fresh] = sums.try_emplace({i[k], j[k]}, v[k]);
      if (!fresh) it->second += v[k];
    }
    const auto made = CsrMatrix::from_triplets(rows, cols, i, j, v);
    REQUIRE(made.ok());
    const CsrView a = made.value().view();
    check_invariants(a);
    REQUIRE(a.nnz() == static_cast<int>(sums.size()));  // explicit zeros are kept
    auto expected = sums.begin();
    for (int r = 0; r < rows; ++r) {
      for (int p = a.indptr()[r]; p < a.indptr()[r + 1]; ++p, ++expected) {
        REQUIRE(expected->first == std::pair{r, int(a.indices()[p])});
        REQUIRE(expected->second == a.data()[p]);
      }
    }
    CHECK(made.value().bytes() ==
          static_cast<std::size_t>(rows + 1) * 4 + static_cast<std::size_t>(a.nnz()) * 12);
  }
}

}  // namespace

LACUNA_SAMPLED(check_triplets, "triplets are sorted and summed in input order", 60, 30000)

TEST_CASE("every defect of triplets is found where it is") {
  const auto fault = [](Ints i, Ints j, Doubles v) {
    return CsrMatrix::from_triplets(3, 2, i, j, v).fault();
  };
  check_fault(fault({0, 1}, {0}, {1, 2}), Status::shape_mismatch, -1);
  check_fault(fault({0}, {0, 1}, {1, 2}), Status::shape_mismatch, -1);
  check_fault(fault({0, 3, 0}, {0, 0, 9}, {1, 2, 3}), Status::index_out_of_range, 1);
  check_fault(fault({0, 1, 0}, {0, 0, 2}, {1, 2, 3}), Status::index_out_of_range, 2);
  check_fault(fault({-1}, {0}, {1}), Status::index_out_of_range, 0);
  check_fault(fault({0}, {-1}, {1}), Status::index_out_of_range, 0);
  check_fault(fault({0, 1, 2}, {0, 0, 0}, {1, not_a_number, infinity}), Status::not_finite, 1);
  // Finite terms whose sum is not.
  CHECK(fault({0, 0}, {1, 1}, {1.7e308, 1.7e308}).status == Status::not_finite);
  CHECK(CsrMatrix::from_triplets(0, 2, Ints{}, Ints{}, Doubles{}).fault().status ==
        Status::invalid_size);
}

TEST_CASE("dense arrays drop their zeros and keep the rest") {
  const auto made = CsrMatrix::from_dense(2, 3, Doubles{0, 1, -0.0, 2, 0, 3});
  REQUIRE(made.ok());
  const CsrView a = made.value().view();
  CHECK(Ints(a.indptr(), a.indptr() + 3) == Ints{0, 1, 3});
  CHECK(Ints(a.indices(), a.indices() + 3) == Ints{1, 0, 2});
  CHECK(Doubles(a.values().begin(), a.values().end()) == Doubles{1, 2, 3});
  check_fault(CsrMatrix::from_dense(2, 2, Doubles{1, 2, 3}).fault(), Status::shape_mismatch, -1);
  check_fault(CsrMatrix::from_dense(2, 2, Doubles{1, 2, not_a_number, 3}).fault(),
              Status::not_finite, 2);
  // 2³⁰ · 2³⁰ must not wrap to 0.
  check_fault(CsrMatrix::from_dense(1 << 30, 1 << 30, Doubles{}).fault(), Status::shape_mismatch,
              -1);
  check_fault(CsrMatrix::from_dense(1, 0, Doubles{}).fault(), Status::invalid_size, 1);
}

TEST_CASE("values are exchanged whole or not at all") {
  auto a = CsrMatrix::from_csr(3, 3, indptr, indices, data).take();
  check_fault(a.set_values(Doubles{1, 2, 3, 4}), Status::shape_mismatch, -1);
  check_fault(a.set_values(Doubles{9, 9, infinity, 9, 9}), Status::not_finite, 2);
  CHECK(Doubles(a.view().values().begin(), a.view().values().end()) == data);
  CHECK(a.set_values(Doubles{9, 8, 7, 6, 5}).ok());
  CHECK(a.view().data()[1] == 8);
}

TEST_CASE("a copy shares nothing") {
  auto a = CsrMatrix::from_csr(3, 3, indptr, indices, data).take();
  auto b = a.copy().take();
  CHECK(a.set_values(Doubles{9, 8, 7, 6, 5}).ok());
  CHECK(Doubles(b.view().values().begin(), b.view().values().end()) == data);
  CHECK(b.view().indices() != a.view().indices());
}
