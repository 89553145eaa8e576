#include "lacuna/direct/cholesky.hpp"

#include <utility>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

class CholeskySubstitution final : public Substitution {
 public:
  explicit CholeskySubstitution(const Cholesky& factor) : factor_(factor) {}

  Status begin(std::span<const double> b, std::span<double> x, std::int32_t k, bool) override {
    if (factor_.values().empty()) return Status::not_ready;
    return solve_.begin(factor_.structure(), factor_.values().data(), b.data(), x.data(), k);
  }

  TaskState step(Budget& budget) override { return solve_.step(budget); }

 private:
  const Cholesky& factor_;
  SupernodalSolve<double> solve_;
};

}  // namespace

Fault Cholesky::begin_analyze(const CsrView& a) {
  analyzed_ = factored_ = false;
  values_.release();
  info_ = FactorInfo();
  numeric_.reset();
  symbolic_.reset(create<Symbolic>());
  if (!symbolic_) {
    end(Status::out_of_memory);
    return fault_;
  }
  Relaxation relaxation;
  if (!panels_) relaxation.columns_below = simplicial_flops;
  fault_ = symbolic_->begin(a, ordering_, relaxation);
  phase_ = fault_.ok() ? Phase::analyze : Phase::idle;
  return fault_;
}

Fault Cholesky::begin_factorize(const CsrView& a) {
  if (!analyzed_) return Status::not_ready;
  numeric_ = make_numeric_cholesky(structure_);
  if (!numeric_) {
    end(Status::out_of_memory);
    return fault_;
  }
  Status status = numeric_->begin(a, structure_);
  if (status == Status::out_of_memory && factored_) {
    factored_ = false;
    numeric_->take().release();
    status = numeric_->begin(a, structure_, std::move(values_));
  }
  if (status != Status::ok) {
    end(status);
    return fault_;
  }
  fault_ = {};
  phase_ = Phase::factorize;
  return fault_;
}

TaskState Cholesky::end(Fault fault) {
  fault_ = fault;
  phase_ = Phase::idle;
  symbolic_.reset();
  numeric_.reset();
  return fault.ok() ? TaskState::done : TaskState::failed;
}

TaskState Cholesky::step(Budget& budget) {
  if (phase_ == Phase::analyze) {
    const TaskState state = symbolic_->step(budget);
    if (state == TaskState::running) return state;
    if (state == TaskState::failed) return end(symbolic_->fault());
    structure_ = symbolic_->take();
    info_.ordering = symbolic_->chosen();
    analyzed_ = true;
    describe();
    return end({});
  }
  if (phase_ == Phase::factorize) {
    const TaskState state = numeric_->step(budget);
    if (state == TaskState::running) return state;
    if (state == TaskState::failed) {
      failed_pivot_ = numeric_->failed_pivot();
      return end(numeric_->fault());
    }
    values_ = numeric_->take();
    factored_ = true;
    return end({});
  }
  return fault_.ok() ? TaskState::done : TaskState::failed;
}

double Cholesky::progress() const {
  if (phase_ == Phase::analyze) return symbolic_->progress();
  return phase_ == Phase::factorize ? numeric_->progress() : 1;
}

void Cholesky::adopt(Supernodes&& structure, Buffer<double>&& values) {
  structure_ = std::move(structure);
  values_ = std::move(values);
  analyzed_ = factored_ = true;
  describe();
  end({});
}

void Cholesky::describe() {
  info_.nnz = structure_.nnz;
  info_.flops = structure_.flops;
  double entries = 0;
  for (std::int32_t s = 0; s < structure_.count; ++s) {
    const double width = structure_.width(s);
    entries += width * structure_.height(s) - 0.5 * width * (width - 1);
  }
  info_.solve_flops = 4 * entries;
  info_.supernodes = structure_.count;
  info_.peak_bytes = numeric_cholesky_bytes(structure_) + static_cast<double>(structure_.bytes());
}

std::optional<Determinant> Cholesky::determinant() const {
  if (!factored_) return std::nullopt;
  double sum = 0;
  for (std::int32_t s = 0; s < structure_.count; ++s) {
    const double* diagonal = values_.data() + structure_.value_begin[s];
    for (std::int32_t k = 0; k < structure_.width(s); ++k, diagonal += structure_.height(s) + 1) {
      sum += natural_log(*diagonal);
    }
  }
  return Determinant{2 * sum, 1};
}

Status Cholesky::solve(std::span<const double> b, std::span<double> x, bool) {
  if (!factored_) return Status::not_ready;
  const Status status = solve_.begin(structure_, values_.data(), b.data(), x.data(), 1);
  if (status != Status::ok) return status;
  Budget unlimited;
  while (solve_.step(unlimited) == TaskState::running) {
  }
  return Status::ok;
}

std::unique_ptr<Substitution> Cholesky::substitution() {
  return std::unique_ptr<Substitution>(create<CholeskySubstitution>(*this));
}

std::unique_ptr<Factorization> make_cholesky() {
  return std::unique_ptr<Factorization>(create<Cholesky>());
}

}  // namespace lacuna
