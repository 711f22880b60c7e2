// Who gets what: pure arithmetic, testable for any number of ranks in one process.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace trawl {

// Items [begin, end).
struct Slice {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t size() const { return end - begin; }
  bool operator==(const Slice&) const = default;
};

// Local. Part `part` of `count` items cut into `parts` slices that tile [0, count); sizes differ by
// at most one. Requires 0 <= part < parts.
Slice slice(std::uint64_t count, int parts, int part);

// Local. The part that owns `item`. Requires item < count.
int owner(std::uint64_t count, int parts, std::uint64_t item);

// Local. Cuts [0, weights.size()) into `parts` contiguous slices of nearly equal weight; returns
// parts + 1 offsets, first 0, last weights.size(). Every slice is within one item of its fair
// share. O(n + parts).
std::vector<std::uint64_t> cut_by_weight(std::span<const std::uint64_t> weights, int parts);

}  // namespace trawl
