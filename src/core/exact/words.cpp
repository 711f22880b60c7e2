#include "core/exact/words.hpp"

#include <algorithm>
#include <string>

#include <trawl/base/error.hpp>

namespace trawl::core::exact {
namespace {

// The word that only repeats the sign of the one below.
std::uint32_t sign_word(std::uint32_t word) {
  return word >> 31 != 0 ? 0xffffffff : 0;
}

[[noreturn]] void damaged(const char* why) {
  throw DataError(std::string("damaged bytes of an exact sum: ") + why);
}

}  // namespace

Words canonical_words(std::span<const std::int64_t> digits, std::size_t first) {
  Words out;
  const auto append_word = [&](std::int64_t word) {
    const auto low = static_cast<std::uint32_t>(word);
    if (out.count == 0 && low == 0) {
      ++first;  // zero words below are left out
    } else {
      out.words[out.count++] = low;
    }
  };
  std::int64_t carry = 0;
  for (const std::int64_t digit : digits) {
    append_word(digit + carry);
    carry = (digit + carry) >> 32;
  }
  append_word(carry);  // below 2^30 in magnitude: with its sign
  if (out.count == 0) return out;
  out.first = first;
  auto& words = out.words;
  while (out.count > 1 && words[out.count - 1] == sign_word(words[out.count - 2])) --out.count;
  return out;
}

void to_digits(const Words& words, std::span<std::int64_t> digits, std::size_t first) {
  std::fill(digits.begin(), digits.end(), 0);
  if (words.count == 0) return;
  const std::size_t begin = words.first - first;
  std::copy_n(words.words.begin(), words.count,
              digits.begin() + static_cast<std::ptrdiff_t>(begin));
  if (words.words[words.count - 1] >> 31 == 0) return;
  // Negative: -2^32 in the next digit, which is -1 in the last and 2^32 - 1 in those between.
  for (std::size_t i = begin + words.count; i < digits.size(); ++i) digits[i] = 0xffffffff;
  digits.back() -= std::int64_t{1} << 32;
}

ScaledInteger scaled(const Words& words, int lowest_bit) {
  const auto span = words.span();
  return {{span.begin(), span.end()}, lowest_bit + 32 * static_cast<int>(words.first)};
}

void append_words(std::vector<std::byte>& out, std::uint8_t tag, const Words& words, bool counts) {
  append(out, tag);
  append(out, static_cast<std::uint8_t>(words.first));
  append(out, static_cast<std::uint8_t>(words.count));
  append(out, static_cast<std::uint8_t>(counts));
  const auto bytes = std::as_bytes(words.span());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

ReadWords read_words(ByteReader& reader, std::uint8_t tag, std::size_t digits) {
  ReadWords out;
  Words& words = out.words;
  if (reader.next<std::uint8_t>() != tag) damaged("wrong tag");
  words.first = reader.next<std::uint8_t>();
  words.count = reader.next<std::uint8_t>();
  const auto counts = reader.next<std::uint8_t>();
  if (counts > 1) damaged("unknown flag");
  out.counts = counts == 1;
  if (words.first + words.count > digits || (words.count == 0 && words.first != 0)) {
    damaged("words out of range");
  }
  for (std::size_t i = 0; i < words.count; ++i) words.words[i] = reader.next<std::uint32_t>();
  if (words.count == 0) return out;
  const std::uint32_t last = words.words[words.count - 1];
  const bool repeats_sign = words.count > 1 && last == sign_word(words.words[words.count - 2]);
  if (words.words[0] == 0 || repeats_sign) damaged("not the shortest form");
  // Its negative would need one digit more.
  if (words.first + words.count == digits && last == 0x80000000) damaged("beyond the capacity");
  return out;
}

}  // namespace trawl::core::exact
