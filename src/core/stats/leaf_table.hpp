// Entities by id: a hash table with open addressing, because a look-up among a million entities
// costs what its cache misses cost. Here one for the slot and one for the entity, which is read
// anyway; std::unordered_map has one or two more, for its chains.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <trawl/core/stats/entity_id.hpp>

namespace trawl::stats {

// Leaf has members `id` and `hash`, which is hash_of(id). Leaves stay where they are in memory.
template <class Leaf>
class LeafTable {
 public:
  std::size_t size() const { return size_; }

  // nullptr when there is none.
  Leaf* find(const EntityId& id) const {
    if (size_ == 0) return nullptr;
    const std::uint64_t hash = hash_of(id);
    for (std::size_t at = hash & mask(); slots_[at].leaf; at = (at + 1) & mask()) {
      if (slots_[at].hash == hash && slots_[at].leaf->id == id) return slots_[at].leaf.get();
    }
    return nullptr;
  }

  // Requires that its id is not there yet.
  Leaf& insert(std::unique_ptr<Leaf> leaf) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    ++size_;
    Slot& slot = free_slot(leaf->hash);
    slot.hash = leaf->hash;
    slot.leaf = std::move(leaf);
    return *slot.leaf;
  }

  void erase(const Leaf& leaf) {
    std::size_t at = leaf.hash & mask();
    while (slots_[at].leaf.get() != &leaf) at = (at + 1) & mask();
    slots_[at].leaf.reset();
    --size_;
    // What was pushed on by the slot that is free now moves back, so that searches may end there.
    for (std::size_t next = (at + 1) & mask(); slots_[next].leaf; next = (next + 1) & mask()) {
      const std::size_t wanted = slots_[next].hash & mask();
      if (((next - wanted) & mask()) < ((next - at) & mask())) continue;
      slots_[at] = std::move(slots_[next]);
      at = next;
    }
  }

  // In no particular order.
  template <class F>
  void each(const F& function) const {
    for (const Slot& slot : slots_) {
      if (slot.leaf) function(*slot.leaf);
    }
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    std::unique_ptr<Leaf> leaf;
  };

  std::size_t mask() const { return slots_.size() - 1; }

  Slot& free_slot(std::uint64_t hash) {
    std::size_t at = hash & mask();
    while (slots_[at].leaf) at = (at + 1) & mask();
    return slots_[at];
  }

  void grow() {
    std::vector<Slot> slots(slots_.empty() ? 16 : 2 * slots_.size());
    slots.swap(slots_);
    for (Slot& slot : slots) {
      if (slot.leaf) free_slot(slot.hash) = std::move(slot);
    }
  }

  std::vector<Slot> slots_;  // a power of two of them, at most half full
  std::size_t size_ = 0;
};

}  // namespace trawl::stats
