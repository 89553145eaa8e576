#include "lacuna/direct/qr_solve.hpp"

#include <algorithm>
#include <cstring>

#include "lacuna/simd/householder.hpp"

namespace lacuna {
namespace {

/// `size` elements; what has them already is left as it is, so that beginning again cannot fail.
Status fit(Buffer<double>& buffer, std::size_t size) {
  return buffer.size() >= size ? Status::ok : buffer.allocate(size);
}

}  // namespace

Status QrSolve::begin(std::span<const double> b, std::span<double> x, std::int32_t k,
                      bool transposed) {
  const QrPlan& plan = *answer_.plan;
  const QrFactors& factors = *answer_.factors;
  stage_ = Stage::done;
  b_ = b;
  x_ = x;
  k_ = k;
  least_squares_ = transposed == plan.wide;
  const bool seminormal = answer_.matrix != nullptr;
  const auto m = static_cast<std::size_t>(plan.rows);
  const auto n = static_cast<std::size_t>(plan.cols);
  const auto most = static_cast<std::size_t>(std::min(std::max(k, 1), together));
  const std::size_t coordinates =
      answer_.basis == nullptr ? 0 : static_cast<std::size_t>(answer_.basis->view().cols());
  const std::size_t image =
      std::max(seminormal ? m : static_cast<std::size_t>(factors.largest_block), coordinates);
  for (const Status status :
       {sweep_.reserve(plan, static_cast<std::int32_t>(most)), fit(rows_, m * most),
        fit(pivots_, n * most), fit(given_, seminormal && !least_squares_ ? n * most : 0),
        fit(sum_, seminormal && least_squares_ ? n * most : 0),
        fit(columns_, seminormal ? n * most : 0), fit(image_, image * most)}) {
    if (status != Status::ok) return status;
  }
  if (answer_.null_space != nullptr) {
    if (!null_solve_) null_solve_ = answer_.null_space->substitution();
    if (!null_solve_) return Status::out_of_memory;
    // Takes its memory now, so that nothing can fail later.
    lanes_ = static_cast<std::int32_t>(most);
    if (const Status status = begin_null_solve(); status != Status::ok) return status;
  }
  solved_ = 0;
  open_lanes();
  return Status::ok;
}

void QrSolve::open_lanes() {
  lanes_ = std::min(k_ - solved_, together);
  go(lanes_ > 0 ? Stage::open : Stage::done);
}

Status QrSolve::begin_null_solve() {
  const std::size_t size = std::size_t(answer_.plan->cols) * lanes_;
  const std::size_t coordinates = std::size_t(answer_.basis->view().cols()) * lanes_;
  return null_solve_->begin(pivots_.span().first(size), image_.span().first(coordinates), lanes_,
                            false);
}

TaskState QrSolve::step(Budget& budget) {
  while (stage_ != Stage::done) {
    if (stage_ == Stage::null_space) {
      if (null_solve_->step(budget) != TaskState::done) return TaskState::running;
      end_project();
    } else {
      Meter meter(budget);
      if (!advance(meter)) return TaskState::running;
    }
  }
  return TaskState::done;
}

/// The stage under way, to its end: true, or until the budget is used up.
bool QrSolve::advance(Meter& meter) {
  const QrPlan& plan = *answer_.plan;
  const QrFactors& factors = *answer_.factors;
  const bool seminormal = answer_.matrix != nullptr;
  const std::int32_t m = plan.rows, n = plan.cols;
  const double* b = b_.data() + std::size_t(solved_) * (least_squares_ ? m : n);
  const std::size_t of_rows = std::size_t(m) * lanes_, of_pivots = std::size_t(n) * lanes_;
  bool paused = false;
  switch (stage_) {
    case Stage::open:
      rounds_ = projections_ = 0;
      second_sweep_ = false;
      if (least_squares_) {
        std::memcpy(rows_.data(), b, of_rows * sizeof(double));
        std::fill_n(sum_.data(), sum_.size(), 0.0);
        go(seminormal ? Stage::to_pivots : Stage::reflect);
      } else {
        std::fill_n(rows_.data(), of_rows, 0.0);
        gather(b);
        go(Stage::project);
      }
      paused = meter.spend(2.0 * m * lanes_);
      break;
    case Stage::reflect:
      if (!reflect(meter)) return false;
      go(least_squares_ ? Stage::pick : Stage::store);
      break;
    case Stage::pick:
      for (std::size_t k = 0; k < of_pivots; ++k) {
        const std::int32_t i = factors.equation[k % n];
        pivots_[k] = i < 0 ? 0 : rows_[i + k / n * m];
      }
      go(Stage::substitute);
      break;
    case Stage::project:
      if (answer_.null_space == nullptr) {
        projections_ = 2;
        end_project();
        break;
      }
      begin_null_solve();
      go(Stage::null_space);
      break;
    case Stage::substitute:
      if (!substitute(meter)) return false;
      break;
    case Stage::spread:
      for (std::size_t k = 0; k < of_pivots; ++k) {
        const std::int32_t i = factors.equation[k % n];
        if (i >= 0) rows_[i + k / n * m] = pivots_[k];
      }
      go(Stage::reflect);
      break;
    case Stage::to_rows: {
      if (at_ == 0) {
        const double* from = least_squares_ ? sum_.data() : pivots_.data();
        scatter(from, columns_.data(), 1);
      }
      if (!multiply(meter, false, columns_.data(), image_.data())) return false;
      if (least_squares_) {
        for (std::size_t i = 0; i < of_rows; ++i) rows_[i] = b[i] - image_[i];
      } else {
        for (std::size_t i = 0; i < of_rows; ++i) rows_[i] += image_[i];
      }
      go(least_squares_ || rounds_++ < corrections ? Stage::to_pivots : Stage::store);
      break;
    }
    case Stage::to_pivots:
      if (!multiply(meter, true, rows_.data(), columns_.data())) return false;
      gather(columns_.data());
      for (std::size_t k = 0; k < of_pivots && !least_squares_; ++k) {
        pivots_[k] = given_[k] - pivots_[k];
      }
      go(Stage::substitute);
      break;
    case Stage::store: {
      double* x = x_.data() + std::size_t(solved_) * (least_squares_ ? n : m);
      const double factor = seminormal ? 1 : factors.scale;
      if (least_squares_) {
        scatter(pivots_.data(), x, factor);
      } else {
        for (std::size_t i = 0; i < of_rows; ++i) x[i] = factor * rows_[i];
      }
      solved_ += lanes_;
      open_lanes();
      break;
    }
    default: break;
  }
  return !paused;
}

/// Pivots from vectors in the order of the columns of B, and back.
void QrSolve::gather(const double* from) {
  const std::int32_t n = answer_.plan->cols;
  double* to = pivots_.data();
  for (std::int32_t r = 0; r < lanes_; ++r, from += n) {
    for (std::int32_t k = 0; k < n; ++k) *to++ = from[answer_.plan->column_of[k]];
  }
}

void QrSolve::scatter(const double* from, double* to, double factor) {
  const std::int32_t n = answer_.plan->cols;
  for (std::int32_t r = 0; r < lanes_; ++r, to += n) {
    for (std::int32_t k = 0; k < n; ++k) to[answer_.plan->column_of[k]] = factor * *from++;
  }
}

bool QrSolve::reflect(Meter& meter) {
  const QrFactors& factors = *answer_.factors;
  while (at_ < factors.block_count) {
    const bool forward = least_squares_;
    const QrBlock& block = factors.blocks[forward ? at_ : factors.block_count - 1 - at_];
    ++at_;
    const auto m = static_cast<std::size_t>(answer_.plan->rows);
    const auto height = static_cast<std::size_t>(block.rows);
    double* const local = image_.data();
    for (std::int32_t r = 0; r < lanes_; ++r) {
      const double* from = rows_.data() + r * m;
      for (std::size_t i = 0; i < height; ++i) local[i + r * height] = from[block.ids[i]];
    }
    const double* v = forward ? block.values.data() : block.values.data() + block.values.size();
    for (std::int32_t k = 0; k < block.count; ++k) {
      const std::int32_t t = forward ? k : block.count - 1 - k;
      const std::int32_t length = block.ends()[t] - t;
      if (!forward) v -= length;
      for (std::int32_t r = 0; r < lanes_ && v[0] != 0; ++r) {
        simd::reflect_vector(length, v + 1, v[0], local + r * height + t);
      }
      if (forward) v += length;
    }
    for (std::int32_t r = 0; r < lanes_; ++r) {
      double* to = rows_.data() + r * m;
      for (std::size_t i = 0; i < height; ++i) to[block.ids[i]] = local[i + r * height];
    }
    if (meter.spend((4.0 * block.values.size() + 2.0 * block.rows) * lanes_)) return false;
  }
  return true;
}

/// Least squares end here with R⁻¹, minimum norm with R⁻ᵀ; without Q, both follow each other, each
/// with the scale of the matrix.
bool QrSolve::substitute(Meter& meter) {
  const bool seminormal = answer_.matrix != nullptr;
  const auto n = static_cast<std::size_t>(answer_.plan->cols);
  const std::size_t of_pivots = n * lanes_;
  if (at_ == 0) {
    at_ = 1;
    if (seminormal) {
      for (std::size_t k = 0; k < of_pivots; ++k) pivots_[k] *= answer_.factors->scale;
    }
    sweep_.begin(*answer_.plan, *answer_.factors, seminormal ? !second_sweep_ : !least_squares_,
                 lanes_);
  }
  if (!sweep_.step(pivots_.data(), meter)) return false;
  if (!seminormal) {
    go(least_squares_ ? Stage::project : Stage::spread);
    return true;
  }
  second_sweep_ = !second_sweep_;
  if (second_sweep_) {
    for (std::size_t k = 0; k < of_pivots; ++k) {
      if (answer_.factors->equation[k % n] < 0) pivots_[k] = 0;
    }
    go(Stage::substitute);
  } else if (!least_squares_) {
    go(Stage::to_rows);
  } else {
    for (std::size_t k = 0; k < of_pivots; ++k) sum_[k] += pivots_[k];
    if (rounds_++ < corrections) {
      go(Stage::to_rows);
    } else {
      std::memcpy(pivots_.data(), sum_.data(), of_pivots * sizeof(double));
      go(Stage::project);
    }
  }
  return true;
}

void QrSolve::end_project() {
  if (answer_.basis != nullptr) {
    const CsrView basis = answer_.basis->view();
    for (std::int32_t r = 0; r < lanes_; ++r) {
      const double* image = image_.data() + std::size_t(r) * basis.cols();
      double* pivots = pivots_.data() + std::size_t(r) * basis.rows();
      for (std::int32_t k = 0; k < basis.rows(); ++k) {
        double sum = 0;
        for (std::int32_t p = basis.indptr()[k]; p < basis.indptr()[k + 1]; ++p) {
          sum += basis.data()[p] * image[basis.indices()[p]];
        }
        pivots[k] -= sum;
      }
    }
  }
  if (++projections_ < 2) {
    go(Stage::project);
  } else if (least_squares_) {
    go(Stage::store);
  } else {
    if (answer_.matrix != nullptr) {
      std::memcpy(given_.data(), pivots_.data(),
                  std::size_t(answer_.plan->cols) * lanes_ * sizeof(double));
    }
    go(Stage::substitute);
  }
}

bool QrSolve::multiply(Meter& meter, bool transposed, const double* in, double* out) {
  const CsrView a = answer_.matrix->view();
  // By rows of A, which give an element of its product or add to those of its transpose's.
  const bool direct = transposed == answer_.plan->wide;
  const std::size_t of_in = direct ? a.cols() : a.rows(), of_out = direct ? a.rows() : a.cols();
  if (at_ == 0 && !direct) std::fill_n(out, of_out * lanes_, 0.0);
  while (at_ < a.rows()) {
    const std::int32_t i = at_++;
    for (std::int32_t r = 0; r < lanes_; ++r) {
      const double* x = in + r * of_in;
      double* y = out + r * of_out;
      double sum = 0;
      for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
        if (direct) {
          sum += a.data()[p] * x[a.indices()[p]];
        } else {
          y[a.indices()[p]] += a.data()[p] * x[i];
        }
      }
      if (direct) y[i] = sum;
    }
    if (meter.spend((2.0 * (a.indptr()[i + 1] - a.indptr()[i]) + 1) * lanes_)) return false;
  }
  return true;
}

}  // namespace lacuna
