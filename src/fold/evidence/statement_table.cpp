#include "fold/evidence/statement_table.hpp"

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

namespace trawl::fold {
namespace {

constexpr std::size_t least_slots = 64;

}  // namespace

StatementTable::Slot& StatementTable::fresh(Slot& slot, const StatementName& name) {
  slot.name = name;
  slot.used = 1;
  ++used_;
  return slot;
}

void StatementTable::add_beside(Slot& slot, const evidence::Contribution& contribution) {
  evidence::GroupSums& sums = beside_[slot.name];
  sums.merge(slot.sums);
  slot.sums = {};
  sums.add(contribution);
}

void StatementTable::grow() {
  const PageMemory old_memory = std::move(memory_);
  const std::span<Slot> old = slots_;
  const std::size_t size = old.empty() ? least_slots : 2 * old.size();
  memory_ = PageMemory(size * sizeof(Slot));
  slots_ = memory_.as<Slot>();
  shift_ = 64 - std::countr_zero(size);
  const std::size_t mask = size - 1;
  for (const Slot& slot : old) {
    if (slot.used == 0) continue;
    std::size_t i = home_of(slot.name);
    while (slots_[i].used != 0) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

void StatementTable::each(
    const std::function<void(const StatementName&, evidence::GroupSums&&)>& function) const {
  std::vector<const Slot*> slots;
  slots.reserve(used_);
  for (const Slot& slot : slots_) {
    if (slot.used != 0) slots.push_back(&slot);
  }
  std::ranges::sort(slots, {}, [](const Slot* slot) { return slot->name; });
  for (const Slot* slot : slots) {
    evidence::GroupSums sums;
    if (const auto more = beside_.find(slot->name); more != beside_.end()) sums = more->second;
    sums.merge(slot->sums);
    function(slot->name, std::move(sums));
  }
}

void StatementTable::clear() {
  memory_.reset();
  slots_ = {};
  used_ = 0;
  beside_.clear();
}

}  // namespace trawl::fold
