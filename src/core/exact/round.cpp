#include "core/exact/round.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace trawl::core::exact {
namespace {

// Bits [begin, begin + 64) of `words`.
std::uint64_t bits_from(std::span<const std::uint32_t> words, std::size_t begin) {
  std::uint64_t low = 0, high = 0;
  const std::size_t word = begin / 32;
  const auto at = [&](std::size_t i) { return i < words.size() ? std::uint64_t{words[i]} : 0; };
  low = at(word) | at(word + 1) << 32;
  high = at(word + 2);
  const std::size_t shift = begin % 32;
  return shift == 0 ? low : low >> shift | high << (64 - shift);
}

bool any_bit_below(std::span<const std::uint32_t> words, std::size_t end) {
  const auto whole = words.first(std::min(end / 32, words.size()));
  if (std::any_of(whole.begin(), whole.end(), [](std::uint32_t w) { return w != 0; })) return true;
  if (end / 32 >= words.size()) return false;
  const std::uint32_t mask = (std::uint32_t{1} << (end % 32)) - 1;
  return (words[end / 32] & mask) != 0;
}

}  // namespace

double round_words(std::span<const std::uint32_t> words, int lowest_bit, bool negative,
                   bool sticky) {
  while (!words.empty() && words.back() == 0) words = words.first(words.size() - 1);
  if (words.empty()) return 0.0;
  const int top = static_cast<int>(words.size()) * 32 - 1 - std::countl_zero(words.back());
  const int unit = std::max(top + lowest_bit - 52, -1074);  // exponent of the result's last bit
  const int drop = unit - lowest_bit;
  std::uint64_t mantissa = 0;
  if (drop <= 0) {
    mantissa = bits_from(words, 0) << -drop;
  } else if (drop <= top + 1) {
    const auto last = static_cast<std::size_t>(drop - 1);
    mantissa = (bits_from(words, last) >> 1) & ((std::uint64_t{1} << 53) - 1);
    const bool half = (bits_from(words, last) & 1) != 0;
    const bool more = sticky || any_bit_below(words, last);
    mantissa += half && (more || (mantissa & 1) != 0) ? 1 : 0;
  }
  // A leading 1 at bit 52 raises the exponent field by one, as a carry out of rounding does.
  constexpr std::uint64_t infinity =
      std::bit_cast<std::uint64_t>(std::numeric_limits<double>::infinity());
  std::uint64_t bits = infinity;
  if (unit <= 1023 - 52) {
    bits = std::min(infinity, (static_cast<std::uint64_t>(unit + 1074) << 52) + mantissa);
  }
  return std::bit_cast<double>(bits | std::uint64_t{negative} << 63);
}

}  // namespace trawl::core::exact
