#pragma once
#include <cstdint>
#include <cstring>
#include <span>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/checksum.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/sparse/csr.hpp"

namespace lacuna {

/// Which matrix a factor is of.
struct MatrixStamp {
  std::int64_t rows = 0;
  std::int64_t cols = 0;
  std::int64_t nnz = 0;
  std::uint64_t pattern = 0;  ///< checksum of row pointers and column indices
  std::uint64_t values = 0;   ///< checksum of the values

  bool operator==(const MatrixStamp&) const = default;
};

/// Computes the stamp of a matrix in slices. O(nnz).
class MatrixStamper {
 public:
  /// The view has to stay alive until the last step.
  void begin(const CsrView& a);

  /// True where it has to pause.
  bool advance(Meter& meter);

  const MatrixStamp& stamp() const { return stamp_; }

 private:
  std::span<const unsigned char> parts_[3];
  int part_ = 3;
  std::size_t at_ = 0;
  Checksum pattern_;
  Checksum values_;
  MatrixStamp stamp_;
};

/// Methods whose factors have a form as bytes. The numbers are part of the format.
enum class FactorKind : std::uint32_t { cholesky = 1, ldlt = 2, lu = 3, qr = 4 };

/// An array in the container: `tag` names it, unique among the sections.
struct SectionPlan {
  std::uint32_t tag = 0;
  std::uint32_t element = 1;  ///< bytes of an element
  std::int64_t count = 0;
};

/// A factor as bytes: a header of 88 bytes (mark of the format, order of bytes, version, kind,
/// size, stamp of the matrix, checksums), a table of sections of 24 bytes each, and the sections,
/// each from a multiple of 8 on. One checksum covers the header, one all that follows it: no byte
/// is free.
struct FactorFormat {
  static constexpr std::uint32_t version = 1;
  static constexpr std::size_t header_bytes = 88;
  static constexpr std::size_t entry_bytes = 24;
  static constexpr std::uint32_t most_sections = 64;
};

/// Lays out the bytes of a factor; whoever exports fills in the sections.
class FactorWriter {
 public:
  /// Bytes of a container with these sections; −1 where they are too many.
  static std::int64_t bytes(std::span<const SectionPlan> sections);

  /// Everything but the contents. `invalid_size`, `out_of_memory`.
  Status begin(FactorKind kind, std::span<const SectionPlan> sections);

  /// Where a section stands, in the order of the plan.
  unsigned char* section(std::size_t index);

  /// Stamp and checksums, once the sections are filled in. True where it has to pause.
  bool seal(const MatrixStamp& stamp, Meter& meter);

  Buffer<unsigned char> take() { return std::move(bytes_); }

 private:
  Buffer<unsigned char> bytes_;
  FactorKind kind_ = FactorKind::cholesky;
  std::size_t sealed_ = 0;
  Checksum payload_;
};

/// Reads what `FactorWriter` wrote and trusts none of it: sections are found once size, marks and
/// checksums are right; what they hold is for the importer to check.
class FactorReader {
 public:
  /// Checks the header. The bytes have to stay alive. `damaged_bytes` with the position of the
  /// first byte that cannot be right (the length where bytes are missing); `invalid_argument` with
  /// the version where that is another one, or with −1 and the kind as partner where that is.
  Fault begin(std::span<const unsigned char> bytes, FactorKind kind);

  /// The kind that a header names, 0 where there is none.
  static FactorKind kind_of(std::span<const unsigned char> bytes);

  /// Checks all other bytes; true where it has to pause. Then `fault`: as above.
  bool verify(Meter& meter);
  Fault fault() const { return fault_; }

  const MatrixStamp& stamp() const { return stamp_; }

  /// Elements of a section, −1 where there is none of this tag and element size.
  std::int64_t count(std::uint32_t tag, std::size_t element) const;

  /// Its first byte. Not aligned where the container is not.
  const unsigned char* section(std::uint32_t tag) const;

  /// Position of a section among the bytes: what a fault names.
  std::int64_t position(std::uint32_t tag) const;

 private:
  const unsigned char* entry(std::uint32_t tag) const;

  std::span<const unsigned char> bytes_;
  std::uint32_t sections_ = 0;
  std::uint64_t expected_ = 0;
  std::size_t verified_ = 0;
  Checksum payload_;
  MatrixStamp stamp_;
  Fault fault_;
};

}  // namespace lacuna
