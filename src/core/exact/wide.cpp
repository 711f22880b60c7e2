#include "core/exact/wide.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>
#include <limits>

#include "core/exact/double_parts.hpp"
#include "core/exact/round.hpp"

namespace trawl::core::exact {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double rounded(const BigInt& magnitude, int exponent, bool negative, bool sticky) {
  std::vector<std::uint32_t> words;
  export_bits(magnitude, std::back_inserter(words), 32, false);
  return round_words(words, exponent, negative, sticky);
}

int bits(const BigInt& magnitude) {
  return static_cast<int>(msb(magnitude)) + 1;
}

}  // namespace

Wide to_wide(const ScaledInteger& number) {
  Wide out;
  if (number.words.empty()) return out;
  import_bits(out.value, number.words.begin(), number.words.end(), 32, false);
  if (number.words.back() >> 31 != 0) out.value -= BigInt(1) << (32 * number.words.size());
  out.exponent = number.exponent;
  return out;
}

ScaledInteger to_scaled(const Wide& number) {
  ScaledInteger out;
  if (number.value == 0) return out;
  out.exponent = number.exponent;
  const BigInt magnitude = abs(number.value);
  const auto size = static_cast<std::size_t>(bits(magnitude)) / 32 + 1;  // room for the sign
  const BigInt twos = number.value < 0 ? (BigInt(1) << (32 * size)) - magnitude : magnitude;
  export_bits(twos, std::back_inserter(out.words), 32, false);
  out.words.resize(size);
  return out;
}

Wide multiply(const Wide& a, const Wide& b) {
  return {a.value * b.value, a.exponent + b.exponent};
}

Wide subtract(const Wide& a, const Wide& b) {
  if (b.value == 0) return a;
  if (a.value == 0) return {-b.value, b.exponent};
  const int exponent = std::min(a.exponent, b.exponent);
  return {(a.value << (a.exponent - exponent)) - (b.value << (b.exponent - exponent)), exponent};
}

double round_ratio(const Wide& a, const Wide& b) {
  if (b.value == 0) return nan;
  if (a.value == 0) return 0.0;
  const BigInt numerator = abs(a.value), denominator = abs(b.value);
  const bool negative = (a.value < 0) != (b.value < 0);
  // At least 64 bits of quotient, more than any rounding looks at.
  const int shift = std::max(0, 64 + bits(denominator) - bits(numerator));
  BigInt quotient, remainder;
  divide_qr(BigInt(numerator << shift), denominator, quotient, remainder);
  return rounded(quotient, a.exponent - b.exponent - shift, negative, remainder != 0);
}

double round_mean(const ScaledInteger& sum, std::int64_t count) {
  if (sum.words.empty()) return 0.0;
  if (sum.words.size() > 4) return round_ratio(to_wide(sum), {BigInt(count), 0});
  const bool negative = sum.words.back() >> 31 != 0;
  Wide128 value = negative ? ~Wide128{0} : 0;
  for (std::size_t i = sum.words.size(); i-- > 0;) value = value << 32 | sum.words[i];
  Wide128 magnitude = negative ? 0 - value : value;
  if (magnitude == 0) return 0.0;
  // At least 65 bits of quotient.
  const auto high = static_cast<std::uint64_t>(magnitude >> 64);
  const int shift = high != 0 ? std::countl_zero(high)
                              : 64 + std::countl_zero(static_cast<std::uint64_t>(magnitude));
  magnitude <<= shift;
  const auto divisor = static_cast<std::uint64_t>(count);
  const Wide128 quotient = magnitude / divisor;
  std::array<std::uint32_t, 4> words;
  for (std::size_t i = 0; i < 4; ++i) words[i] = static_cast<std::uint32_t>(quotient >> (32 * i));
  return round_words(words, sum.exponent - shift, negative, quotient * divisor != magnitude);
}

double round_root_of_ratio(const Wide& a, const Wide& b) {
  if (b.value == 0) return nan;
  if (a.value == 0) return 0.0;
  const BigInt numerator = abs(a.value), denominator = abs(b.value);
  const bool negative = (a.value < 0) != (b.value < 0);
  // The root has half the bits of the quotient, and the power of two must be even.
  int shift = std::max(0, 130 + bits(denominator) - bits(numerator));
  if ((a.exponent - b.exponent - shift) % 2 != 0) ++shift;
  BigInt quotient, remainder, root_remainder;
  divide_qr(BigInt(numerator << shift), denominator, quotient, remainder);
  const BigInt root = sqrt(quotient, root_remainder);
  return rounded(root, (a.exponent - b.exponent - shift) / 2, negative,
                 remainder != 0 || root_remainder != 0);
}

}  // namespace trawl::core::exact
