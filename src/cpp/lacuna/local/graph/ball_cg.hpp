#pragma once
#include <cstdint>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/local/graph/ball.hpp"
#include "lacuna/local/graph/workspace.hpp"

namespace lacuna {

/// A current that enters the graph at a vertex of the ball.
struct BallSource {
  std::uint32_t vertex;
  double value;
};

/// Vectors over the vertices of a ball.
struct BallVectors {
  Buffer<double> r, p, q;

  Status reserve(const Ball& ball);
  std::size_t bytes() const { return r.bytes() + p.bytes() + q.bytes(); }
};

/// Conjugate gradients with the diagonal as preconditioner (Hestenes & Stiefel, 1952) for the
/// Laplacian of a ball, in one of two networks: `cut`, all its vertices with the edges known, or
/// with all unread vertices held where they are. Where that leaves it singular, the root of the
/// piece is held as well, and takes whatever current the others leave.
///
/// Ends when the last fifth of the steps, at least eight, has lowered the squared error in energy
/// by no more than the tolerance (what a step takes from it is known exactly: Strakoš & Tichý, ETNA
/// 13, 2002), or when only rounding is left. The error is estimated in this way only, and nothing
/// that is certified rests on it. A step costs 7 flops an edge and 12 a vertex.
class BallCg {
 public:
  /// Starts from x, which holds a guess for every vertex of the ball.
  void start(const Ball& ball, std::span<const BallSource> b, double* x, bool cut,
             BallVectors& vectors);

  /// False where the budget is used up.
  bool run(double tolerance, Budget& budget);

  double steps() const { return steps_; }

 private:
  enum class Stage { clear, residual, begin, product, update, direction };
  bool converged(double tolerance);
  bool free(std::uint32_t k) const;

  const Ball* ball_ = nullptr;
  std::span<const BallSource> b_;
  double* x_ = nullptr;
  bool cut_ = false;
  BallVectors* v_ = nullptr;
  Stage stage_ = Stage::clear;
  graph_detail::Pass pass_;
  EdgePass edges_;
  double square_ = 0;  ///< rᵀD⁻¹r
  double next_square_ = 0;
  double curvature_ = 0;
  double alpha_ = 0;
  double least_square_ = 0;  ///< rᵀD⁻¹r that rounding leaves
  double fall_ = 0;          ///< of the squared error since the last look
  double step_ = 0;
  double next_look_ = 0;
  double steps_ = 0;
};

}  // namespace lacuna
