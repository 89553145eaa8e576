// SuiteSparse: CHOLMOD's supernodal Cholesky under AMD and under METIS, UMFPACK, KLU.
#include <cholmod.h>
#include <klu.h>
#include <umfpack.h>

#include <algorithm>

#include "contender.hpp"

namespace bench {

namespace {

class Cholmod final : public Contender {
 public:
  Cholmod(const System& system, int ordering) {
    cholmod_start(&common_);
    common_.supernodal = CHOLMOD_SUPERNODAL;
    common_.nmethods = 1;
    common_.method[0].ordering = ordering;
    common_.postorder = 1;
    const auto n = static_cast<std::size_t>(system.n);
    // The rows of the CSR form are the columns of a symmetric matrix; stype -1 reads its lower half.
    std::size_t nnz = 0;
    for (std::int32_t i = 0; i < system.n; ++i) {
      for (auto k = system.indptr[i]; k < system.indptr[i + 1]; ++k) nnz += system.indices[k] >= i;
    }
    matrix_ = cholmod_allocate_sparse(n, n, nnz, 1, 1, -1, CHOLMOD_REAL, &common_);
    auto* ptr = static_cast<int*>(matrix_->p);
    auto* row = static_cast<int*>(matrix_->i);
    auto* value = static_cast<double*>(matrix_->x);
    int at = 0;
    for (std::int32_t i = 0; i < system.n; ++i) {
      ptr[i] = at;
      for (auto k = system.indptr[i]; k < system.indptr[i + 1]; ++k) {
        if (system.indices[k] < i) continue;
        row[at] = system.indices[k];
        value[at++] = system.data[k];
      }
    }
    ptr[system.n] = at;
    b_ = cholmod_allocate_dense(n, 1, n, CHOLMOD_REAL, &common_);
    std::copy(system.b.begin(), system.b.end(), static_cast<double*>(b_->x));
  }

  ~Cholmod() override {
    cholmod_free_factor(&factor_, &common_);
    cholmod_free_sparse(&matrix_, &common_);
    cholmod_free_dense(&b_, &common_);
    cholmod_finish(&common_);
  }

  bool setup() override {
    cholmod_free_factor(&factor_, &common_);
    factor_ = cholmod_analyze(matrix_, &common_);
    return factor_ && cholmod_factorize(matrix_, factor_, &common_) && common_.status == CHOLMOD_OK;
  }

  bool solve(double* x) override {
    cholmod_dense* result = cholmod_solve(CHOLMOD_A, factor_, b_, &common_);
    if (!result) return false;
    const auto* values = static_cast<const double*>(result->x);
    std::copy(values, values + b_->nrow, x);
    cholmod_free_dense(&result, &common_);
    return true;
  }

 private:
  cholmod_common common_{};
  cholmod_sparse* matrix_ = nullptr;
  cholmod_dense* b_ = nullptr;
  cholmod_factor* factor_ = nullptr;
};

class Umfpack final : public Contender {
 public:
  explicit Umfpack(const System& system) : n_(system.n), columns_(to_columns(system)), b_(system.b) {
    umfpack_di_defaults(control_);
  }
  ~Umfpack() override { release(); }

  bool setup() override {
    release();
    const auto* ptr = columns_.ptr.data();
    const auto* rows = columns_.rows.data();
    const auto* data = columns_.data.data();
    void* symbolic = nullptr;
    int status = umfpack_di_symbolic(n_, n_, ptr, rows, data, &symbolic, control_, nullptr);
    if (status == UMFPACK_OK) status = umfpack_di_numeric(ptr, rows, data, symbolic, &numeric_, control_, nullptr);
    umfpack_di_free_symbolic(&symbolic);
    return status == UMFPACK_OK;
  }

  bool solve(double* x) override {
    return umfpack_di_solve(UMFPACK_A, columns_.ptr.data(), columns_.rows.data(), columns_.data.data(), x,
                            b_.data(), numeric_, control_, nullptr) == UMFPACK_OK;
  }

 private:
  void release() {
    if (numeric_) umfpack_di_free_numeric(&numeric_);
  }

  int n_;
  Columns columns_;
  std::vector<double> b_;
  double control_[UMFPACK_CONTROL];
  void* numeric_ = nullptr;
};

class Klu final : public Contender {
 public:
  explicit Klu(const System& system) : n_(system.n), columns_(to_columns(system)), b_(system.b) {
    klu_defaults(&common_);
  }
  ~Klu() override { release(); }

  bool setup() override {
    release();
    symbolic_ = klu_analyze(n_, columns_.ptr.data(), columns_.rows.data(), &common_);
    if (!symbolic_) return false;
    numeric_ = klu_factor(columns_.ptr.data(), columns_.rows.data(), columns_.data.data(), symbolic_, &common_);
    return numeric_ != nullptr;
  }

  bool solve(double* x) override {
    std::copy(b_.begin(), b_.end(), x);
    return klu_solve(symbolic_, numeric_, n_, 1, x, &common_) != 0;
  }

 private:
  void release() {
    klu_free_numeric(&numeric_, &common_);
    klu_free_symbolic(&symbolic_, &common_);
  }

  int n_;
  Columns columns_;
  std::vector<double> b_;
  klu_common common_{};
  klu_symbolic* symbolic_ = nullptr;
  klu_numeric* numeric_ = nullptr;
};

}  // namespace

std::unique_ptr<Contender> make_contender(const std::string& name, const System& system) {
  if (name == "cholmod-amd") return std::make_unique<Cholmod>(system, CHOLMOD_AMD);
  if (name == "cholmod-metis") return std::make_unique<Cholmod>(system, CHOLMOD_METIS);
  if (name == "umfpack") return std::make_unique<Umfpack>(system);
  if (name == "klu") return std::make_unique<Klu>(system);
  return nullptr;
}

}  // namespace bench
