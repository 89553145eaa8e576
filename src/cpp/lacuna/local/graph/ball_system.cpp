#include "lacuna/local/graph/ball_system.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna {
namespace {

using graph_detail::extend;
using graph_detail::sum_error;
using graph_detail::underflow;
using graph_detail::unit_roundoff;

/// Raises sums of positive terms that are right to a few roundings a term.
constexpr double raise = 1 + 16 * unit_roundoff;
/// More than the rounding of a plain sum of up to 2³² positive terms.
constexpr double raise_plain_sum = 1 + 0x1p-18;
/// How often the cut network is solved more accurately because too much goes along the forest.
constexpr int most_repeats = 6;

}  // namespace

void BallSystem::begin(const Ball& ball) {
  ball_ = &ball;
  source_count_ = 0;
  defect_ = 0;
  balanced_ = false;
  stage_ = Stage::begin;
  pass_ = {};
  edges_ = {};
  cg_ = {};
  known_ = 0;
  flow_energy_ = std::numeric_limits<double>::infinity();
  slack_ = 0;
  potential_energy_ = 0;
}

Status BallSystem::add(std::uint32_t vertex, double value) {
  if (extend(sources_, source_count_, source_count_ + 1) != Status::ok) {
    return Status::out_of_memory;
  }
  sources_[source_count_++] = {vertex, value};
  return Status::ok;
}

void BallSystem::keep_piece(std::uint32_t vertex) {
  const std::uint32_t piece = ball_->piece(vertex);
  std::uint32_t kept = 0;
  for (const BallSource& source : sources()) {
    if (ball_->piece(source.vertex) == piece) sources_[kept++] = source;
  }
  source_count_ = kept;
}

Status BallSystem::prepare() {
  const std::uint32_t n = ball_->size();
  if (vectors_.reserve(*ball_) != Status::ok ||
      extend(shorted_potential_, known_, n) != Status::ok ||
      extend(cut_potential_, known_, n) != Status::ok || extend(children_, 0, n) != Status::ok ||
      extend(low_, 0, n) != Status::ok || extend(flow_, 0, ball_->edges()) != Status::ok ||
      extend(sums_, 0, ball_->seeds()) != Status::ok) {
    return Status::out_of_memory;
  }
  for (; known_ < n; ++known_) {
    const std::uint32_t parent = ball_->vertex(known_).parent;
    shorted_potential_[known_] = 0;
    cut_potential_[known_] = parent < known_ ? cut_potential_[parent] : 0;
  }
  return Status::ok;
}

GraphOutcome BallSystem::balance() {
  for (std::uint32_t s = 0; s < ball_->seeds(); ++s) sums_[s] = {0, 0, 0, 0, true};
  for (const BallSource& source : sources()) {
    PieceSum& sum = sums_[ball_->piece(source.vertex)];
    const double high = sum.high + source.value;
    const double error = sum_error(sum.high, source.value, high);
    const double low = sum.low + error;
    sum.exact = sum.exact && sum_error(sum.low, error, low) == 0;
    sum = {high, low, sum.size + std::fabs(source.value), sum.count + 1, sum.exact};
  }
  balanced_ = true;
  defect_ = 0;
  for (std::uint32_t s = 0; s < ball_->seeds(); ++s) {
    const PieceSum& sum = sums_[s];
    if (sum.count == 0) continue;
    const double rest = std::fabs(sum.high) + std::fabs(sum.low);
    if (rest == 0 && sum.exact) continue;
    const bool rounding = rest <= 4 * sum.count * unit_roundoff * sum.size;
    if (rounding && (ball_->closed(s) || sum.count == source_count_)) {
      // What the sum of the low parts lost is of the order of its rounding squared.
      defect_ = std::fmax(
          defect_, rest + 4 * sum.count * sum.count * unit_roundoff * unit_roundoff * sum.size);
      continue;
    }
    if (ball_->closed(s)) return GraphOutcome::refused;
    balanced_ = false;
  }
  return GraphOutcome::done;
}

