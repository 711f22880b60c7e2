// From wide integers to doubles: the one rounding.
#pragma once

#include <cstdint>
#include <span>

namespace trawl::core::exact {

// +-(sum of words[i] * 2^(32 i), and a little more if `sticky`) * 2^lowest_bit, rounded to nearest,
// ties to even; subnormal and infinite results too. "A little more" is less than one unit of
// words[0]; with it, the number of bits set from top to bottom must be at least 55.
// In integers only, so that no rounding mode or flush-to-zero setting changes it.
double round_words(std::span<const std::uint32_t> words, int lowest_bit, bool negative,
                   bool sticky = false);

}  // namespace trawl::core::exact
