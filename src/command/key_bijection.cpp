#include "command/key_bijection.hpp"

namespace trawl::command {

namespace {

std::uint64_t split_mix(std::uint64_t& state) {
  std::uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace

KeyBijection::KeyBijection(std::uint64_t seed, int bits)
    : mask_((std::uint64_t{1} << bits) - 1), half_((bits + 1) / 2) {
  for (Round& round : rounds_) {
    round.factor = split_mix(seed) | 1;
    round.offset = split_mix(seed);
  }
}

}  // namespace trawl::command
