// Which bits a hash sets: fixed for all time, because stored filters depend on it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trawl::core::block {

__extension__ typedef unsigned __int128 uint128;

inline constexpr std::size_t lanes = 8;  // 64-bit lanes of a block

// Multiply-shift instead of modulo: any number of blocks, chosen by the high bits of the hash (D.
// Lemire, "Fast random integer generation in an interval", TOMACS 2019).
inline std::uint64_t index(std::uint64_t hash, std::uint64_t blocks) {
  return static_cast<std::uint64_t>((static_cast<uint128>(hash) * blocks) >> 64);
}

// 48 bits at `shifts`, six per lane. Keys of one block share the high bits of their hash, so these
// are mixed away by an odd multiplier (the 64-bit golden ratio), which carries the low bits
// upwards.
inline std::uint64_t positions(std::uint64_t hash) {
  return hash * 0x9e3779b97f4a7c15u;
}

alignas(64) inline constexpr std::uint64_t shifts[lanes] = {16, 22, 28, 34, 40, 46, 52, 58};

inline std::uint64_t bit(std::uint64_t positions, std::size_t lane) {
  return std::uint64_t{1} << ((positions >> shifts[lane]) & 63);
}

}  // namespace trawl::core::block
