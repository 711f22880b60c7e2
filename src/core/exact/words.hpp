// Wide integers as 32-bit words in two's complement, and the canonical bytes of them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <trawl/core/exact/exact_sum.hpp>
#include <trawl/core/exact/scaled_integer.hpp>

#include "core/exact/byte_stream.hpp"

namespace trawl::core::exact {

// The sum of words[i] * 2^(32 (first + i)), i < count, the last word signed. In canonical form the
// first word is not 0, the last does not only repeat the sign of the one below, and 0 has no words
// and first = 0.
struct Words {
  std::size_t first = 0, count = 0;
  std::array<std::uint32_t, ProductRange::digits + 1> words;

  std::span<const std::uint32_t> span() const { return std::span(words).first(count); }
};

// The canonical words of the sum of digits[i] * 2^(32 (first + i)), any |digits[i]| < 2^62.
Words canonical_words(std::span<const std::int64_t> digits, std::size_t first);

// The other way: digits in [0, 2^32) but for the last, which is signed. Requires room: the words
// lie within [first, first + digits.size()).
void to_digits(const Words& words, std::span<std::int64_t> digits, std::size_t first);

ScaledInteger scaled(const Words& words, int lowest_bit);

// What stands before the counts of an exact sum: tag, first, count, whether counts follow, words.
void append_words(std::vector<std::byte>& out, std::uint8_t tag, const Words& words, bool counts);

// DataError unless append_words could have written it for an accumulator of `digits` digits.
struct ReadWords {
  Words words;
  bool counts = false;
};
ReadWords read_words(ByteReader& reader, std::uint8_t tag, std::size_t digits);

}  // namespace trawl::core::exact
