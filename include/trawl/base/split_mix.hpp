// A hash of integers.
#pragma once

#include <cstdint>

namespace trawl {

// Local. SplitMix64's output function: Stafford's mix 13 behind the golden-ratio step, so that 0 is
// not a fixed point (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA
// 2014). A bijection. Stored filters depend on it.
inline std::uint64_t split_mix(std::uint64_t number) {
  std::uint64_t z = number + 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace trawl
