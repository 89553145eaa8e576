#include "lacuna/direct/cholesky_bytes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lacuna/direct/column_reach.hpp"

namespace lacuna {
namespace {

enum Tag : std::uint32_t {
  tag_permutation = 1,
  tag_first_column = 2,
  tag_row_begin = 3,
  tag_rows = 4,
  tag_figures = 5,
  tag_values = 6,
};

/// nnz and flops: without the zeros that the panels store, so not to be told from them.
constexpr std::int64_t figure_count = 2;

struct CholeskySections {
  SectionPlan plan[6];

  explicit CholeskySections(const Supernodes& s) {
    const std::int64_t count = s.count;
    std::int64_t packed = 0;
    for (std::int32_t u = 0; u < s.count; ++u) {
      const std::int64_t width = s.width(u);
      packed += width * s.height(u) - width * (width - 1) / 2;
    }
    plan[0] = {tag_permutation, 4, s.n};
    plan[1] = {tag_first_column, 4, count + 1};
    plan[2] = {tag_row_begin, 8, count + 1};
    plan[3] = {tag_rows, 4, s.row_begin[count]};
    plan[4] = {tag_figures, 8, figure_count};
    plan[5] = {tag_values, 8, packed};
  }
};

template <class T>
void put(unsigned char* at, const Buffer<T>& from) {
  std::memcpy(at, from.data(), from.bytes());
}

}  // namespace

std::int64_t CholeskyExport::bytes(const Supernodes& structure) {
  return FactorWriter::bytes(CholeskySections(structure).plan);
}

Status CholeskyExport::begin(const Supernodes& structure, const double* values, const CsrView& a) {
  stage_ = Stage::done;
  const CholeskySections sections(structure);
  if (const Status status = writer_.begin(FactorKind::cholesky, sections.plan);
      status != Status::ok) {
    return status;
  }
  put(writer_.section(0), structure.permutation);
  put(writer_.section(1), structure.first_column);
  put(writer_.section(2), structure.row_begin);
  put(writer_.section(3), structure.rows);
  const double figures[figure_count] = {structure.nnz, structure.flops};
  std::memcpy(writer_.section(4), figures, sizeof figures);
  out_ = writer_.section(5);
  structure_ = &structure;
  values_ = values;
  stamper_.begin(a);
  supernode_ = column_ = 0;
  stage_ = Stage::stamp;
  return Status::ok;
}

TaskState CholeskyExport::step(Budget& budget) {
  Meter meter(budget);
  if (stage_ == Stage::stamp) {
    if (stamper_.advance(meter)) return TaskState::running;
    stage_ = Stage::panels;
  }
  while (stage_ == Stage::panels) {
    if (supernode_ == structure_->count) {
      stage_ = Stage::seal;
      break;
    }
    const std::int32_t height = structure_->height(supernode_);
    const double* l = values_ + structure_->value_begin[supernode_] +
                      std::int64_t(column_) * (std::int64_t(height) + 1);
    const std::size_t bytes = std::size_t(height - column_) * sizeof(double);
    std::memcpy(out_, l, bytes);
    out_ += bytes;
    const double work = height - column_;
    if (++column_ == structure_->width(supernode_)) {
      column_ = 0;
      ++supernode_;
    }
    if (meter.spend(work)) return TaskState::running;
  }
  if (stage_ == Stage::seal) {
    if (writer_.seal(stamper_.stamp(), meter)) return TaskState::running;
    stage_ = Stage::done;
  }
  return TaskState::done;
}

Fault CholeskyImport::begin(std::span<const unsigned char> bytes, const MatrixStamp* expected) {
  stage_ = Stage::done;
  fault_ = reader_.begin(bytes, FactorKind::cholesky);
  if (!fault_.ok()) return fault_;
  if (expected != nullptr && *expected != reader_.stamp()) return fault_ = Status::pattern_mismatch;
  out_ = Supernodes();
  stage_ = Stage::verify;
  return {};
}

TaskState CholeskyImport::fail(Fault fault) {
  fault_ = fault;
  stage_ = Stage::done;
  out_ = Supernodes();
  values_.release();
  return TaskState::failed;
}

/// Copies of the sections, and of what sizes they have to be.
Fault CholeskyImport::open() {
  const MatrixStamp& stamp = reader_.stamp();
  const std::int64_t n = reader_.count(tag_permutation, sizeof(std::int32_t));
  if (n < 1 || n > std::numeric_limits<std::int32_t>::max() || stamp.rows != n || stamp.cols != n) {
    return {Status::damaged_bytes, reader_.position(tag_permutation)};
  }
  for (const Fault& fault :
       {reader_.copy(tag_permutation, out_.permutation),
        reader_.copy(tag_first_column, out_.first_column),
        reader_.copy(tag_row_begin, out_.row_begin), reader_.copy(tag_rows, out_.rows)}) {
    if (!fault.ok()) return fault;
  }
  const auto ends = static_cast<std::int64_t>(out_.first_column.size());
  if (ends < 2 || ends > n + 1) return {Status::damaged_bytes, reader_.position(tag_first_column)};
  if (static_cast<std::int64_t>(out_.row_begin.size()) != ends || out_.row_begin[0] != 0) {
    return {Status::damaged_bytes, reader_.position(tag_row_begin)};
  }
  if (reader_.count(tag_figures, sizeof(double)) != figure_count) {
    return {Status::damaged_bytes, reader_.position(tag_figures)};
  }
  double figures[figure_count];
  std::memcpy(figures, reader_.section(tag_figures), sizeof figures);
  out_.nnz = figures[0];
  out_.flops = figures[1];
  out_.n = static_cast<std::int32_t>(n);
  out_.count = static_cast<std::int32_t>(ends - 1);
  const auto count = static_cast<std::size_t>(out_.count);
  for (const Status status :
       {out_.position.allocate(out_.permutation.size()),
        out_.supernode_of.allocate(out_.permutation.size()), out_.parent.allocate(count),
        out_.value_begin.allocate(count + 1), first_.allocate(count), size_.allocate(count)}) {
    if (status != Status::ok) return status;
  }
  std::fill_n(out_.position.data(), out_.position.size(), -1);
  return {};
}

Fault CholeskyImport::read_order(std::int32_t k) {
  const std::int32_t row = out_.permutation[k];
  if (row < 0 || row >= out_.n || out_.position[row] >= 0) {
    return {Status::damaged_bytes, reader_.position(tag_permutation) + 4 * std::int64_t(k)};
  }
  out_.position[row] = k;
  return {};
}

/// Supernodes from the last to the first, so that parents are known.
Fault CholeskyImport::read_supernode(std::int32_t s) {
  const std::int32_t first = out_.first_column[s];
  const std::int32_t end = out_.first_column[s + 1];
  const std::int32_t next = s + 1 == out_.count ? out_.n : end;
  if (first < 0 || first >= end || end > out_.n || end != next || (s == 0 && first != 0)) {
    return {Status::damaged_bytes, reader_.position(tag_first_column) + 4 * std::int64_t(s)};
  }
  const std::int64_t begin = out_.row_begin[s];
  const std::int64_t height = out_.row_begin[s + 1] - begin;
  const auto rows_end = static_cast<std::int64_t>(out_.rows.size());
  if (begin < 0 || out_.row_begin[s + 1] > rows_end || height < end - first || height > out_.n ||
      (s + 1 == out_.count && out_.row_begin[s + 1] != rows_end)) {
    return {Status::damaged_bytes, reader_.position(tag_row_begin) + 8 * std::int64_t(s)};
  }
  const std::int32_t* rows = out_.rows.data() + begin;
  for (std::int64_t i = 0; i < height; ++i) {
    const bool own = i < end - first;
    if (own ? rows[i] != first + i : rows[i] <= rows[i - 1] || rows[i] >= out_.n) {
      return {Status::damaged_bytes, reader_.position(tag_rows) + 4 * (begin + i)};
    }
  }
  for (std::int32_t j = first; j < end; ++j) out_.supernode_of[j] = s;
  out_.parent[s] = height > end - first ? out_.supernode_of[rows[end - first]] : -1;
  if (!nested(s)) return {Status::damaged_bytes, reader_.position(tag_rows) + 4 * begin};
  return {};
}

/// The rows below a supernode have to be rows of its parent: every update relies on it.
bool CholeskyImport::nested(std::int32_t s) const {
  const std::int32_t parent = out_.parent[s];
  if (parent < 0) return true;
  const std::int32_t* rows = out_.rows.data() + out_.row_begin[s];
  const std::int32_t* above = out_.rows.data() + out_.row_begin[parent];
  const std::int32_t height = out_.height(parent);
  std::int32_t at = 0;
  for (std::int32_t i = out_.width(s); i < out_.height(s); ++i) {
    at = find_row(above, height, at, rows[i]);
    if (at == height || above[at] != rows[i]) return false;
  }
  return true;
}

/// Offsets and figures; every subtree has to be a run of supernodes.
Fault CholeskyImport::close_tree() {
  const Fault unordered(Status::damaged_bytes, reader_.position(tag_rows));
  for (std::int32_t s = 0; s < out_.count; ++s) {
    first_[s] = s;
    size_[s] = 1;
  }
  std::int64_t value = 0;
  packed_ = 0;
  for (std::int32_t s = 0; s < out_.count; ++s) {
    if (s - first_[s] + 1 != size_[s]) return unordered;
    const std::int32_t parent = out_.parent[s];
    if (parent >= 0) {
      first_[parent] = std::min(first_[parent], first_[s]);
      size_[parent] += size_[s];
    }
    const std::int64_t width = out_.width(s);
    const std::int64_t height = out_.height(s);
    out_.value_begin[s] = value;
    if (value > std::numeric_limits<std::int64_t>::max() - width * height) {
      return Status::out_of_memory;
    }
    value += width * height;
    packed_ += width * height - width * (width - 1) / 2;
    const auto w = static_cast<double>(width);
    const auto h = static_cast<double>(height);
    out_.panel_flops += w * h * h - h * w * (w - 1) + (w - 1) * w * (2 * w - 1) / 6;
  }
  out_.value_begin[out_.count] = value;
  out_.stored = static_cast<double>(value);
  if (reader_.count(tag_values, sizeof(double)) != packed_) {
    return {Status::damaged_bytes, reader_.position(tag_values)};
  }
  if (!(out_.nnz >= out_.n && out_.nnz <= double(packed_)) ||
      !(out_.flops >= out_.n && out_.flops <= out_.panel_flops * (1 + 0x1p-20))) {
    return {Status::damaged_bytes, reader_.position(tag_figures)};
  }
  if (std::uint64_t(value) > std::numeric_limits<std::size_t>::max() / sizeof(double)) {
    return Status::out_of_memory;
  }
  return values_.allocate(static_cast<std::size_t>(value));
}

/// The columns of a supernode; true where it has to pause or failed.
bool CholeskyImport::read_columns(Meter& meter) {
  const std::int32_t height = out_.height(at_);
  for (; column_ < out_.width(at_); ++column_) {
    double* l = values_.data() + out_.value_begin[at_] + std::int64_t(column_) * height;
    const std::int32_t count = height - column_;
    std::fill_n(l, column_, 0.0);
    std::memcpy(l + column_, in_, std::size_t(count) * sizeof(double));
    bool fine = l[column_] > 0;
    for (std::int32_t i = column_; i < height; ++i) fine = fine && std::isfinite(l[i]);
    if (!fine) {
      fault_ = {Status::damaged_bytes,
                reader_.position(tag_values) + (in_ - reader_.section(tag_values))};
      return true;
    }
    in_ += std::size_t(count) * sizeof(double);
    if (meter.spend(4.0 * height)) {
      ++column_;
      return true;
    }
  }
  column_ = 0;
  ++at_;
  return false;
}

TaskState CholeskyImport::step(Budget& budget) {
  if (!fault_.ok()) return TaskState::failed;
  Meter meter(budget);
  if (stage_ == Stage::verify) {
    if (reader_.verify(meter)) return TaskState::running;
    if (!reader_.fault().ok()) return fail(reader_.fault());
    if (const Fault fault = open(); !fault.ok()) return fail(fault);
    at_ = 0;
    stage_ = Stage::order;
  }
  while (stage_ == Stage::order) {
    if (at_ == out_.n) {
      at_ = out_.count - 1;
      stage_ = Stage::tree;
      break;
    }
    if (const Fault fault = read_order(at_++); !fault.ok()) return fail(fault);
    if (meter.spend(4)) return TaskState::running;
  }
  while (stage_ == Stage::tree) {
    if (at_ < 0) {
      if (const Fault fault = close_tree(); !fault.ok()) return fail(fault);
      in_ = reader_.section(tag_values);
      at_ = column_ = 0;
      stage_ = Stage::panels;
      break;
    }
    const std::int32_t s = at_--;
    if (const Fault fault = read_supernode(s); !fault.ok()) return fail(fault);
    if (meter.spend(8.0 * out_.height(s))) return TaskState::running;
  }
  while (stage_ == Stage::panels) {
    if (at_ == out_.count) {
      first_.release();
      size_.release();
      stage_ = Stage::done;
      break;
    }
    if (read_columns(meter)) return fault_.ok() ? TaskState::running : fail(fault_);
  }
  return TaskState::done;
}

}  // namespace lacuna
