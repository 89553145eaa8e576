// Changes of a few columns or rows of a factored matrix.
#include <cmath>
#include <utility>

#include "lacuna/solver/factor.hpp"

namespace lacuna {
namespace {

/// A as triplets with room for more, to which a change is applied.
struct Entries {
  Buffer<std::int32_t> row;
  Buffer<std::int32_t> col;
  Buffer<double> value;
  std::size_t count = 0;

  Status begin(const CsrView& a, std::int64_t more) {
    const auto size = static_cast<std::size_t>(a.nnz() + more);
    for (const Status status : {row.allocate(size), col.allocate(size), value.allocate(size)}) {
      if (status != Status::ok) return status;
    }
    for (std::int32_t i = 0; i < a.rows(); ++i) {
      for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
        add(i, a.indices()[p], a.data()[p]);
      }
    }
    return Status::ok;
  }

  void add(std::int32_t i, std::int32_t j, double v) {
    row[count] = i;
    col[count] = j;
    value[count++] = v;
  }

  Result<CsrMatrix> matrix(std::int32_t n) const {
    return CsrMatrix::from_triplets(n, n, row.span(), col.span(), value.span());
  }
};

/// A ± W·Wᵀ.
Result<CsrMatrix> with_products(const CsrView& a, const SparseColumns& w, bool downdate) {
  std::int64_t more = 0;
  for (std::size_t j = 1; j < w.begin.size(); ++j) {
    const std::int64_t length = w.begin[j] - w.begin[j - 1];
    more += length * length;
  }
  Entries entries;
  if (const Status status = entries.begin(a, more); status != Status::ok) return status;
  for (std::size_t j = 1; j < w.begin.size(); ++j) {
    for (std::int32_t p = w.begin[j - 1]; p < w.begin[j]; ++p) {
      const double v = downdate ? -w.values[p] : w.values[p];
      for (std::int32_t q = w.begin[j - 1]; q < w.begin[j]; ++q) {
        entries.add(w.rows[p], w.rows[q], v * w.values[q]);
      }
    }
  }
  return entries.matrix(a.rows());
}

/// Row and column `row` of the identity, and on it what is added.
Result<CsrMatrix> with_row(const CsrView& a, std::int32_t row, const SparseEntries& added) {
  Entries entries;
  const auto more = static_cast<std::int64_t>(2 * added.indices.size() + 1);
  if (const Status status = entries.begin(a, more); status != Status::ok) return status;
  for (std::size_t k = 0; k < entries.count; ++k) {
    if (entries.row[k] == row || entries.col[k] == row) entries.value[k] = 0;
  }
  entries.add(row, row, added.indices.empty() ? 1 : 0);
  for (std::size_t k = 0; k < added.indices.size(); ++k) {
    const std::int32_t i = added.indices[k];
    entries.add(i, row, added.values[k]);
    if (i != row) entries.add(row, i, added.values[k]);
  }
  entries.row.truncate(entries.count);
  entries.col.truncate(entries.count);
  entries.value.truncate(entries.count);
  return entries.matrix(a.rows());
}

}  // namespace

Fault Factor::begin_change(Change kind, const SparseColumns& w, std::int32_t row) {
  if (working() || solves_ > 0) return Status::busy;
  if (!ready_) return Status::not_ready;
  if (cholesky() == nullptr) return Status::invalid_argument;
  if (cholesky()->values().empty()) return Status::not_ready;
  failure_ = FactorFailure();
  reach_.reset();
  modifier_.reset(lacuna::create<CholeskyUpdate>());
  if (!modifier_) return Status::out_of_memory;
  const SparseEntries added{w.rows, w.values};
  if (const Status status = modifier_->attach(cholesky()->structure(), cholesky()->values().data());
      status != Status::ok) {
    return status;
  }
  const bool products = kind == Change::update || kind == Change::downdate;
  Fault fault;
  if (products) fault = modifier_->begin_update(w, kind == Change::downdate);
  if (kind == Change::remove) fault = modifier_->begin_delete(row);
  if (kind == Change::add) fault = modifier_->begin_add(row, added);
  // All that may fail comes before the factor is touched.
  if (fault.ok()) {
    auto made = products ? with_products(a_.view(), w, kind == Change::downdate)
                         : with_row(a_.view(), row, kind == Change::add ? added : SparseEntries{});
    fault = made.fault();
    if (fault.ok()) {
      auto measured = measure_values(made.value().view());
      fault = measured.fault();
      if (fault.ok()) {
        next_matrix_.emplace(made.take());
        next_measures_ = measured.value();
      }
    }
  }
  if (!fault.ok()) {
    modifier_.reset();
    return fault;
  }
  goal_ = Goal::change;
  shown_ = 0;
  stage_ = Stage::modify;
  return {};
}

Fault Factor::advance_change(Budget& budget) {
  const TaskState state = modifier_->step(budget);
  if (state == TaskState::failed) return modifier_->fault();
  if (state == TaskState::done) end_change();
  return {};
}

void Factor::end_change() {
  a_ = std::move(*next_matrix_);
  next_matrix_.reset();
  measures_ = next_measures_;
  at_.reset();
  modifier_.reset();
  ++changes_;
  end({});
}

void Factor::cancel_change() {
  // What is being put in place is put in place.
  const bool through = modifier_->committing();
  modifier_->cancel();
  if (through) return end_change();
  end(Status::not_ready);
  failure_ = FactorFailure();
}

}  // namespace lacuna
