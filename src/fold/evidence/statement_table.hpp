// Sums of what sources say about entities while rows come in, as small as they can be.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <span>

#include <trawl/base/page_memory.hpp>
#include <trawl/core/evidence/source_sums.hpp>

namespace trawl::fold {

// Numbers that somebody gives to names.
struct StatementName {
  std::uint32_t entity = 0, source = 0, type = 0;
  auto operator<=>(const StatementName&) const = default;
};

// Open addressing with linear probing, 64 bytes a statement, so that adding a record is one cache
// miss, which can be asked for ahead: 100 to 200 bytes for each. Sums that do not fit a window
// (evidence::WindowSums) go on beside the table. Not thread-safe.
class StatementTable {
 public:
  void prefetch(const StatementName& name) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[home_of(name)], 1);
  }
  // Of a contribution that was not refused.
  void add(const StatementName& name, const evidence::Contribution& contribution) {
    Slot& slot = slot_of(name);
    if (!slot.sums.add(contribution.value, contribution.weight, contribution.clamped))
      add_beside(slot, contribution);
  }

  std::size_t size() const { return used_; }
  // In ascending order of names. The sums are the function's to keep.
  void each(const std::function<void(const StatementName&, evidence::GroupSums&&)>& function) const;
  void clear();

 private:
  struct Slot {
    StatementName name;
    std::uint32_t used = 0;
    evidence::WindowSums sums;
  };
  static_assert(sizeof(Slot) == 64);

  // Multiplicative (Knuth, The Art of Computer Programming 3, 6.4): numbers of names are small and
  // dense.
  std::size_t home_of(const StatementName& name) const {
    const std::uint64_t pair = std::uint64_t{name.entity} << 32 | name.source;
    const std::uint64_t hash = (pair * 0x9e3779b97f4a7c15 ^ (pair >> 32)) * 0xd1342543de82ef95 +
                               name.type * 0xbf58476d1ce4e5b9;
    return hash >> shift_;
  }
  Slot& slot_of(const StatementName& name) {
    if (8 * (used_ + 1) > 5 * slots_.size()) grow();
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = home_of(name);; i = (i + 1) & mask) {
      Slot& slot = slots_[i];
      if (slot.used != 0 && slot.name == name) return slot;
      if (slot.used == 0) return fresh(slot, name);
    }
  }
  Slot& fresh(Slot& slot, const StatementName& name);
  void add_beside(Slot& slot, const evidence::Contribution& contribution);
  void grow();

  PageMemory memory_;
  std::span<Slot> slots_;  // a power of two of them, at most 5/8 full
  int shift_ = 64;         // of a hash to a slot
  std::size_t used_ = 0;
  std::map<StatementName, evidence::GroupSums> beside_;  // each has a slot too
};

}  // namespace trawl::fold
