#pragma once
#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/factor_bytes.hpp"
#include "lacuna/direct/factor_pieces.hpp"

namespace lacuna {

/// A factor to bytes, in slices. See `FactorWriter` for the container.
class BytesExport {
 public:
  /// What is to be written is listed here before `begin`, and has to stay alive until the last
  /// step.
  FactorPieces pieces;
  FactorFigures figures;

  /// `a` is the matrix whose factor it is, for its stamp. `invalid_size`, `out_of_memory`.
  Status begin(FactorKind kind, const CsrView& a);

  TaskState step(Budget& budget);

  /// Once done.
  Buffer<unsigned char> take() { return writer_.take(); }

 private:
  enum class Stage { stamp, pieces, seal, done };

  Stage stage_ = Stage::done;
  MatrixStamper stamper_;
  FactorWriter writer_;
};

}  // namespace lacuna
