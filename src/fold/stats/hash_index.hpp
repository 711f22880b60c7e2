// Positions in a list, found by the hash of what stands there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <trawl/base/prefetch.hpp>

namespace trawl::fold {

// Open addressing with linear probing (Knuth, The Art of Computer Programming 3, 6.4, algorithm L),
// at most half full: 8 to 32 bytes per entry. Fewer than 2^31 entries. Not thread-safe.
class HashIndex {
 public:
  // The position with this hash for which `equal(position)` holds; if there is none, `fresh`, which
  // is found under this hash from now on.
  template <class Equal>
  std::uint32_t find_or_add(std::uint64_t hash, std::uint32_t fresh, const Equal& equal) {
    if (2 * (entries_ + 1) > slots_.size()) grow();
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = tag & mask;; i = (i + 1) & mask) {
      Slot& slot = slots_[i];
      if (slot.next == 0) {
        slot = {tag, fresh + 1};
        ++entries_;
        return fresh;
      }
      if (slot.tag == tag && equal(slot.next - 1)) return slot.next - 1;
    }
  }

  // Keeps the memory.
  void clear() {
    std::fill(slots_.begin(), slots_.end(), Slot());
    entries_ = 0;
  }

  // For lookups that are known before: asks for the slot of a hash, and later looks at it for the
  // position that it probably names.
  void prefetch(std::uint64_t hash) const {
    if (!slots_.empty()) trawl::prefetch(&slots_[home(hash)]);
  }
  std::optional<std::uint32_t> likely(std::uint64_t hash) const {
    if (slots_.empty() || slots_[home(hash)].next == 0) return std::nullopt;
    return slots_[home(hash)].next - 1;
  }

 private:
  struct Slot {
    std::uint32_t tag = 0;   // upper half of the hash; its low bits say where to look
    std::uint32_t next = 0;  // position + 1; 0: empty
  };

  std::size_t home(std::uint64_t hash) const { return (hash >> 32) & (slots_.size() - 1); }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : 2 * slots_.size());
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.next == 0) continue;
      std::size_t i = slot.tag & mask;
      while (slots_[i].next != 0) i = (i + 1) & mask;
      slots_[i] = slot;
    }
  }

  std::vector<Slot> slots_;  // a power of two of them
  std::size_t entries_ = 0;
};

}  // namespace trawl::fold
