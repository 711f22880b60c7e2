#include <trawl/base/digest.hpp>
#include <trawl/core/filter/membership_filter.hpp>

namespace trawl::core {

// SplitMix64's output function: Stafford's mix 13 behind the golden-ratio step, so that 0 is not a
// fixed point (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
// A bijection: distinct integers never collide.
std::uint64_t hash_key(std::int64_t key) {
  std::uint64_t z = static_cast<std::uint64_t>(key) + 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

std::uint64_t hash_key(std::string_view key) {
  return xxh3(bytes_of(key));
}

}  // namespace trawl::core
