#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>

#include "lacuna/base/buffer.hpp"
#include "lacuna/base/status.hpp"

namespace lacuna {

/// How many instances may live at a time: in small devices, and elsewhere.
constexpr std::size_t micro_instances = 8;
constexpr std::size_t standard_instances = 65'536;

/// Numbered instances, for callers that cannot hold a pointer: plain exports of a module. A handle
/// is never 0 and names one instance for ever: a slot used again gets another generation, so a
/// stale handle finds nothing instead of a stranger. All operations take constant time, `add` on
/// the average.
template <class T>
class Registry {
 public:
  explicit Registry(std::size_t limit = standard_instances) { set_limit(limit); }
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry() {
    for (Slot* slot : slots_.span()) delete slot;
  }

  /// For instances to come; those that live stay, even where there are more.
  void set_limit(std::size_t limit) { limit_ = std::min(limit, most_slots); }
  std::size_t limit() const { return limit_; }
  std::size_t size() const { return used_; }
  bool has_room() const { return used_ < limit_; }

  /// Handle of an instance that is kept alive until `remove`. `instance_limit`, `out_of_memory`.
  Result<std::uint32_t> add(std::shared_ptr<T> instance) {
    if (!has_room()) return Status::instance_limit;
    if (free_ == none) {
      const Status status = grow();
      if (status != Status::ok) return status;
    }
    const std::uint32_t index = free_;
    Slot& slot = *slots_[index];
    free_ = slot.next_free;
    slot.instance = std::move(instance);
    ++used_;
    return slot.generation << index_bits | index;
  }

  /// Null for a handle that is not in use; `check` tells why.
  const std::shared_ptr<T>* find(std::uint32_t handle) const {
    return check(handle) == Status::ok ? &slots_[handle & most_index]->instance : nullptr;
  }

  /// `unknown_handle` for one that was never given, `stale_handle` for one that was removed.
  Status check(std::uint32_t handle) const {
    const std::uint32_t index = handle & most_index;
    const std::uint32_t generation = handle >> index_bits;
    if (generation == 0 || index >= slots_.size()) return Status::unknown_handle;
    const Slot& slot = *slots_[index];
    if (generation > slot.generation) return Status::unknown_handle;
    if (generation < slot.generation) return Status::stale_handle;
    return slot.instance ? Status::ok : Status::unknown_handle;
  }

  /// `double_free` where it was removed before, `unknown_handle`.
  Status remove(std::uint32_t handle) {
    const Status status = check(handle);
    if (status == Status::stale_handle) return Status::double_free;
    if (status != Status::ok) return status;
    const std::uint32_t index = handle & most_index;
    Slot& slot = *slots_[index];
    // The slot is in order again before the instance goes, which may look for others meanwhile.
    const std::shared_ptr<T> last = std::move(slot.instance);
    --used_;
    // After the last generation old handles would become valid again: the slot retires.
    if (slot.generation++ < last_generation) {
      slot.next_free = free_;
      free_ = index;
    }
    return Status::ok;
  }

 private:
  static constexpr std::uint32_t index_bits = 20;
  static constexpr std::size_t most_slots = std::size_t{1} << index_bits;
  static constexpr std::uint32_t most_index = most_slots - 1;
  static constexpr std::uint32_t last_generation = (1u << (32 - index_bits)) - 1;
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  struct Slot {
    std::uint32_t generation = 1;
    std::uint32_t next_free = none;
    std::shared_ptr<T> instance;
  };

  Status grow() {
    const std::size_t old_size = slots_.size();
    if (old_size == most_slots) return Status::instance_limit;
    const std::size_t new_size = std::min(most_slots, std::max<std::size_t>(16, 2 * old_size));
    Buffer<Slot*> larger;
    if (larger.allocate(new_size) != Status::ok) return Status::out_of_memory;
    for (std::size_t i = old_size; i < new_size; ++i) {
      larger[i] = create<Slot>();
      if (larger[i] == nullptr) {
        while (i-- > old_size) delete larger[i];
        return Status::out_of_memory;
      }
      larger[i]->next_free = i + 1 < new_size ? static_cast<std::uint32_t>(i + 1) : none;
    }
    std::copy(slots_.span().begin(), slots_.span().end(), larger.span().begin());
    slots_ = std::move(larger);
    free_ = static_cast<std::uint32_t>(old_size);
    return Status::ok;
  }

  Buffer<Slot*> slots_;
  std::size_t limit_ = standard_instances;
  std::size_t used_ = 0;
  std::uint32_t free_ = none;
};

}  // namespace lacuna
