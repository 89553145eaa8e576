#include "lacuna/direct/factor_pieces.hpp"

#include <algorithm>
#include <cmath>

namespace lacuna {
namespace {

/// Bytes that are copied at once, and what a byte costs in flops.
constexpr std::size_t most_at_once = 1 << 16;
constexpr double copy_flops = 0.5;

}  // namespace

void FactorPieces::clear() {
  section_count_ = count_ = 0;
  at_ = in_piece_ = in_section_ = 0;
  fault_ = {};
}

void FactorPieces::add_bytes(const SectionPlan& part, bool real, void* data) {
  if (status_ != Status::ok) return;
  const bool next = section_count_ == 0 || sections_[section_count_ - 1].tag != part.tag;
  if (next && section_count_ == FactorFormat::most_sections) {
    status_ = Status::invalid_size;
    return;
  }
  if (count_ == pieces_.size()) {
    status_ = grow(pieces_, count_, 2 * count_ + 64);
    if (status_ != Status::ok) return;
  }
  if (next) {
    sections_[section_count_++] = part;
  } else {
    sections_[section_count_ - 1].count += part.count;
  }
  pieces_[count_++] = {static_cast<unsigned char*>(data),
                       static_cast<std::size_t>(part.count) * part.element,
                       static_cast<std::uint32_t>(section_count_ - 1), real};
}

void FactorPieces::add_panels(std::uint32_t tag, const Supernodes& s, const double* values) {
  add(tag, values, 0);
  for (std::int32_t u = 0; u < s.count; ++u) {
    const std::int32_t height = s.height(u);
    const double* column = values + s.value_begin[u];
    for (std::int32_t j = 0; j < s.width(u); ++j, column += height) {
      add(tag, column + j, height - j);
    }
  }
}

/// To the writer, if there is one, else from the reader.
bool FactorPieces::copy(FactorWriter* writer, const FactorReader* reader, Meter& meter) {
  while (at_ < count_) {
    const Piece& piece = pieces_[at_];
    const std::size_t bytes = std::min(piece.bytes - in_piece_, most_at_once);
    if (bytes > 0) {
      if (writer != nullptr) {
        std::memcpy(writer->section(piece.section) + in_section_, piece.data + in_piece_, bytes);
      } else if (!read_piece(*reader, piece, bytes)) {
        return true;
      }
    }
    in_piece_ += bytes;
    in_section_ += bytes;
    if (in_piece_ == piece.bytes) {
      in_piece_ = 0;
      ++at_;
      if (at_ < count_ && pieces_[at_].section != piece.section) in_section_ = 0;
    }
    if (meter.spend(8 + copy_flops * double(bytes))) return true;
  }
  return false;
}

bool FactorPieces::read_piece(const FactorReader& reader, const Piece& piece, std::size_t bytes) {
  const std::uint32_t tag = sections_[piece.section].tag;
  unsigned char* const to = piece.data + in_piece_;
  std::memcpy(to, reader.section(tag) + in_section_, bytes);
  if (!piece.real) return true;
  const auto* v = reinterpret_cast<const double*>(to);
  bool finite = true;
  for (std::size_t k = 0; k < bytes / sizeof(double); ++k) finite = finite && std::isfinite(v[k]);
  if (!finite) {
    fault_ = {Status::damaged_bytes, reader.position(tag) + static_cast<std::int64_t>(in_section_)};
  }
  return finite;
}

bool FactorPieces::write(FactorWriter& writer, Meter& meter) {
  return copy(&writer, nullptr, meter);
}

bool FactorPieces::read(const FactorReader& reader, Meter& meter) {
  if (!fault_.ok()) return true;
  if (status_ != Status::ok) {
    fault_ = status_;
    return true;
  }
  if (at_ == 0 && in_piece_ == 0) {
    for (const SectionPlan& s : plan()) {
      if (reader.count(s.tag, s.element) != s.count) {
        fault_ = {Status::damaged_bytes, reader.position(s.tag)};
        return true;
      }
    }
  }
  return copy(nullptr, &reader, meter);
}

}  // namespace lacuna
