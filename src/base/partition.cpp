#include <algorithm>

#include <trawl/base/partition.hpp>

namespace trawl {
namespace {

// Sums of 64-bit weights, times parts, need more than 64 bits.
__extension__ typedef unsigned __int128 uint128;

}  // namespace

Slice slice(std::uint64_t count, int parts, int part) {
  const auto p = static_cast<std::uint64_t>(part);
  const std::uint64_t size = count / static_cast<std::uint64_t>(parts);
  const std::uint64_t larger = count % static_cast<std::uint64_t>(parts);  // these hold one more
  const std::uint64_t begin = p * size + std::min(p, larger);
  return {begin, begin + size + (p < larger ? 1 : 0)};
}

int owner(std::uint64_t count, int parts, std::uint64_t item) {
  const std::uint64_t size = count / static_cast<std::uint64_t>(parts);
  const std::uint64_t larger = count % static_cast<std::uint64_t>(parts);
  const std::uint64_t in_larger = larger * (size + 1);
  if (item < in_larger) return static_cast<int>(item / (size + 1));
  return static_cast<int>(larger + (item - in_larger) / size);
}

std::vector<std::uint64_t> cut_by_weight(std::span<const std::uint64_t> weights, int parts) {
  const std::uint64_t count = weights.size();
  const auto slices = static_cast<std::uint64_t>(parts);
  uint128 total = 0;
  for (const std::uint64_t weight : weights) total += weight;

  std::vector<std::uint64_t> offsets(slices + 1, count);
  offsets[0] = 0;
  uint128 before = 0;  // weight of the items [0, item)
  std::uint64_t item = 0;
  for (std::uint64_t part = 1; part < slices; ++part) {
    if (total == 0) {
      offsets[part] = slice(count, parts, static_cast<int>(part)).begin;
      continue;
    }
    // Everything times `slices`, so that the fair border total * part / slices is a whole number.
    // The border goes to the nearer end of the item it falls into: each is off by half an item at
    // most, a slice by one.
    const uint128 border = total * part;
    while ((before + weights[item]) * slices <= border) before += weights[item++];
    const bool nearer_end = (before + weights[item]) * slices - border < border - before * slices;
    offsets[part] = item + (nearer_end ? 1 : 0);
  }
  return offsets;
}

}  // namespace trawl
