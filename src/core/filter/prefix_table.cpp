#include <bit>

#include <trawl/base/partition.hpp>
#include <trawl/core/filter/prefix_table.hpp>

namespace trawl::core {
namespace {

constexpr std::uint64_t fewest_keys = 16;

std::uint64_t distance(std::span<const std::int64_t> keys) {
  return static_cast<std::uint64_t>(keys.back()) - static_cast<std::uint64_t>(keys.front());
}

// The least shift that leaves at most size / 2 prefixes.
int shift_for(std::span<const std::int64_t> keys) {
  int shift = 0;
  while ((distance(keys) >> shift) >= keys.size() / 2) ++shift;
  return shift;
}

}  // namespace

std::uint64_t PrefixTable::entries_for(std::span<const std::int64_t> keys) {
  if (keys.size() < fewest_keys || keys.size() >> 32 != 0) return 0;
  return (distance(keys) >> shift_for(keys)) + 2;
}

PrefixTable::PrefixTable(std::span<const std::int64_t> keys, std::span<std::uint32_t> entries)
    : starts_(entries.first(entries_for(keys))),
      min_(keys.front()),
      max_(keys.back()),
      shift_(shift_for(keys)) {}

// A part owns the entries behind the prefix of the key before it, up to that of its last key.
void PrefixTable::fill(std::span<const std::int64_t> keys, int parts, int part) {
  const Slice mine = slice(keys.size(), parts, part);
  if (mine.size() == 0) return;
  std::uint64_t next = mine.begin == 0 ? 0 : prefix_of(keys[mine.begin - 1]) + 1;
  for (std::uint64_t i = mine.begin; i < mine.end; ++i) {
    for (const std::uint64_t prefix = prefix_of(keys[i]); next <= prefix; ++next)
      starts_[next] = static_cast<std::uint32_t>(i);
  }
  if (mine.end == keys.size()) starts_[next] = static_cast<std::uint32_t>(keys.size());
}

}  // namespace trawl::core
