#pragma once
#include <cstdint>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/lu_factors.hpp"
#include "lacuna/direct/lu_plan.hpp"

namespace lacuna {

/// Substitution with the factors of LU, block after block from the last one (of the transposed
/// matrix: from the first), in slices: a front, or some columns, at a time. Four right-hand sides
/// are taken at once, which reads the factors once for all; each solution has the bits it would
/// have alone.
template <class Real>
class LuSolve {
 public:
  /// X ← A⁻¹B, or A⁻ᵀB; n × k, column by column; B and X may be the same. All have to stay alive
  /// until the last step. `out_of_memory`.
  Status begin(const LuPlan& plan, const LuFactors<Real>& factors, const double* b, double* x,
               std::int32_t k, bool transposed);

  TaskState step(Budget& budget);

 private:
  enum class Stage { gather, outer, permute, forward, backward, scatter, done };

  double advance();
  double gather();
  double scatter();
  double subtract_outer();
  double permute();
  template <int R>
  double go_forward();
  template <int R>
  double go_backward();
  double divide();
  double go_forward_transposed();
  double go_backward_transposed();
  template <int R>
  double upper_transposed();
  template <int R>
  double lower_transposed();
  void open_group();
  void open_block(std::int32_t b);
  void leave_block();
  /// The next stage of the block, from its first column or front on, or from its last.
  void enter(Stage stage);

  const LuPlan* plan_ = nullptr;
  const LuFactors<Real>* factors_ = nullptr;
  const double* b_ = nullptr;
  double* x_ = nullptr;
  std::int32_t left_ = 0;  ///< right-hand sides that are not done
  std::int32_t lanes_ = 1;
  bool transposed_ = false;
  Stage stage_ = Stage::done;
  std::int32_t block_ = 0;
  std::int32_t at_ = 0;
  const FrontFactors<Real>* fronts_ = nullptr;  ///< of this block, or of the next that has any
  Buffer<double> rows_;   // by position of rows, right-hand sides side by side
  Buffer<double> cols_;   // by position of columns
  Buffer<double> front_;  // what one front needs of them
};

}  // namespace lacuna
