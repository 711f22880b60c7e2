// Distinct pseudo-random keys without remembering any: a bijection of a counter.
#pragma once

#include <array>
#include <cstdint>

namespace trawl::command {

// Maps [0, 2^bits) one to one onto itself, differently for each seed. Each round multiplies by an
// odd number modulo 2^bits, adds a constant and xors the upper half into the lower; each of the
// three can be undone. Constants are drawn by SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). Good
// enough for test data, not a cipher.
class KeyBijection {
 public:
  // Requires 2 <= bits <= 63.
  explicit KeyBijection(std::uint64_t seed, int bits = 40);

  std::uint64_t operator()(std::uint64_t counter) const {
    std::uint64_t x = counter;
    for (const Round& round : rounds_) {
      x = (x * round.factor + round.offset) & mask_;
      x ^= x >> half_;
    }
    return x;
  }

 private:
  struct Round {
    std::uint64_t factor;  // odd
    std::uint64_t offset;
  };
  std::uint64_t mask_;
  int half_;
  std::array<Round, 4> rounds_;
};

}  // namespace trawl::command
