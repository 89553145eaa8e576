#pragma once
#include <memory>

#include "lacuna/direct/bytes_import.hpp"
#include "lacuna/direct/qr.hpp"

namespace lacuna {

/// Lists what QR is written as: the order of columns and the factors. All has to stay alive.
/// `not_ready` before a factorization.
Status list_bytes(const QrFactorization& qr, FactorFigures& figures, FactorPieces& pieces);

/// Bytes to QR. The structure is analyzed anew from the matrix, by the order of columns that was
/// found before, and where columns are dependent the basis of the null space is computed anew; both
/// give what they gave before.
class QrImport final : public BytesImport {
 public:
  QrImport() : BytesImport(FactorKind::qr) {}

  std::unique_ptr<Factorization> take() override { return std::move(made_); }

 private:
  enum class Stage { open, heads, order, analyze, blocks, numbers, check, adopt };

  Fault advance(Budget& budget) override;
  Fault check_heads();
  Fault begin_blocks();
  Fault open_block(QrBlock& block);
  Fault open_numbers();
  Fault check_column(std::int32_t k);
  Fault finish();

  Stage stage_ = Stage::open;
  FactorFigures figures_;
  Buffer<std::int32_t> order_;
  Buffer<std::int32_t> inverse_;
  QrAnalysis analysis_;
  std::unique_ptr<QrPlan> plan_;
  QrFactors factors_;
  Buffer<std::int32_t> block_size_;
  std::int64_t ids_ = 0;     // of blocks that are open
  std::int64_t values_ = 0;  // the same
  std::int32_t supernode_ = 0;
  std::int64_t rank_ = 0;  // columns checked that are independent
  std::unique_ptr<QrFactorization> made_;
};

}  // namespace lacuna
