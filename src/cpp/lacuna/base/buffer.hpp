#pragma once
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include "lacuna/base/status.hpp"

namespace lacuna {

/// Owned array of trivially copyable elements whose allocation can fail without an exception:
/// every array of the core lives in one of these. Move-only; contents are uninitialized after
/// `allocate`, zero after `allocate_zero`.
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    if (this != &other) {
      std::free(data_);
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { std::free(data_); }

  /// Replaces the contents by `count` uninitialized elements. On failure the old contents stay.
  [[nodiscard]] Status allocate(std::size_t count) {
    if (count > std::numeric_limits<std::ptrdiff_t>::max() / sizeof(T)) {
      return Status::out_of_memory;
    }
    T* fresh = nullptr;
    if (count > 0) {
      fresh = static_cast<T*>(std::malloc(count * sizeof(T)));
      if (fresh == nullptr) return Status::out_of_memory;
    }
    std::free(data_);
    data_ = fresh;
    size_ = count;
    return Status::ok;
  }

  [[nodiscard]] Status allocate_zero(std::size_t count) {
    const Status status = allocate(count);
    if (status == Status::ok && count > 0) std::memset(data_, 0, count * sizeof(T));
    return status;
  }

  [[nodiscard]] Status copy_from(std::span<const T> source) {
    const Status status = allocate(source.size());
    if (status == Status::ok && !source.empty()) {
      std::memcpy(data_, source.data(), source.size_bytes());
    }
    return status;
  }

  /// Forgets the elements past `count` (≤ size); the memory is kept.
  void truncate(std::size_t count) {
    if (count < size_) size_ = count;
  }

  void release() {
    std::free(data_);
    data_ = nullptr;
    size_ = 0;
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * sizeof(T); }
  bool empty() const { return size_ == 0; }
  [[gnu::always_inline]] T& operator[](std::size_t i) { return data_[i]; }
  [[gnu::always_inline]] const T& operator[](std::size_t i) const { return data_[i]; }
  std::span<T> span() { return {data_, size_}; }
  std::span<const T> span() const { return {data_, size_}; }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

/// `buffer` with room for `size` elements, the first `kept` of which stay. On failure all stay.
template <class T>
Status grow(Buffer<T>& buffer, std::size_t kept, std::size_t size) {
  Buffer<T> larger;
  if (larger.allocate(size) != Status::ok) return Status::out_of_memory;
  if (kept > 0) std::memcpy(larger.data(), buffer.data(), kept * sizeof(T));
  buffer = std::move(larger);
  return Status::ok;
}

/// Heap object without an exception: null where memory is short.
template <class T, class... Args>
T* create(Args&&... args) {
  return new (std::nothrow) T(std::forward<Args>(args)...);
}

}  // namespace lacuna
