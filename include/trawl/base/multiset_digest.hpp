// A digest of items in no order, each counted as often as it is there.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <trawl/base/digest.hpp>

namespace trawl {

// The sum, modulo 2^128, of the XXH3-128 digests (seed 0) of all items (additive hashing: Bellare,
// Micciancio, "A new paradigm for collision-free hashing", EUROCRYPT 1997). Summaries merge by
// addition, so that order, threads and ranks do not matter and nothing has to be sorted. Like XXH3
// itself it finds accidents, not attackers.
struct MultisetDigest {
  std::uint64_t high = 0, low = 0;

  // Every integer is one item: its eight bytes, little-endian.
  void add(std::span<const std::int64_t> integers);
  void add(Bytes item);
  void merge(const MultisetDigest& other);
  std::string hex() const;  // 32 digits, most significant first
  bool operator==(const MultisetDigest&) const = default;
};

}  // namespace trawl
