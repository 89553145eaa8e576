#include "lacuna/local/graph/local_hitting.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna {
namespace {

using graph_detail::extend;
using graph_detail::unit_roundoff;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double up = 1 + 8 * unit_roundoff;
constexpr double down = 1 - 8 * unit_roundoff;
/// Entries of the first ball that is solved on; each that follows has twice as many.
constexpr double first_entries = 64;
constexpr double growth = 2;
/// Solves on a whole component that may gain nothing before rounding is held to be reached.
constexpr int most_stalls = 2;
/// Share of bᵀD⁻¹b ≤ 2bᵀL⁻¹b to which the squared error in energy is taken.
constexpr double solve_share = 0x1p-90;

}  // namespace

Bracket volume_bracket(const Ball& ball, bool whole, double declared) {
  const double known = ball.volume();
  const double off = known * (ball.entries() + 2) * unit_roundoff;
  if (whole) return {known - off, known + off};
  // A declared sum is off by its last bit at the least.
  return {std::isfinite(declared) ? declared * down : known - off, declared * up};
}

Status LocalHitting::begin(Lines& arcs, std::int64_t s, std::int64_t t, double volume) {
  if (!(volume > 0)) return Status::invalid_argument;
  ball_.begin(arcs);
  fault_ = {};
  bracket_ = {};
  volume_ = volume;
  whole_ = false;
  stage_ = Stage::grow;
  wanted_entries_ = rounds_ = 0;
  stalls_ = 0;
  known_ = 0;
  pass_ = {};
  edges_ = {};
  same_ = s == t;
  // The target first: it is then the root of its piece, which CG holds where nothing else is.
  for (const std::int64_t v : {t, s}) {
    if (const Status status = ball_.add_seed(v); status != Status::ok) return status;
  }
  s_ = ball_.find(s);
  t_ = ball_.find(t);
  return Status::ok;
}

/// Not among the unknowns.
bool LocalHitting::held(std::uint32_t k) const {
  return !ball_.read(k) || (whole_ && k == t_);
}

Status LocalHitting::prepare() {
  const std::uint32_t n = ball_.size();
  for (Buffer<double>& x : x_) {
    if (extend(x, known_, n) != Status::ok) return Status::out_of_memory;
  }
  if (vectors_.reserve(ball_) != Status::ok || extend(mass_, 0, n) != Status::ok ||
      extend(least_, 0, n) != Status::ok ||
      extend(sources_, 0, std::size_t{ball_.rows()} + 1) != Status::ok) {
    return Status::out_of_memory;
  }
  return Status::ok;
}

void LocalHitting::start_solve() {
  if (solve_ != times) {
    sources_[0] = {solve_ == from_s ? s_ : t_, 1};
    source_count_ = 1;
  }
  cg_.start(ball_, {sources_.data(), source_count_}, x_[solve_].data(), false, vectors_);
}

/// r ← r + L x̃ and p ← p + its rounding, in units, by a running error analysis; of the times also
/// the weighted degrees.
bool LocalHitting::accumulate(Budget& budget) {
  const double* x = x_[solve_].data();
  double* y = vectors_.r.data();
  double* off = vectors_.p.data();
  const bool weigh = solve_ == times;
  return edges_.run(ball_, weigh ? 14 : 12, budget,
                    [&](std::uint32_t i, std::size_t begin, std::size_t end) {
                      for (std::size_t e = begin; e < end; ++e) {
                        const std::uint32_t j = ball_.target(e);
                        const double w = ball_.weight(e);
                        const double current = w * (x[i] - x[j]);
                        y[i] += current;
                        y[j] -= current;
                        off[i] += 3 * std::fabs(current) + std::fabs(y[i]);
                        off[j] += 3 * std::fabs(current) + std::fabs(y[j]);
                        if (!weigh) continue;
                        mass_[i] += w;
                        mass_[j] += w;
                        off[i] += mass_[i];
                        off[j] += mass_[j];
                      }
                    });
}

