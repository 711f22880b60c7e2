// Which bits of a word filter a hash sets. Filters of this kind live as long as a query: the layout
// may change.
#pragma once

#include <cstdint>

namespace trawl::core::word {

// The hash of one filter; an odd multiplier makes that of another, whose words and bits have
// nothing to do with the first one's.
inline std::uint64_t hash(std::uint64_t hash, std::uint64_t multiplier) {
  return hash * multiplier;
}

// By the high 32 bits, multiply-shift (D. Lemire, "Fast random integer generation in an interval",
// TOMACS 2019); `words` < 2^32.
inline std::uint64_t index(std::uint64_t hash, std::uint64_t words) {
  return ((hash >> 32) * words) >> 32;
}

inline constexpr int bits = 4;         // that a key sets, six bits of the hash each
inline constexpr int first_shift = 8;  // above the lowest ones, which a multiplication mixes least

inline std::uint64_t mask(std::uint64_t hash) {
  std::uint64_t mask = 0;
  for (int i = 0; i < bits; ++i) mask |= std::uint64_t{1} << (hash >> (first_shift + 6 * i) & 63);
  return mask;
}

}  // namespace trawl::core::word
