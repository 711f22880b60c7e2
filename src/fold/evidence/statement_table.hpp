// Sums of what sources say about entities while rows come in, as small as they can be.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include <trawl/base/page_memory.hpp>
#include <trawl/core/evidence/source_sums.hpp>

#include "fold/evidence/statement_grid.hpp"

namespace trawl::fold {

// Numbers that somebody gives to names.
struct StatementName {
  std::uint32_t entity = 0, source = 0, type = 0;
  auto operator<=>(const StatementName&) const = default;
};

// A record of what a source says.
struct Stated {
  StatementName name;
  evidence::Contribution contribution;  // not refused
};

// Statements of 64 bytes one after the other, found by open addressing with linear probing over 8
// bytes each, or by a grid where that is no larger: 80 to 96 bytes a statement. Many records are
// added at once, so that their cache misses overlap. Sums that do not fit a window
// (evidence::WindowSums) go on beside the table. Fewer than 2^32 statements. Not thread-safe.
class StatementTable {
 public:
  void add(std::span<const Stated> records);

  std::size_t size() const { return size_; }
  // In ascending order of names. The sums are the function's to keep.
  void each(const std::function<void(const StatementName&, evidence::GroupSums&&)>& function) const;
  void clear() { *this = StatementTable(); }

 private:
  struct Statement {
    StatementName name;
    std::uint32_t unused = 0;
    evidence::WindowSums sums;
  };
  static_assert(sizeof(Statement) == 64);
  struct Slot {
    std::uint32_t tag = 0;   // lower half of the hash
    std::uint32_t next = 0;  // position + 1; 0: empty
  };
  static constexpr std::size_t batch = 512;
  static constexpr std::size_t chunk = std::size_t{1} << 12;  // statements

  static std::uint64_t hash_of(const StatementName& name);
  Statement& at(std::size_t position) const {
    return chunks_[position / chunk].as<Statement>()[position % chunk];
  }
  std::size_t home_of(std::uint64_t hash) const { return hash >> shift_; }
  bool in_grid(const StatementName& name) const {
    return grid_.covers(name.entity, name.source) && name.type == 0;
  }
  void add_batch(std::span<const Stated> records);
  // Asks the memory for what guess() will look at; its second argument.
  std::uint64_t ask(const StatementName& name) const;
  // Position + 1 of the statement that most likely has this name; 0: none.
  std::uint32_t guess(const StatementName& name, std::uint64_t hash) const;
  Statement& find_or_make(const StatementName& name);
  // Where position + 1 of the statement of this name is, or is to be: 0 then.
  std::uint32_t& place_of(const StatementName& name);
  void add_beside(Statement& statement, const evidence::Contribution& contribution);
  // Makes room for so many more.
  void grow(std::size_t more);
  void use_slots(std::size_t slots);
  std::size_t slots_for(std::size_t statements) const;
  // Whether a grid that has these numbers too takes no more memory than so many slots.
  bool grid_fits(const StatementName& with, std::size_t slots) const;

  std::vector<PageMemory> chunks_;
  std::size_t size_ = 0;
  StatementName widest_;     // greatest numbers of all statements
  StatementGrid grid_;       // in use, or else
  std::vector<Slot> slots_;  // a power of two of them, at most half full
  int shift_ = 64;           // of a hash to a slot
  std::map<StatementName, evidence::GroupSums> beside_;  // each has a statement too
};

}  // namespace trawl::fold
