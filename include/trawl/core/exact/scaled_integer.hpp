// An exact binary number of any size.
#pragma once

#include <cstdint>
#include <vector>

namespace trawl::core {

// The sum of words[i] * 2^(exponent + 32 i), the last word signed (two's complement). No words: 0.
struct ScaledInteger {
  std::vector<std::uint32_t> words;
  int exponent = 0;
};

}  // namespace trawl::core
