#include "lacuna/local/graph/hitting.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace lacuna {
namespace {

using graph_detail::unit_roundoff;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr std::int32_t arcs_piece = 8192;
/// By how much more is asked of the solver where its norm was met and the proof was not.
constexpr double sharper = 0.05;
/// Sweeps after a solve that failed, doubled with each; and failures after which rounding is held
/// to be reached.
constexpr int first_sweeps = 4;
constexpr int most_troubles = 10;

}  // namespace

Bracket commute_time(const Bracket& volume, const Bracket& resistance) {
  constexpr double off = 4 * unit_roundoff;
  if (resistance.hi == 0) return {0, 0};
  // Nothing above is known where either has no upper limit.
  const double hi = volume.hi * resistance.hi * (1 + off);
  return {volume.lo * resistance.lo * (1 - off), hi >= 0 ? hi : infinity};
}

Status HittingTimes::begin(const Graph& graph, std::int64_t target) {
  if (target < 0 || target >= graph.vertices()) return Status::index_out_of_range;
  if (!graph.has_in_arcs()) return Status::not_ready;
  graph_ = &graph;
  n_ = graph.vertices();
  t_ = static_cast<std::int32_t>(target);
  stage_ = Stage::prepare;
  pass_ = {};
  fault_ = {};
  head_ = tail_ = 0;
  offset_ = 0;
  a_.reset();
  iterations_ = 0;
  last_ = infinity;
  entries_ = 0;
  below_ = above_ = infinity;
  return Status::ok;
}

Status HittingTimes::prepare() {
  const auto n = static_cast<std::size_t>(n_);
  if (marks_.allocate_zero(n) != Status::ok || queue_.allocate(n) != Status::ok ||
      number_.allocate(n) != Status::ok || x_.allocate_zero(n) != Status::ok) {
    return Status::out_of_memory;
  }
  head_ = tail_ = 0;
  offset_ = 0;
  marks_[static_cast<std::size_t>(t_)] = reaches;
  queue_[tail_++] = t_;
  return Status::ok;
}

bool HittingTimes::search(std::uint8_t mark, Budget& budget) {
  const Arcs in = graph_->in();
  while (head_ < tail_) {
    if (budget.exhausted()) return false;
    const std::int32_t v = queue_[head_];
    const std::int32_t begin = in.indptr[v] + offset_;
    const std::int32_t end = std::min(in.indptr[v + 1], begin + arcs_piece);
    for (std::int32_t p = begin; p < end; ++p) {
      const std::int32_t u = in.indices[p];
      // A walk that has come to t goes no further.
      if (u == t_ || (marks_[static_cast<std::size_t>(u)] & mark) != 0) continue;
      marks_[static_cast<std::size_t>(u)] |= mark;
      queue_[tail_++] = u;
    }
    entries_ += end - begin;
    budget.spend(2.0 * (end - begin) + 4);
    offset_ += end - begin;
    if (end == in.indptr[v + 1]) {
      offset_ = 0;
      ++head_;
    }
  }
  head_ = tail_ = 0;
  return true;
}

