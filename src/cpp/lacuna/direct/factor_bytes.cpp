#include "lacuna/direct/factor_bytes.hpp"

#include <algorithm>
#include <limits>

namespace lacuna {
namespace {

// With a byte above 127 and both line ends: transfers as text do not survive it.
constexpr unsigned char magic[8] = {0x8c, 'L', 'C', 'N', 'F', '\r', '\n', 0x1a};
constexpr std::uint32_t byte_order = 0x01020304;
/// Bytes of a checksum in one piece, and what they cost in flops.
constexpr std::size_t checksum_piece = 1 << 16;
constexpr double checksum_flops = 0.5;

/// Places of the fields of the header.
enum Field : std::size_t {
  at_order = 8,
  at_version = 12,
  at_kind = 16,
  at_sections = 20,
  at_bytes = 24,
  at_stamp = 32,
  at_payload = 72,
  at_header = 80,
};

template <class T>
T read(const unsigned char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class T>
void write(unsigned char* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

std::uint64_t checksum_of(const unsigned char* bytes, std::size_t count) {
  Checksum sum;
  sum.add(bytes, count);
  return sum.value();
}

template <class T>
std::span<const unsigned char> raw(const T* data, std::size_t count) {
  return {reinterpret_cast<const unsigned char*>(data), count * sizeof(T)};
}

}  // namespace

void MatrixStamper::begin(const CsrView& a) {
  const auto nnz = static_cast<std::size_t>(a.nnz());
  parts_[0] = raw(a.indptr(), static_cast<std::size_t>(a.rows()) + 1);
  parts_[1] = raw(a.indices(), nnz);
  parts_[2] = raw(a.data(), nnz);
  part_ = 0;
  at_ = 0;
  pattern_ = values_ = Checksum();
  stamp_ = {a.rows(), a.cols(), a.nnz(), 0, 0};
}

bool MatrixStamper::advance(Meter& meter) {
  for (; part_ < 3; ++part_, at_ = 0) {
    while (at_ < parts_[part_].size()) {
      const std::size_t size = std::min(checksum_piece, parts_[part_].size() - at_);
      (part_ < 2 ? pattern_ : values_).add(parts_[part_].data() + at_, size);
      at_ += size;
      if (meter.spend(checksum_flops * double(size))) return true;
    }
  }
  stamp_.pattern = pattern_.value();
  stamp_.values = values_.value();
  return false;
}

std::int64_t FactorWriter::bytes(std::span<const SectionPlan> sections) {
  if (sections.size() > FactorFormat::most_sections) return -1;
  std::int64_t size = std::int64_t(FactorFormat::header_bytes) +
                      std::int64_t(FactorFormat::entry_bytes * sections.size());
  for (const SectionPlan& s : sections) {
    if (s.count > (std::numeric_limits<std::int64_t>::max() - size) / 16 / s.element) return -1;
    size += (s.count * s.element + 7) / 8 * 8;
  }
  return size;
}

Status FactorWriter::begin(FactorKind kind, std::span<const SectionPlan> sections) {
  const std::int64_t size = bytes(sections);
  if (size < 0) return Status::invalid_size;
  if (std::uint64_t(size) > std::numeric_limits<std::size_t>::max()) return Status::out_of_memory;
  if (const Status status = bytes_.allocate(static_cast<std::size_t>(size)); status != Status::ok) {
    return status;
  }
  kind_ = kind;
  sealed_ = FactorFormat::header_bytes;
  payload_ = Checksum();
  unsigned char* const bytes = bytes_.data();
  unsigned char* entry = bytes + FactorFormat::header_bytes;
  std::int64_t at = std::int64_t(FactorFormat::header_bytes) +
                    std::int64_t(FactorFormat::entry_bytes * sections.size());
  std::memset(bytes, 0, static_cast<std::size_t>(at));
  write(bytes + at_sections, static_cast<std::uint32_t>(sections.size()));
  for (const SectionPlan& s : sections) {
    write(entry, s.tag);
    write(entry + 4, s.element);
    write(entry + 8, at);
    write(entry + 16, s.count);
    entry += FactorFormat::entry_bytes;
    const std::int64_t end = at + (s.count * s.element + 7) / 8 * 8;
    // The bytes that round a section up.
    if (end > at) std::memset(bytes + end - 8, 0, 8);
    at = end;
  }
  return Status::ok;
}

unsigned char* FactorWriter::section(std::size_t index) {
  const unsigned char* entry =
      bytes_.data() + FactorFormat::header_bytes + index * FactorFormat::entry_bytes;
  return bytes_.data() + read<std::int64_t>(entry + 8);
}

bool FactorWriter::seal(const MatrixStamp& stamp, Meter& meter) {
  unsigned char* const bytes = bytes_.data();
  while (sealed_ < bytes_.size()) {
    const std::size_t size = std::min(checksum_piece, bytes_.size() - sealed_);
    payload_.add(bytes + sealed_, size);
    sealed_ += size;
    if (meter.spend(checksum_flops * double(size))) return true;
  }
  std::memcpy(bytes, magic, sizeof magic);
  write(bytes + at_order, byte_order);
  write(bytes + at_version, FactorFormat::version);
  write(bytes + at_kind, static_cast<std::uint32_t>(kind_));
  write(bytes + at_bytes, static_cast<std::int64_t>(bytes_.size()));
  write(bytes + at_stamp, stamp);
  write(bytes + at_payload, payload_.value());
  write(bytes + at_header, checksum_of(bytes, at_header));
  return false;
}

Fault FactorReader::begin(std::span<const unsigned char> bytes, FactorKind kind) {
  static_assert(sizeof(MatrixStamp) == at_payload - at_stamp);
  bytes_ = bytes;
  fault_ = {};
  const auto damaged = [](std::size_t at) {
    return Fault(Status::damaged_bytes, static_cast<std::int64_t>(at));
  };
  const unsigned char* const p = bytes.data();
  const std::size_t least = std::min(bytes.size(), sizeof magic);
  if (least == 0 || std::memcmp(p, magic, least) != 0) return damaged(0);
  if (bytes.size() < FactorFormat::header_bytes) return damaged(bytes.size());
  if (read<std::uint32_t>(p + at_order) != byte_order) return damaged(at_order);
  if (read<std::uint64_t>(p + at_header) != checksum_of(p, at_header)) return damaged(at_header);
  const auto version = read<std::uint32_t>(p + at_version);
  if (version != FactorFormat::version) return {Status::invalid_argument, version};
  if (read<std::uint32_t>(p + at_kind) != static_cast<std::uint32_t>(kind)) {
    return {Status::invalid_argument, -1, read<std::uint32_t>(p + at_kind)};
  }
  sections_ = read<std::uint32_t>(p + at_sections);
  if (sections_ > FactorFormat::most_sections) return damaged(at_sections);
  const std::size_t table =
      FactorFormat::header_bytes + std::size_t(sections_) * FactorFormat::entry_bytes;
  const auto expected = read<std::int64_t>(p + at_bytes);
  if (expected < std::int64_t(table)) return damaged(at_bytes);
  if (std::uint64_t(expected) != bytes.size()) {
    return damaged(std::min<std::uint64_t>(bytes.size(), std::uint64_t(expected)));
  }
  stamp_ = read<MatrixStamp>(p + at_stamp);
  expected_ = read<std::uint64_t>(p + at_payload);
  verified_ = FactorFormat::header_bytes;
  payload_ = Checksum();
  return {};
}

FactorKind FactorReader::kind_of(std::span<const unsigned char> bytes) {
  const bool short_of = bytes.size() < FactorFormat::header_bytes;
  return static_cast<FactorKind>(short_of ? 0 : read<std::uint32_t>(bytes.data() + at_kind));
}

bool FactorReader::verify(Meter& meter) {
  while (verified_ < bytes_.size()) {
    const std::size_t size = std::min(checksum_piece, bytes_.size() - verified_);
    payload_.add(bytes_.data() + verified_, size);
    verified_ += size;
    if (meter.spend(checksum_flops * double(size))) return true;
  }
  fault_ = {};
  if (payload_.value() != expected_) {
    fault_ = {Status::damaged_bytes, std::int64_t(FactorFormat::header_bytes)};
    return false;
  }
  // Sections one after another, without a gap.
  const unsigned char* entry = bytes_.data() + FactorFormat::header_bytes;
  std::int64_t at = std::int64_t(FactorFormat::header_bytes) +
                    std::int64_t(FactorFormat::entry_bytes) * sections_;
  const auto size = static_cast<std::int64_t>(bytes_.size());
  for (std::uint32_t s = 0; s < sections_; ++s, entry += FactorFormat::entry_bytes) {
    const auto element = read<std::uint32_t>(entry + 4);
    const auto count = read<std::int64_t>(entry + 16);
    if (element == 0 || read<std::int64_t>(entry + 8) != at || count < 0 ||
        count > (size - at) / element || (count * element + 7) / 8 * 8 > size - at) {
      fault_ = {Status::damaged_bytes, entry - bytes_.data()};
      return false;
    }
    at += (count * element + 7) / 8 * 8;
  }
  if (at != size) fault_ = {Status::damaged_bytes, at};
  return false;
}

const unsigned char* FactorReader::entry(std::uint32_t tag) const {
  const unsigned char* entry = bytes_.data() + FactorFormat::header_bytes;
  for (std::uint32_t s = 0; s < sections_; ++s, entry += FactorFormat::entry_bytes) {
    if (read<std::uint32_t>(entry) == tag) return entry;
  }
  return nullptr;
}

std::int64_t FactorReader::count(std::uint32_t tag, std::size_t element) const {
  const unsigned char* e = entry(tag);
  if (e == nullptr || read<std::uint32_t>(e + 4) != element) return -1;
  return read<std::int64_t>(e + 16);
}

std::int64_t FactorReader::position(std::uint32_t tag) const {
  const unsigned char* e = entry(tag);
  return e == nullptr ? std::int64_t(FactorFormat::header_bytes) : read<std::int64_t>(e + 8);
}

const unsigned char* FactorReader::section(std::uint32_t tag) const {
  return bytes_.data() + position(tag);
}

}  // namespace lacuna