bool LocalHitting::judge(Budget& budget) {
  return pass_.run(ball_.size(), 8, budget, [&](std::size_t begin, std::size_t end) {
    for (std::size_t at = begin; at < end; ++at) {
      const auto k = static_cast<std::uint32_t>(at);
      double& y = vectors_.r[k];
      double& off = vectors_.p[k];
      const double error = off * unit_roundoff * up + graph_detail::underflow;
      if (!held(k)) {
        if (solve_ == times) {
          proof_.take(mass_[k], y, error);
          least_[k] = y - error;
        } else {
          const double b = k == (solve_ == from_s ? s_ : t_) ? 1 : 0;
          const double ratio = (std::fabs(b - y) * up + error) / least_[k] * up;
          // Kept where it is no number.
          if (!(ratio <= off_[solve_])) off_[solve_] = ratio;
        }
      }
      y = off = 0;
    }
  });
}

/// Limits of a column of G at a vertex of the ball.
LocalHitting::Range LocalHitting::column(int which, std::uint32_t k) const {
  const double x = x_[which][k];
  const double off = off_[which] * std::fabs(x_[times][k]) * up;
  return {std::fmax(0, (x - off) * (x > off ? down : up)), (x + off) * up};
}

bool LocalHitting::measure_ratios(Budget& budget) {
  return edges_.run(ball_, 4, budget, [&](std::uint32_t i, std::size_t begin, std::size_t end) {
    bool outward = false;
    for (std::size_t e = begin; e < end && !outward; ++e) outward = !ball_.read(ball_.target(e));
    if (!outward) return;
    const Range s = column(from_s, i);
    const Range t = column(from_t, i);
    least_ratio_ = std::fmin(least_ratio_, t.hi > 0 ? s.lo / t.hi * down : 0);
    const double most = t.lo > 0 ? s.hi / t.lo * up : infinity;
    most_ratio_ = std::fmax(most_ratio_, most);
  });
}

void LocalHitting::narrow() {
  ++rounds_;
  const double below = proof_.below();
  const double above = proof_.above();
  if (!(below < 1 && above < infinity)) return;
  const auto time = [&](std::uint32_t k) {
    const double x = x_[times][k];
    return Range{x * (1 - below) * down, x * (1 + above) * up};
  };
  const Range es = time(s_);
  double lo = es.lo;
  double hi = es.hi;
  if (!whole_) {
    const Range et = time(t_);
    const Range gs = column(from_s, t_);
    const Range gt = column(from_t, t_);
    const Bracket volume = volume_bracket(ball_, false, volume_);
    const double least = std::fmax(least_ratio_, gs.lo / gt.hi * down);
    lo = (es.lo - least * et.hi) + volume.lo * (least * gt.lo - gs.hi);
    lo -= 8 * unit_roundoff * (es.hi + least * et.hi + volume.lo * (least * gt.hi + gs.hi));
    hi = infinity;
    if (most_ratio_ < infinity && volume.hi < infinity) {
      const double most = most_ratio_;
      hi = (es.hi - most * et.lo) + volume.hi * (most * gt.hi - gs.lo);
      hi += 8 * unit_roundoff * (es.hi + most * et.hi + volume.hi * (most * gt.hi + gs.hi));
    }
  }
  // What is no number changes nothing.
  if (lo > bracket_.lo) bracket_.lo = lo;
  if (hi < bracket_.hi) bracket_.hi = hi;
}

