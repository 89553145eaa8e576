#include "lacuna/local/graph/ball_cg.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna {
namespace {

/// Share of bᵀD⁻¹b at which a recurrence has long parted from the true residual.
constexpr double attainable = 0x1p-100;
/// Steps between two looks at the error: at least these, and this share of all so far.
constexpr double least_delay = 8;
constexpr double delay_share = 0.25;

}  // namespace

Status BallVectors::reserve(const Ball& ball) {
  for (Buffer<double>* v : {&r, &p, &q}) {
    if (graph_detail::extend(*v, 0, ball.size()) != Status::ok) return Status::out_of_memory;
  }
  return Status::ok;
}

void BallCg::start(const Ball& ball, std::span<const BallSource> b, double* x, bool cut,
                   BallVectors& vectors) {
  ball_ = &ball;
  b_ = b;
  x_ = x;
  cut_ = cut;
  v_ = &vectors;
  stage_ = Stage::clear;
  pass_ = {};
  edges_ = {};
  step_ = 0;
  fall_ = 0;
  next_look_ = least_delay;
  least_square_ = 0;
  for (const BallSource& source : b) {
    const double degree = ball.vertex(source.vertex).degree;
    if (degree > 0) least_square_ += attainable * source.value * (source.value / degree);
  }
}

bool BallCg::converged(double tolerance) {
  if (!(square_ > least_square_)) return true;
  if (step_ < next_look_) return false;
  const double fall = fall_;
  fall_ = 0;
  next_look_ = step_ + std::fmax(least_delay, delay_share * step_);
  return !(fall > tolerance);
}

bool BallCg::free(std::uint32_t k) const {
  const Ball::Vertex& v = ball_->vertex(k);
  if (v.parent == Ball::none) return !cut_ && !ball_->closed(ball_->piece(k));
  return cut_ || v.row != Ball::none;
}

bool BallCg::run(double tolerance, Budget& budget) {
  const std::size_t n = ball_->size();
  double* r = v_->r.data();
  double* p = v_->p.data();
  double* q = v_->q.data();
  // q ← q + Ly; for p also pᵀLp, edge by edge, which cannot cancel.
  const auto product = [&](const double* y) {
    return edges_.run(*ball_, 7, budget, [&](std::uint32_t i, std::size_t begin, std::size_t end) {
      const double yi = y[i];
      double sum = q[i];
      double curvature = curvature_;
      for (std::size_t e = begin; e < end; ++e) {
        const std::uint32_t j = ball_->target(e);
        const double difference = yi - y[j];
        const double current = ball_->weight(e) * difference;
        sum += current;
        q[j] -= current;
        curvature += current * difference;
      }
      q[i] = sum;
      curvature_ = curvature;
    });
  };
  for (;;) {
    switch (stage_) {
      case Stage::clear:
        if (!pass_.run(n, 1, budget, [&](std::size_t begin, std::size_t end) {
              std::fill(q + begin, q + end, 0.0);
            })) {
          return false;
        }
        stage_ = Stage::residual;
        break;
      case Stage::residual:
        if (!product(x_)) return false;
        for (const BallSource& s : b_) q[s.vertex] -= s.value;
        square_ = 0;
        stage_ = Stage::begin;
        break;
      case Stage::begin:
        if (!pass_.run(n, 5, budget, [&](std::size_t begin, std::size_t end) {
              for (std::size_t at = begin; at < end; ++at) {
                const auto k = static_cast<std::uint32_t>(at);
                r[k] = free(k) ? -q[k] : 0;
                p[k] = r[k] != 0 ? r[k] / ball_->vertex(k).degree : 0;
                q[k] = 0;
                square_ += r[k] * p[k];
              }
            })) {
          return false;
        }
        curvature_ = 0;
        stage_ = Stage::product;
        if (!(square_ > least_square_)) return true;
        break;
      case Stage::product:
        if (!product(p)) return false;
        // Vanishes only where p does, or where numbers under- or overflow.
        if (!(curvature_ > 0) || !std::isfinite(curvature_)) return true;
        alpha_ = square_ / curvature_;
        fall_ += alpha_ * square_;
        next_square_ = 0;
        stage_ = Stage::update;
        break;
      case Stage::update:
        if (!pass_.run(n, 7, budget, [&](std::size_t begin, std::size_t end) {
              for (std::size_t at = begin; at < end; ++at) {
                const auto k = static_cast<std::uint32_t>(at);
                if (!free(k)) continue;
                x_[k] += alpha_ * p[k];
                r[k] -= alpha_ * q[k];
                next_square_ += r[k] * (r[k] / ball_->vertex(k).degree);
              }
            })) {
          return false;
        }
        ++step_;
        ++steps_;
        stage_ = Stage::direction;
        break;
      case Stage::direction: {
        const double beta = next_square_ / square_;
        if (!pass_.run(n, 5, budget, [&](std::size_t begin, std::size_t end) {
              for (std::size_t k = begin; k < end; ++k) {
                const double degree = ball_->vertex(static_cast<std::uint32_t>(k)).degree;
                p[k] = (r[k] != 0 ? r[k] / degree : 0) + beta * p[k];
                q[k] = 0;
              }
            })) {
          return false;
        }
        square_ = next_square_;
        curvature_ = 0;
        stage_ = Stage::product;
        if (converged(tolerance)) return true;
        break;
      }
    }
  }
}

}  // namespace lacuna