Status HittingTimes::assemble() {
  const Arcs out = graph_->out();
  std::int32_t unknowns = 0;
  std::int64_t nnz = 0;
  const auto solved = [&](std::int32_t v) {
    return v != t_ && (marks_[static_cast<std::size_t>(v)] & lost) == 0;
  };
  for (std::int32_t v = 0; v < n_; ++v) {
    number_[static_cast<std::size_t>(v)] = solved(v) ? unknowns++ : -1;
    if (solved(v)) nnz += out.degree(v) + 1;
  }
  if (unknowns == 0) return Status::ok;
  auto made = CsrParts::allocate(unknowns, unknowns, nnz);
  if (!made.ok()) return made.fault().status;
  CsrParts parts = made.take();
  const auto m = static_cast<std::size_t>(unknowns);
  if (b_.allocate(m) != Status::ok || y_.allocate_zero(m) != Status::ok) {
    return Status::out_of_memory;
  }
  std::int32_t at = 0;
  std::int32_t row = 0;
  for (std::int32_t v = 0; v < n_; ++v) {
    if (!solved(v)) continue;
    parts.indptr[static_cast<std::size_t>(row)] = at;
    std::int32_t diagonal = -1;
    double sum = 0;
    for (std::int32_t p = out.indptr[v]; p < out.indptr[v + 1]; ++p) {
      const std::int32_t u = out.indices[p];
      const double w = out.weights != nullptr ? out.weights[p] : 1;
      if (u >= v && diagonal < 0) {
        diagonal = at;
        parts.indices[static_cast<std::size_t>(at++)] = row;
      }
      if (u == v) continue;
      sum += w;
      if (u == t_) continue;
      parts.indices[static_cast<std::size_t>(at)] = number_[static_cast<std::size_t>(u)];
      parts.data[static_cast<std::size_t>(at++)] = -w;
    }
    if (diagonal < 0) {
      diagonal = at;
      parts.indices[static_cast<std::size_t>(at++)] = row;
    }
    parts.data[static_cast<std::size_t>(diagonal)] = sum;
    b_[static_cast<std::size_t>(row)] = graph_->out_weight(v);
    ++row;
  }
  parts.indptr[m] = at;
  parts.indices.truncate(static_cast<std::size_t>(at));
  parts.data.truncate(static_cast<std::size_t>(at));
  auto adopted = CsrMatrix::adopt(std::move(parts));
  if (!adopted.ok()) return adopted.fault().status;
  a_.emplace(adopted.take());
  const bool symmetric = graph_->undirected();
  jacobi_ = make_jacobi(symmetric);
  krylov_ = symmetric ? make_cg() : make_bicgstab();
  if (jacobi_ == nullptr || krylov_ == nullptr) return Status::out_of_memory;
  if (const Fault fault = jacobi_->compute(a_->view()); !fault.ok()) return fault.status;
  return krylov_->reserve(m);
}

void HittingTimes::start_solver(std::int64_t max_iterations) {
  const KrylovLimits limits{target_, max_iterations - iterations_};
  krylov_->start(a_->view(), *jacobi_, b_.span(), y_.span(), limits);
}

bool HittingTimes::sweep(Budget& budget) {
  const CsrView a = a_->view();
  return pass_.run(y_.size(), 4, budget, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      double sum = b_[i];
      double diagonal = 1;
      for (std::int32_t p = a.indptr()[i]; p < a.indptr()[i + 1]; ++p) {
        const auto j = static_cast<std::size_t>(a.indices()[p]);
        if (j == i) {
          diagonal = a.data()[p];
        } else {
          sum -= a.data()[p] * y_[j];
        }
      }
      y_[i] = sum / diagonal;
    }
    const double entries = a.indptr()[end] - a.indptr()[begin];
    entries_ += entries;
    budget.spend(2 * entries);
  });
}

bool HittingTimes::certify(Budget& budget) {
  const Arcs out = graph_->out();
  return pass_.run(static_cast<std::size_t>(n_), 4, budget,
                   [&](std::size_t begin, std::size_t end) {
                     for (std::size_t k = begin; k < end; ++k) {
                       if (number_[k] < 0) continue;
                       const auto v = static_cast<std::int32_t>(k);
                       const double x = x_[k];
                       double y = 0;
                       double size = 0;
                       for (std::int32_t p = out.indptr[v]; p < out.indptr[v + 1]; ++p) {
                         const double w = out.weights != nullptr ? out.weights[p] : 1;
                         const double term = w * (x - x_[static_cast<std::size_t>(out.indices[p])]);
                         y += term;
                         size += std::fabs(term);
                       }
                       const double degree = out.degree(v);
                       const double sum = graph_->out_weight(v);
                       budget.spend(5 * degree);
                       positive_ = positive_ && x > 0;
                       const double error = unit_roundoff * ((degree + 4) * size + 3 * sum);
                       proof_.take(sum, y, error + degree * graph_detail::underflow);
                     }
                   });
}

double HittingTimes::progress() const {
  if (stage_ < Stage::sweep) return 0;
  if (stage_ == Stage::sweep) return 0.1;
  return stage_ == Stage::solve ? 0.1 + 0.8 * krylov_->progress() : 0.9;
}