GraphOutcome LocalHitting::step(const HittingGoal& goal, Budget& budget) {
  if (same_) {
    bracket_ = {0, 0};
    return GraphOutcome::done;
  }
  fault_ = {};
  const auto narrow_enough = [&] { return bracket_.width() <= goal.rtol * bracket_.lo; };
  if (rounds_ > 0 && narrow_enough()) return GraphOutcome::done;
  for (;;) {
    switch (stage_) {
      case Stage::grow: {
        if (ball_.entries() >= goal.max_entries || cg_.steps() >= goal.max_steps) {
          return GraphOutcome::limit;
        }
        const double wanted = std::fmin(wanted_entries_, goal.max_entries);
        const GraphOutcome outcome = ball_.grow(wanted, budget);
        if (outcome == GraphOutcome::failed) fault_ = ball_.fault();
        if (outcome != GraphOutcome::done) return outcome;
        const std::uint32_t a = ball_.piece(s_);
        const std::uint32_t b = ball_.piece(t_);
        whole_ = ball_.closed(b);
        if (a != b && (whole_ || ball_.closed(a))) {
          bracket_.lo = bracket_.hi = infinity;
          return GraphOutcome::disconnected;
        }
        if (!whole_ && volume_bracket(ball_, true, volume_).lo > volume_ * up) {
          return fail(Status::declaration_violated);
        }
        wanted_entries_ = std::fmax(first_entries, growth * ball_.entries());
        // Nothing bounds the time from above while the two have not met.
        if (a != b && ball_.entries() < goal.max_entries) break;
        stage_ = Stage::prepare;
        break;
      }
      case Stage::prepare:
        if (prepare() != Status::ok) return fail(Status::out_of_memory);
        stage_ = Stage::clear_guess;
        break;
      case Stage::clear_guess:
        if (!pass_.run(ball_.size() - known_, 3, budget, [&](std::size_t begin, std::size_t end) {
              for (Buffer<double>& x : x_) {
                std::fill(x.data() + known_ + begin, x.data() + known_ + end, 0.0);
              }
            })) {
          return GraphOutcome::running;
        }
        known_ = ball_.size();
        if (whole_) x_[times][t_] = 0;
        source_count_ = 0;
        stage_ = Stage::sources;
        break;
      case Stage::sources:
        if (!pass_.run(ball_.size(), 2, budget, [&](std::size_t begin, std::size_t end) {
              for (std::size_t at = begin; at < end; ++at) {
                const auto k = static_cast<std::uint32_t>(at);
                const Ball::Vertex& v = ball_.vertex(k);
                if (!held(k)) sources_[source_count_++] = {k, v.degree + v.loop};
                mass_[k] = v.loop;
              }
            })) {
          return GraphOutcome::running;
        }
        solve_ = times;
        proof_ = {};
        off_[from_s] = off_[from_t] = 0;
        start_solve();
        stage_ = Stage::solve;
        break;
      case Stage::solve: {
        double energy = 0;
        for (std::uint32_t k = 0; solve_ != times && k < source_count_; ++k) {
          energy += 1 / ball_.vertex(sources_[k].vertex).degree;
        }
        // Of the times: bᵀD⁻¹b is the volume, at the most.
        if (solve_ == times) energy = ball_.volume();
        if (!cg_.run(solve_share * energy, budget)) return GraphOutcome::running;
        stage_ = Stage::clear;
        break;
      }
      case Stage::clear:
        if (!pass_.run(ball_.size(), 2, budget, [&](std::size_t begin, std::size_t end) {
              std::fill(vectors_.r.data() + begin, vectors_.r.data() + end, 0.0);
              std::fill(vectors_.p.data() + begin, vectors_.p.data() + end, 0.0);
            })) {
          return GraphOutcome::running;
        }
        stage_ = Stage::weigh;
        break;
      case Stage::weigh:
        if (!accumulate(budget)) return GraphOutcome::running;
        stage_ = Stage::judge;
        break;
      case Stage::judge:
        if (!judge(budget)) return GraphOutcome::running;
        if (!whole_ && solve_ != from_t) {
          ++solve_;
          start_solve();
          stage_ = Stage::solve;
          break;
        }
        least_ratio_ = infinity;
        most_ratio_ = 0;
        stage_ = Stage::ratios;
        break;
      case Stage::ratios: {
        if (!whole_ && !measure_ratios(budget)) return GraphOutcome::running;
        const double before = bracket_.width();
        narrow();
        stage_ = Stage::grow;
        if (narrow_enough()) return GraphOutcome::done;
        if (!whole_) break;
        // Nothing to read any more: only the solves can be more accurate.
        stalls_ = bracket_.width() < 0.5 * before ? 0 : stalls_ + 1;
        if (stalls_ > most_stalls) return GraphOutcome::rounding;
        stage_ = Stage::clear_guess;
        break;
      }
    }
  }
}

LaplaceWork LocalHitting::work() const {
  return {static_cast<double>(ball_.rows()), ball_.entries(), static_cast<double>(ball_.size()),
          cg_.steps(), rounds_};
}

std::size_t LocalHitting::bytes() const {
  std::size_t sum = ball_.bytes() + vectors_.bytes() + sources_.bytes() + mass_.bytes() + least_.bytes();
  for (const Buffer<double>& x : x_) sum += x.bytes();
  return sum;
}

}  // namespace lacuna
