#pragma once
#include <cstdint>
#include <span>
#include <type_traits>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/meter.hpp"
#include "lacuna/base/status.hpp"
#include "lacuna/direct/factor_bytes.hpp"
#include "lacuna/direct/supernodes.hpp"

namespace lacuna {

/// Numbers of a factor besides its arrays, and lists that are made for its bytes alone.
struct FactorFigures {
  static constexpr std::int64_t reals = 8;
  static constexpr std::int64_t wholes = 8;
  double real[reals] = {};
  std::int64_t whole[wholes] = {};
  Buffer<std::int32_t> lists;
};

/// Where the arrays of a factor lie in memory, in the order in which they stand among its bytes,
/// and what copies them in either direction, in slices.
class FactorPieces {
 public:
  /// The next elements of a section. What belongs to one section has to be added in a row.
  template <class T>
  void add(std::uint32_t tag, const T* data, std::int64_t count) {
    add_bytes({tag, sizeof(T), count}, std::is_floating_point_v<T>,
              const_cast<std::remove_const_t<T>*>(data));
  }
  /// Panels of numbers, each column from the diagonal on.
  void add_panels(std::uint32_t tag, const Supernodes& structure, const double* values);
  void clear();

  /// `out_of_memory` where a piece could not be added, `invalid_size` for too many sections.
  Status status() const { return status_; }
  std::span<const SectionPlan> plan() const { return {sections_, sections()}; }

  /// To the sections of a writer that was begun with `plan`. True where it has to pause.
  bool write(FactorWriter& writer, Meter& meter);

  /// From the sections of a reader. True where it has to pause, or has failed.
  bool read(const FactorReader& reader, Meter& meter);
  /// `damaged_bytes` where a section is missing, has another size, or a number that is not finite.
  const Fault& fault() const { return fault_; }

 private:
  struct Piece {
    unsigned char* data;
    std::size_t bytes;
    std::uint32_t section;
    bool real;
  };

  void add_bytes(const SectionPlan& part, bool real, void* data);
  std::size_t sections() const { return section_count_; }
  bool copy(FactorWriter* writer, const FactorReader* reader, Meter& meter);
  bool read_piece(const FactorReader& reader, const Piece& piece, std::size_t bytes);

  SectionPlan sections_[FactorFormat::most_sections];
  std::size_t section_count_ = 0;
  Buffer<Piece> pieces_;
  std::size_t count_ = 0;
  Status status_ = Status::ok;
  Fault fault_;
  // Of a copy.
  std::size_t at_ = 0;
  std::size_t in_piece_ = 0;
  std::size_t in_section_ = 0;
};

}  // namespace lacuna