GraphOutcome HittingTimes::step(double rtol, std::int64_t max_iterations, Budget& budget) {
  fault_ = {};
  for (;;) {
    switch (stage_) {
      case Stage::prepare:
        if (prepare() != Status::ok) return fail(Status::out_of_memory);
        stage_ = Stage::reach;
        break;
      case Stage::reach:
        if (!search(reaches, budget)) return GraphOutcome::running;
        stage_ = Stage::seed_lost;
        break;
      case Stage::seed_lost:
        if (!pass_.run(static_cast<std::size_t>(n_), 1, budget,
                       [&](std::size_t begin, std::size_t end) {
                         for (std::size_t v = begin; v < end; ++v) {
                           if (marks_[v] != 0) continue;
                           marks_[v] = lost;
                           queue_[tail_++] = static_cast<std::int32_t>(v);
                         }
                       })) {
          return GraphOutcome::running;
        }
        stage_ = Stage::lose;
        break;
      case Stage::lose:
        if (!search(lost, budget)) return GraphOutcome::running;
        stage_ = Stage::assemble;
        break;
      case Stage::assemble:
        if (const Status status = assemble(); status != Status::ok) return fail(status);
        budget.spend(4.0 * graph_->arcs());
        if (a_) {
          double square = 0;
          for (const double b : b_.span()) square += b * b;
          target_ = 0.5 * rtol * std::sqrt(square);
        }
        sweeps_ = 1;
        troubles_ = 0;
        stage_ = a_ ? Stage::sweep : Stage::unpack;
        break;
      case Stage::sweep:
        for (; sweeps_ > 0; --sweeps_) {
          if (!sweep(budget)) return GraphOutcome::running;
          ++iterations_;
        }
        start_solver(max_iterations);
        stage_ = Stage::solve;
        break;
      case Stage::solve:
        if (krylov_->step(budget) != TaskState::done) return GraphOutcome::running;
        iterations_ += krylov_->iterations();
        entries_ += 0.5 * krylov_->flops();
        reason_ = krylov_->reason();
        stage_ = Stage::unpack;
        break;
      case Stage::unpack:
        if (!pass_.run(
                static_cast<std::size_t>(n_), 1, budget, [&](std::size_t begin, std::size_t end) {
                  for (std::size_t v = begin; v < end; ++v) {
                    const std::int32_t k = number_[v];
                    const bool target = v == static_cast<std::size_t>(t_);
                    x_[v] = k >= 0 ? y_[static_cast<std::size_t>(k)] : (target ? 0 : infinity);
                  }
                })) {
          return GraphOutcome::running;
        }
        proof_ = {};
        positive_ = true;
        stage_ = Stage::certify;
        break;
      case Stage::certify:
        if (!certify(budget)) return GraphOutcome::running;
        last_ = std::fmax(below_, above_);
        below_ = positive_ ? proof_.below() : infinity;
        above_ = positive_ ? proof_.above() : infinity;
        stage_ = Stage::rest;
        break;
      case Stage::rest: {
        const double reached = std::fmax(below_, above_);
        if (reached <= rtol) return GraphOutcome::done;
        if (iterations_ >= max_iterations) return GraphOutcome::limit;
        const bool solved = reason_ == Reason::converged_rtol || reason_ == Reason::max_iterations;
        if (solved) {
          target_ *= sharper;
        } else if (!(reached < 0.5 * last_)) {
          if (++troubles_ > most_troubles) return GraphOutcome::rounding;
          sweeps_ = first_sweeps << troubles_;
        }
        stage_ = Stage::sweep;
        break;
      }
    }
  }
}

Bracket HittingTimes::bracket(std::int64_t v) const {
  const double x = value(v);
  if (v == t_ || x == infinity) return {x, x};
  constexpr double down = 1 - 4 * unit_roundoff;
  constexpr double up = 1 + 4 * unit_roundoff;
  if (!(above_ < infinity)) return {};
  return {std::fmax(0, x * (1 - below_) * (below_ < 1 ? down : up)), x * (1 + above_) * up};
}

std::size_t HittingTimes::bytes() const {
  return marks_.bytes() + queue_.bytes() + number_.bytes() + (a_ ? a_->bytes() : 0) + b_.bytes() +
         y_.bytes() + x_.bytes();
}

}  // namespace lacuna