void BallSystem::start_cut() {
  cg_.start(*ball_, sources(), cut_potential_.data(), true, vectors_);
  stage_ = Stage::cut;
}

bool BallSystem::gather(double& energy, Budget& budget) {
  double* amount = vectors_.r.data();
  constexpr std::uint32_t passed = Ball::none;
  return pass_.run(ball_->size(), 6, budget, [&](std::size_t begin, std::size_t end) {
    for (std::size_t first = begin; first < end; ++first) {
      auto k = static_cast<std::uint32_t>(first);
      // Leaves give to their parents, and a parent that has heard all its children goes on.
      while (children_[k] == 0) {
        children_[k] = passed;
        const Ball::Vertex& v = ball_->vertex(k);
        if (v.parent == Ball::none) break;
        energy += amount[k] * (amount[k] / v.up);
        amount[v.parent] += amount[k];
        --children_[v.parent];
        k = v.parent;
      }
    }
  });
}

double BallSystem::flow_bound() const {
  return (flow_energy_ + 2 * std::sqrt(flow_energy_) * slack_ + slack_ * slack_) * raise;
}

GraphOutcome BallSystem::solve(double tolerance, Budget& budget) {
  const std::size_t n = ball_->size();
  double* r = vectors_.r.data();
  double* p = vectors_.p.data();
  double* q = vectors_.q.data();
  const auto clear = [&](std::size_t begin, std::size_t end) {
    std::fill(p + begin, p + end, 0.0);
    std::fill(q + begin, q + end, 0.0);
    std::fill(low_.data() + begin, low_.data() + end, 0.0);
    std::fill(children_.data() + begin, children_.data() + end, 0u);
  };
  const auto count_child = [&](std::size_t k) {
    const std::uint32_t parent = ball_->vertex(static_cast<std::uint32_t>(k)).parent;
    if (parent != Ball::none) ++children_[parent];
  };
  // Adds to the divergence at k with compensation; p takes the rounding of the low part over u.
  const auto leave = [&](std::uint32_t k, double f) {
    const double high = q[k] + f;
    low_[k] += sum_error(q[k], f, high);
    q[k] = high;
    p[k] += std::fabs(low_[k]);
  };
  for (;;) {
    switch (stage_) {
      case Stage::begin: {
        if (prepare() != Status::ok) return GraphOutcome::failed;
        r = vectors_.r.data();
        p = vectors_.p.data();
        q = vectors_.q.data();
        if (const GraphOutcome outcome = balance(); outcome != GraphOutcome::done) return outcome;
        flow_energy_ = std::numeric_limits<double>::infinity();
        slack_ = 0;
        repeats_ = 0;
        cut_tolerance_ = tolerance;
        if (ball_->complete()) {
          start_cut();
          break;
        }
        cg_.start(*ball_, sources(), shorted_potential_.data(), false, vectors_);
        stage_ = Stage::shorted;
        break;
      }
      case Stage::shorted:
        if (!cg_.run(tolerance, budget)) return GraphOutcome::running;
        if (balanced_) {
          start_cut();
        } else {
          sum_ = {};
          stage_ = Stage::energy;
        }
        break;
      case Stage::cut:
        if (!cg_.run(cut_tolerance_, budget)) return GraphOutcome::running;
        stage_ = Stage::flow_clear;
        break;
      case Stage::flow_clear:
        if (!pass_.run(n, 2, budget, clear)) return GraphOutcome::running;
        for (const BallSource& s : sources()) q[s.vertex] = -s.value;
        stage_ = Stage::flow;
        break;
      case Stage::flow: {
        const double* x = cut_potential_.data();
        const auto body = [&](std::uint32_t i, std::size_t begin, std::size_t end) {
          for (std::size_t e = begin; e < end; ++e) {
            const std::uint32_t j = ball_->target(e);
            const double f = ball_->weight(e) * (x[i] - x[j]);
            flow_[e] = f;
            leave(i, f);
            leave(j, -f);
          }
        };
        if (!edges_.run(*ball_, 16, budget, body)) return GraphOutcome::running;
        stage_ = Stage::lack;
        break;
      }
      case Stage::lack:
        if (!pass_.run(n, 1, budget, [&](std::size_t begin, std::size_t end) {
              for (std::size_t k = begin; k < end; ++k) {
                r[k] = -(q[k] + low_[k]);
                count_child(k);
              }
            })) {
          return GraphOutcome::running;
        }
        routed_ = 0;
        stage_ = Stage::gather;
        break;
      case Stage::gather:
        if (!gather(routed_, budget)) return GraphOutcome::running;
        if (routed_ > tolerance && repeats_ < most_repeats) {
          ++repeats_;
          cut_tolerance_ *= 0.01;
          start_cut();
          break;
        }
        stage_ = Stage::correct_clear;
        break;
      case Stage::correct_clear:
        if (!pass_.run(n, 2, budget, clear)) return GraphOutcome::running;
        for (const BallSource& s : sources()) q[s.vertex] = -s.value;
        sum_ = {};
        stage_ = Stage::correct;
        break;
      case Stage::correct: {
        const auto body = [&](std::uint32_t i, std::size_t begin, std::size_t end) {
          const std::uint32_t up = ball_->vertex(i).parent;
          for (std::size_t e = begin; e < end; ++e) {
            const std::uint32_t j = ball_->target(e);
            double f = flow_[e];
            if (ball_->vertex(j).parent == i) f -= r[j];
            if (up == j) f += r[i];
            flow_[e] = f;
            sum_.add(f * (f / ball_->weight(e)));
            leave(i, f);
            leave(j, -f);
          }
        };
        if (!edges_.run(*ball_, 24, budget, body)) return GraphOutcome::running;
        flow_energy_ = sum_.value() * raise + static_cast<double>(ball_->edges()) * underflow;
        stage_ = Stage::charge;
        break;
      }
      case Stage::charge:
        if (!pass_.run(n, 3, budget, [&](std::size_t begin, std::size_t end) {
              for (std::size_t k = begin; k < end; ++k) {
                const double lack = std::fabs(q[k] + low_[k]);
                r[k] = lack * raise + unit_roundoff * p[k] * raise_plain_sum + underflow;
                count_child(k);
              }
            })) {
          return GraphOutcome::running;
        }
        if (defect_ > 0) {
          for (const BallSource& s : sources()) {
            r[ball_->root(ball_->piece(s.vertex))] += defect_;
          }
        }
        charged_ = 0;
        stage_ = Stage::gather_charge;
        break;
      case Stage::gather_charge:
        if (!gather(charged_, budget)) return GraphOutcome::running;
        slack_ = std::sqrt(charged_ + static_cast<double>(n) * underflow) * raise_plain_sum;
        // Sums that overflowed bound nothing.
        if (!(flow_energy_ + slack_ < std::numeric_limits<double>::infinity())) {
          flow_energy_ = std::numeric_limits<double>::infinity();
          slack_ = 0;
        }
        sum_ = {};
        stage_ = Stage::energy;
        break;
      case Stage::energy: {
        const double* x = potential_of();
        const auto body = [&](std::uint32_t i, std::size_t begin, std::size_t end) {
          for (std::size_t e = begin; e < end; ++e) {
            const double d = x[i] - x[ball_->target(e)];
            sum_.add(ball_->weight(e) * d * d);
          }
        };
        if (!edges_.run(*ball_, 9, budget, body)) return GraphOutcome::running;
        potential_energy_ = sum_.value() * raise + static_cast<double>(ball_->edges()) * underflow;
        stage_ = Stage::begin;
        return GraphOutcome::done;
      }
    }
  }
}

std::size_t BallSystem::bytes() const {
  return sources_.bytes() + sums_.bytes() + vectors_.bytes() + shorted_potential_.bytes() +
         cut_potential_.bytes() + low_.bytes() + flow_.bytes() + children_.bytes();
}

}  // namespace lacuna
