#include "lacuna/local/row_source.hpp"

#include <algorithm>
#include <limits>

namespace lacuna {
namespace {

template <class T>
Status widen(Buffer<T>& buffer, std::size_t used, std::size_t count) {
  if (count <= buffer.size()) return Status::ok;
  Buffer<T> wider;
  if (wider.allocate(std::max(count, 2 * buffer.size() + 64)) != Status::ok) {
    return Status::out_of_memory;
  }
  std::copy_n(buffer.data(), used, wider.data());
  buffer = std::move(wider);
  return Status::ok;
}

}  // namespace

Status RowSink::make_room(std::size_t more) {
  const Status s = widen(ids_, entry_count_, entry_count_ + more);
  return s == Status::ok ? widen(values_, entry_count_, entry_count_ + more) : s;
}

Status RowSink::entry(std::int64_t id, double value) {
  if (const Status s = make_room(1); s != Status::ok) return s;
  ids_[entry_count_] = id;
  values_[entry_count_++] = value;
  return Status::ok;
}

Status RowSink::end_row() {
  if (const Status s = widen(counts_, row_count_, row_count_ + 1); s != Status::ok) return s;
  const std::size_t count = entry_count_ - begin_;
  if (count > std::numeric_limits<std::int32_t>::max()) return Status::invalid_size;
  counts_[row_count_++] = static_cast<std::int32_t>(count);
  begin_ = entry_count_;
  return Status::ok;
}

Status RowSink::row(std::span<const std::int64_t> ids, std::span<const double> values) {
  if (ids.size() != values.size()) return Status::shape_mismatch;
  if (const Status s = make_room(ids.size()); s != Status::ok) return s;
  std::copy(ids.begin(), ids.end(), ids_.data() + entry_count_);
  std::copy(values.begin(), values.end(), values_.data() + entry_count_);
  entry_count_ += ids.size();
  return end_row();
}

Fault fill(RowCache& cache, RowSource& source, RowSink& sink) {
  const std::span<const std::int64_t> ids = cache.batch();
  if (ids.empty()) return {};
  sink.clear();
  if (const Status s = source.fetch(ids, sink); s != Status::ok) return s;
  if (sink.counts().empty() || sink.counts().size() > ids.size()) return Status::shape_mismatch;
  return cache.supply(sink.counts(), sink.ids(), sink.values());
}

}  // namespace lacuna
