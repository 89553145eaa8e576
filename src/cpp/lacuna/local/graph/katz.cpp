#include "lacuna/local/graph/katz.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lacuna/base/elementary.hpp"

namespace lacuna {
namespace {

using graph_detail::underflow;
using graph_detail::unit_roundoff;

constexpr double infinity = std::numeric_limits<double>::infinity();
/// First pass after which a proof of α ≥ 1/ρ is tried, and then after twice as many.
constexpr std::int32_t first_trial = 8;
/// Vertices that do not grow are taken out of such a proof so often.
constexpr int most_trims = 16;
/// Pushes between two looks at the number of entries touched, in flops.
constexpr double push_piece = 2e4;

double weight_of(const Arcs& arcs, std::int32_t p) {
  return arcs.weights != nullptr ? arcs.weights[p] : 1;
}

}  // namespace

Status KatzCentrality::begin(const Graph& graph, double alpha, double beta) {
  if (!(alpha > 0) || !std::isfinite(alpha) || !(beta > 0) || !std::isfinite(beta)) {
    return Status::invalid_argument;
  }
  if (!graph.has_in_arcs()) return Status::not_ready;
  graph_ = &graph;
  alpha_ = alpha;
  beta_ = beta;
  stage_ = Stage::prepare;
  pass_ = {};
  fault_ = {};
  judged_ = 0;
  passes_ = 0;
  next_trial_ = first_trial;
  wanted_ = infinity;
  stalls_ = 0;
  entries_ = 0;
  below_ = above_ = infinity;
  return Status::ok;
}

bool KatzCentrality::multiply(Budget& budget) {
  const Arcs in = graph_->in();
  return pass_.run(x_.size(), 2, budget, [&](std::size_t begin, std::size_t end) {
    for (std::size_t v = begin; v < end; ++v) {
      double sum = 0;
      for (std::int32_t p = in.indptr[v]; p < in.indptr[v + 1]; ++p) {
        sum += weight_of(in, p) * term_[static_cast<std::size_t>(in.indices[p])];
      }
      next_[v] = alpha_ * sum;
    }
    const double arcs = in.indptr[end] - in.indptr[begin];
    entries_ += arcs;
    budget.spend(2 * arcs);
  });
}

bool KatzCentrality::trim(Budget& budget) {
  const Arcs in = graph_->in();
  return pass_.run(x_.size(), 2, budget, [&](std::size_t begin, std::size_t end) {
    for (std::size_t v = begin; v < end; ++v) {
      if (alive_[v] == 0) continue;
      double sum = 0;
      for (std::int32_t p = in.indptr[v]; p < in.indptr[v + 1]; ++p) {
        const auto u = static_cast<std::size_t>(in.indices[p]);
        if (alive_[u] != 0) sum += weight_of(in, p) * x_[u];
      }
      const double terms = in.indptr[v + 1] - in.indptr[v] + 4.0;
      const double least =
          alpha_ * sum * (1 - terms * unit_roundoff) - terms * (1 + alpha_) * underflow;
      if (least >= x_[v]) {
        ++kept_;
      } else {
        alive_[v] = 0;
        ++removed_;
      }
    }
    budget.spend(2.0 * (in.indptr[end] - in.indptr[begin]));
  });
}

bool KatzCentrality::certify(Budget& budget) {
  const Arcs in = graph_->in();
  return pass_.run(x_.size(), 4, budget, [&](std::size_t begin, std::size_t end) {
    for (std::size_t v = begin; v < end; ++v) {
      double sum = 0;
      for (std::int32_t p = in.indptr[v]; p < in.indptr[v + 1]; ++p) {
        sum += weight_of(in, p) * x_[static_cast<std::size_t>(in.indices[p])];
      }
      const double walks = alpha_ * sum;
      const double degree = in.indptr[v + 1] - in.indptr[v];
      const double error =
          unit_roundoff * ((degree + 4) * walks + x_[v]) + (degree + 4) * (1 + alpha_) * underflow;
      proof_.take(beta_, x_[v] - walks, error);
    }
    const double arcs = in.indptr[end] - in.indptr[begin];
    entries_ += arcs;
    budget.spend(2 * arcs);
  });
}

GraphOutcome KatzCentrality::step(double rtol, std::int32_t max_passes, Budget& budget) {
  fault_ = {};
  for (;;) {
    switch (stage_) {
      case Stage::prepare: {
        const auto n = static_cast<std::size_t>(graph_->vertices());
        if (x_.allocate(n) != Status::ok || term_.allocate(n) != Status::ok ||
            next_.allocate(n) != Status::ok || alive_.allocate(n) != Status::ok) {
          fault_ = Status::out_of_memory;
          return GraphOutcome::failed;
        }
        std::fill(x_.data(), x_.data() + n, beta_);
        std::fill(term_.data(), term_.data() + n, beta_);
        stage_ = Stage::pass;
        break;
      }
      case Stage::pass:
        if (passes_ >= max_passes) return GraphOutcome::limit;
        if (!multiply(budget)) return GraphOutcome::running;
        ++passes_;
        largest_ = 0;
        stage_ = Stage::add;
        break;
      case Stage::add:
        if (!pass_.run(x_.size(), 3, budget, [&](std::size_t begin, std::size_t end) {
              for (std::size_t v = begin; v < end; ++v) {
                x_[v] += next_[v];
                largest_ = next_[v] > largest_ ? next_[v] : largest_;
              }
            })) {
          return GraphOutcome::running;
        }
        std::swap(term_, next_);
        stage_ = Stage::judge;
        break;
      case Stage::judge:
        judged_ = largest_;
        if (!(largest_ < infinity)) {
          stage_ = Stage::refused;
          break;
        }
        // The next term is about what is missing of A x̃.
        if (largest_ <= std::fmin(0.5 * rtol / (1 + rtol) * beta_, wanted_) ||
            largest_ <= unit_roundoff * beta_) {
          proof_ = {};
          stage_ = Stage::certify;
        } else if (passes_ >= next_trial_ && largest_ >= beta_) {
          next_trial_ = 2 * passes_;
          trims_ = 0;
          kept_ = removed_ = 0;
          for (std::size_t v = 0; v < x_.size(); ++v) alive_[v] = term_[v] >= beta_;
          stage_ = Stage::trim;
        } else {
          stage_ = Stage::pass;
        }
        break;
      case Stage::trim:
        // On a set where nothing had to go, αWᵀx̃ ≥ x̃: ρ(αW) ≥ 1. Partial sums, unlike single terms,
        // don't swing where cycles have a period.
        if (!trim(budget)) return GraphOutcome::running;
        if (removed_ == 0 && kept_ > 0) {
          stage_ = Stage::refused;
        } else if (kept_ == 0 || ++trims_ == most_trims) {
          stage_ = Stage::pass;
        }
        kept_ = removed_ = 0;
        break;
      case Stage::certify:
        if (!certify(budget)) return GraphOutcome::running;
        stage_ = Stage::rest;
        break;
      case Stage::rest: {
        const double before = std::fmax(below_, above_);
        if (proof_.larger() < before) {
          below_ = proof_.below();
          above_ = proof_.above();
        }
        const double reached = std::fmax(below_, above_);
        if (reached <= rtol) {
          wanted_ = infinity;
          return GraphOutcome::done;
        }
        wanted_ = 0.25 * largest_;
        stalls_ = reached < 0.5 * before ? 0 : stalls_ + 1;
        if (stalls_ > 2) return GraphOutcome::rounding;
        stage_ = Stage::pass;
        break;
      }
      case Stage::refused: return GraphOutcome::refused;
    }
  }
}

double KatzCentrality::progress(double rtol) const {
  const double goal = std::fmax(std::fmin(0.5 * rtol / (1 + rtol), wanted_ / beta_), unit_roundoff);
  const double now = judged_ / beta_;
  if (passes_ == 0 || !(now < 1)) return 0;
  return now <= goal ? 1 : natural_log(now) / natural_log(goal);
}

Result<Weights> KatzCentrality::weights() const {
  if (!(above_ < infinity)) return Status::not_ready;
  Weights weights;
  if (weights.each.allocate(x_.size()) != Status::ok) return Status::out_of_memory;
  // From β − y ≤ θ⁺y follows y ≥ β/(1 + θ⁺).
  const double factor = (1 + above_) / beta_ * (1 + 8 * unit_roundoff);
  double largest = 0;
  for (std::size_t v = 0; v < x_.size(); ++v) {
    weights.each[v] = factor * x_[v];
    largest = std::fmax(largest, weights.each[v]);
  }
  weights.uniform = largest;
  weights.dominance = Dominance::scaled;
  return weights;
}

bool KatzRows::get(std::int64_t v, Line& line) {
  if (!in_.get(v, line)) return false;
  double loop = 0;
  for (std::int32_t k = 0; loops_ && k < line.count; ++k) {
    if (line.id(k) == v) loop = line.value(k);
  }
  line.diagonal = 1 - alpha_ * loop;
  line.scale *= -alpha_;
  return true;
}

Status KatzEntry::begin(Lines& rows, const Weights& weights, double beta, std::int64_t v) {
  if (!weights.known() || !(beta > 0) || !std::isfinite(beta)) return Status::invalid_argument;
  if (v < 0 || v >= rows.size()) return Status::index_out_of_range;
  weights_ = &weights;
  beta_ = beta;
  target_ = infinity;
  bracket_ = {beta, infinity};
  fault_ = {};
  push_.begin(rows, {&weights, nullptr}, PushOrder::buckets, 0);
  return push_.add(v, 1);
}

void KatzEntry::enclose() {
  graph_detail::Sum lo, hi;
  for (std::uint32_t k = 0; k < push_.touched(); ++k) {
    const Push::Vertex& u = push_.vertex(k);
    const double w = (*weights_)(u.id);
    lo.add(u.value);
    hi.add(u.value);
    // Rounding may leave residuals that are a little below zero.
    lo.add(u.residual > 0 ? u.residual : u.residual * w);
    hi.add(u.residual > 0 ? u.residual * w : u.residual);
  }
  const double slack = push_.slack();
  constexpr double down = 1 - 16 * unit_roundoff;
  constexpr double up = 1 + 16 * unit_roundoff;
  bracket_.lo = std::fmax(bracket_.lo, beta_ * (lo.value() * down - slack * up));
  bracket_.hi = std::fmin(bracket_.hi, beta_ * (hi.value() * up + slack * up));
}

GraphOutcome KatzEntry::step(double rtol, double atol, double max_entries, Budget& budget) {
  fault_ = {};
  push_.lines_arrived();
  for (;;) {
    if (bracket_.width() <= std::fmax(atol, rtol * bracket_.lo)) return GraphOutcome::done;
    if (push_.work().entries >= max_entries) return GraphOutcome::limit;
    if (budget.exhausted()) return GraphOutcome::running;
    // Goals that halve, so that the push ends not far below what the bracket asks for; none below
    // what the rounding of a single step, u·w·p, leaves of a residual.
    if (target_ == infinity) target_ = 0.5 * push_.weighted_residual();
    const double floor = 64 * unit_roundoff * weights_->uniform * (bracket_.lo / beta_);
    if (target_ <= floor) return GraphOutcome::rounding;
    Budget part(std::fmin(push_piece, budget.work_left()));
    const double allowed = part.work_left();
    const Push::Outcome outcome = push_.step({target_, 0}, part);
    budget.spend(allowed - part.work_left());
    switch (outcome) {
      case Push::Outcome::running: break;
      case Push::Outcome::reached:
        enclose();
        budget.spend(4.0 * push_.touched());
        target_ = infinity;
        break;
      case Push::Outcome::needs_lines: return GraphOutcome::needs_lines;
      case Push::Outcome::rounding:
        enclose();
        return bracket_.width() <= std::fmax(atol, rtol * bracket_.lo) ? GraphOutcome::done
                                                                       : GraphOutcome::rounding;
      case Push::Outcome::stuck:
        fault_ = {Status::singular_matrix, push_.stuck_at()};
        return GraphOutcome::failed;
      case Push::Outcome::out_of_memory:
        fault_ = Status::out_of_memory;
        return GraphOutcome::failed;
    }
  }
}

}  // namespace lacuna
