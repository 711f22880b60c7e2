#include "core/exact/wide.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>

#include "core/exact/double_parts.hpp"
#include "core/exact/kernels.hpp"
#include "core/exact/round.hpp"
#include "core/stats/double_double.hpp"

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

// |number| but for what is below 2^-105 of it: mantissa * 2^exponent, the mantissa from 1/2 to
// below 1.
struct Leading {
  explicit Leading(const Wide& number) {
    const auto& limbs = number.value.backend();
    static_assert(sizeof(*limbs.limbs()) == 8);
    const auto at = [&](std::size_t below_top) {
      return below_top < limbs.size() ? std::uint64_t{limbs.limbs()[limbs.size() - 1 - below_top]}
                                      : 0;
    };
    const int shift = std::countl_zero(at(0));
    const auto bits_at = [&](std::size_t i) {
      return shift == 0 ? at(i) : at(i) << shift | at(i + 1) >> (64 - shift);
    };
    const std::uint64_t high = bits_at(0), low = bits_at(1);
    const std::uint64_t next = (high & 0x7ff) << 42 | low >> 22;  // 53 bits behind the first 53
    mantissa = quick_two_sum(static_cast<double>(high >> 11) * 0x1p-53,
                             static_cast<double>(next) * 0x1p-106);
    exponent = static_cast<int>(limbs.size()) * 64 - shift + number.exponent;
  }
  DoubleDouble mantissa;
  int exponent;
};

// value * 2^exponent, rounded once, unless its error, below 2^-98 of it, leaves that open.
std::optional<double> round_if_certain(const DoubleDouble& value, int exponent) {
  if (!default_float_environment()) return std::nullopt;  // then nothing above holds
  const double slack = value.hi * 0x1p-98;
  const double least = value.hi + (value.lo - slack), most = value.hi + (value.lo + slack);
  if (least != most || exponent < -1000 || exponent > 1000) return std::nullopt;
  return std::ldexp(least, exponent);
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
  if (a.value == 0 || b.value == 0) return round_ratio_in_integers(a, b);
  const Leading x(a), y(b);
  const auto rounded_once = round_if_certain(x.mantissa / y.mantissa, x.exponent - y.exponent);
  if (!rounded_once) return round_ratio_in_integers(a, b);
  return (a.value < 0) != (b.value < 0) ? -*rounded_once : *rounded_once;
}

double round_root_of_ratio(const Wide& a, const Wide& b) {
  if (a.value == 0 || b.value == 0) return round_root_of_ratio_in_integers(a, b);
  const Leading x(a), y(b);
  DoubleDouble ratio = x.mantissa / y.mantissa;
  int exponent = x.exponent - y.exponent;
  if (exponent % 2 != 0) {
    ratio = {2 * ratio.hi, 2 * ratio.lo};
    --exponent;
  }
  // One step of Newton's method from the root of the leading part.
  const double root = std::sqrt(ratio.hi);
  const DoubleDouble rest = ratio - two_product(root, root);
  const auto rounded_once =
      round_if_certain(quick_two_sum(root, rest.hi / (2 * root)), exponent / 2);
  if (!rounded_once) return round_root_of_ratio_in_integers(a, b);
  return (a.value < 0) != (b.value < 0) ? -*rounded_once : *rounded_once;
}

double round_ratio_in_integers(const Wide& a, const Wide& b) {
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

double round_root_of_ratio_in_integers(const Wide& a, const Wide& b) {
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
