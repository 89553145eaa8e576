#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "lacuna/base/budget.hpp"
#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/base/task.hpp"
#include "lacuna/direct/factor_bytes.hpp"
#include "lacuna/direct/factor_pieces.hpp"
#include "lacuna/direct/factorization.hpp"

namespace lacuna {

/// Bytes to the factors of one method, in slices. Checksums come first; then arrays are read and
/// every index is checked before it is used, so that no bytes whatever, right or wrong, make
/// anything but a factor or a fault.
class BytesImport {
 public:
  virtual ~BytesImport() = default;

  /// Bytes and matrix have to stay alive until the last step. With its stamp, `pattern_mismatch`
  /// where they are factors of another matrix. Faults of `FactorReader::begin`.
  Fault begin(std::span<const unsigned char> bytes, const CsrView& a,
              const MatrixStamp* stamp = nullptr);

  /// `failed` with `fault()`: `damaged_bytes` with the position of the section that is wrong;
  /// `out_of_memory`.
  TaskState step(Budget& budget);
  Fault fault() const { return fault_; }

  const MatrixStamp& stamp() const { return reader_.stamp(); }

  /// Once done.
  virtual std::unique_ptr<Factorization> take() = 0;

 protected:
  explicit BytesImport(FactorKind kind) : kind_(kind) {}

  /// Goes on, to the end of a stage or of the budget. Sets `done_` at the last.
  virtual Fault advance(Budget& budget) = 0;

  /// An array as long as its section is, to be read next: `read` tells where that cannot be.
  template <class T>
  void fetch(std::uint32_t tag, Buffer<T>& out) {
    const std::int64_t size = reader_.count(tag, sizeof(T));
    if (size < 0) {
      unfetched_ = damaged(tag);
    } else if (out.allocate(static_cast<std::size_t>(size)) != Status::ok) {
      unfetched_ = Status::out_of_memory;
    } else {
      pieces_.add(tag, out.data(), size);
    }
  }
  /// Figures, to be read next.
  void fetch(std::uint32_t reals, std::uint32_t wholes, FactorFigures& out);
  /// `damaged_bytes` where one of them is: none may be.
  Fault negative(const FactorFigures& figures, std::uint32_t reals, std::uint32_t wholes) const;

  /// What is listed in `pieces_`. True once it is there.
  bool read(Budget& budget, Fault& fault);

  /// `inverse` of a permutation, in slices; true once done. `damaged_bytes` where it is none.
  bool invert(std::span<const std::int32_t> permutation, std::int32_t* inverse, std::uint32_t tag,
              Budget& budget, Fault& fault);

  Fault damaged(std::uint32_t tag, std::int64_t offset = 0) const;
  /// What `TreeCheck` stopped by, whose arrays begin with that tag; ok where it paused.
  Fault of_tree(const Fault& fault, std::uint32_t first) const;

  FactorReader reader_;
  FactorPieces pieces_;
  std::optional<CsrView> a_;
  std::int64_t at_ = 0;
  bool done_ = true;

 private:
  FactorKind kind_;
  bool verified_ = false;
  Fault unfetched_;
  Fault fault_;
};

}  // namespace lacuna
