// Where to look in sorted integer keys: the high bits of a key's distance from the least one give a
// short range of positions (a one-level radix index). A view over memory that somebody else owns.
#pragma once

#include <cstdint>
#include <span>
#include <utility>

namespace trawl::core {

class PrefixTable {
 public:
  // Positions [first, second) that can hold a key.
  using Range = std::pair<std::uint64_t, std::uint64_t>;

  // Entries that `fill` needs for these keys, at most size / 2 + 2: an entry for 2 to 4 keys when
  // they are spread evenly. 0: no table is of use (fewer than 16 keys) or possible (2^32 or more;
  // positions have 32 bits).
  static std::uint64_t entries_for(std::span<const std::int64_t> keys);

  PrefixTable() = default;  // empty
  // Requires: ascending distinct keys, entries_for(keys) > 0 entries.
  PrefixTable(std::span<const std::int64_t> keys, std::span<std::uint32_t> entries);

  // Local. Writes the entries that part `part` of `parts` owns; when all parts are written, by
  // whatever ranks and threads, the table can be asked. O(keys / parts + entries / parts).
  void fill(std::span<const std::int64_t> keys, int parts, int part);

  bool empty() const { return starts_.empty(); }
  // Where `key` is when it is there, and the first key that is not less than it, or the end of the
  // range: Requires: not empty, min() <= key <= max().
  Range range(std::int64_t key) const {
    const std::uint64_t prefix = prefix_of(key);
    return {starts_[prefix], starts_[prefix + 1]};
  }
  bool spans(std::int64_t key) const { return key >= min_ && key <= max_; }
  const std::uint32_t* entry(std::int64_t key) const { return starts_.data() + prefix_of(key); }

 private:
  std::uint64_t prefix_of(std::int64_t key) const {
    return (static_cast<std::uint64_t>(key) - static_cast<std::uint64_t>(min_)) >> shift_;
  }

  std::span<std::uint32_t> starts_;  // of prefix p: keys [starts_[p], starts_[p + 1])
  std::int64_t min_ = 0, max_ = 0;
  int shift_ = 0;
};

}  // namespace trawl::core
