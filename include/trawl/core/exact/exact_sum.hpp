// Sums of doubles, and of products of two doubles, without any rounding: a superaccumulator.
//
// The state is one wide integer that covers every bit a double (or a product of two) can have:
// signed 64-bit digits, 32 bits apart, so that carries can wait. After Kulisch, "Computer
// Arithmetic and Validity" (2nd ed., chapter 8), and Neal, "Fast exact summation using small and
// large superaccumulators" (arXiv 1505.05571, section 2). The bulk path adds blocks without error
// in floating-point lanes first, by the extraction of Rump, Ogita and Oishi, "Accurate
// floating-point summation part I" (SIAM J. Sci. Comput. 31, 2008), with a fixed number of levels
// as in Demmel and Nguyen, "Parallel reproducible summation" (IEEE Trans. Computers 64, 2015);
// what its levels do not hold goes round again, so that it is exact, not only reproducible.
//
// A summary: add and merge in any order, blocking and vector width give the same value and the same
// bytes. Also a group: what was added can be subtracted, and the bytes are as if it never had been.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <trawl/base/digest.hpp>
#include <trawl/core/exact/scaled_integer.hpp>

namespace trawl::core {

// Which bits an accumulator covers: 2^lowest_bit upwards, 32 in each digit, and 77 (sums) or 156
// (products) bits above the largest finite term.
struct SumRange {
  static constexpr int lowest_bit = -1074;
  static constexpr std::size_t digits = 68;
  static constexpr std::uint8_t tag = 1;
};
struct ProductRange {
  static constexpr int lowest_bit = -2 * 1074;
  static constexpr std::size_t digits = 136;
  static constexpr std::uint8_t tag = 2;
};

// Local. Trivially copyable; not for two threads at once. NaN and infinite terms are counted, not
// summed. Capacity: 2^77 terms of any size; a state beyond it (made by merging a state with itself
// over and over) is refused with InputError, never wrapped.
template <class Range>
class ExactAccumulator {
 public:
  // The sum of nothing, the identity of merge.
  ExactAccumulator() = default;

  // O(1), about 3 ns: three integer additions.
  void add(double value) { add_signed(value, false); }
  void subtract(double value) { add_signed(value, true); }

  // O(n), less than 0.5 ns each from 1000 values on where vectors have 8 lanes; four times that
  // when values of one block of 2048 are more than 2^38 apart.
  void add(std::span<const double> values) { add_all(values, false); }
  void subtract(std::span<const double> values) { add_all(values, true); }

  // a * b exactly, also where a double would overflow or underflow. a * b decides what a NaN or
  // infinite factor counts as.
  void add_product(double a, double b) requires(Range::tag == ProductRange::tag) {
    add_signed_product(a, b, false);
  }
  void subtract_product(double a, double b) requires(Range::tag == ProductRange::tag) {
    add_signed_product(a, b, true);
  }
  // Sum of a[i] * b[i], about 2 ns each where vectors have 8 lanes. Requires equal sizes.
  void add_products(std::span<const double> a,
                    std::span<const double> b) requires(Range::tag == ProductRange::tag) {
    add_all_products(a, b, false);
  }
  void subtract_products(std::span<const double> a,
                         std::span<const double> b) requires(Range::tag == ProductRange::tag) {
    add_all_products(a, b, true);
  }

  // Adds term * 2^exponent, what kernels leave behind.
  // Requires lowest_bit <= exponent < lowest_bit + 32 * (digits - 3).
  void add_scaled(std::int64_t term, int exponent) {
    const std::uint64_t bits = static_cast<std::uint64_t>(term);
    deposit(term < 0 ? 0 - bits : bits, static_cast<std::uint32_t>(exponent - Range::lowest_bit),
            term < 0);
  }

  // merge(b) then subtract(b) is nothing at all. O(digits).
  void merge(const ExactAccumulator& other);
  void subtract(const ExactAccumulator& other);
  // The inverse under merge: merging both gives the identity.
  void negate();

  // The exact sum rounded once, to nearest, ties to even; subnormal results too. Infinity when it
  // is 2^1024 - 2^970 or more, or when infinities of one sign were added. NaN when NaN or
  // infinities of both signs were, or when more of them were subtracted than added. A sum that is
  // exactly 0 is +0.
  double value() const;

  // Nothing was added, or everything was taken away again (also NaN and infinities).
  bool is_zero() const;
  // -1, 0 or 1: the sign of the finite terms' sum, before rounding.
  int sign() const;

  // Added minus subtracted.
  std::int64_t nan_count() const { return nan_; }
  std::int64_t positive_infinity_count() const { return positive_infinity_; }
  std::int64_t negative_infinity_count() const { return negative_infinity_; }

  // The sum of the finite terms, not rounded.
  ScaledInteger exact_value() const;

  // Canonical: equal states, and only those, have equal bytes. Layout, little-endian:
  //   u8 tag, u8 first, u8 word count, u8 1 if counts follow, u32 words[],
  //   i64 NaN, i64 +infinity, i64 -infinity (left out when all are 0)
  // The sum of the finite terms is that of words[i] * 2^(lowest_bit + 32 (first + i)), the last
  // word signed (two's complement); no zero words first, no last word that only repeats the sign,
  // and 0 has no words. 4 + 4 * words bytes, at most 4 + 4 * digits + 24.
  std::vector<std::byte> to_bytes() const;
  void append_bytes(std::vector<std::byte>& out) const;
  // DataError for everything that to_bytes would not have written.
  static ExactAccumulator from_bytes(Bytes bytes);
  // Reads one state from the front of `bytes` and moves them behind it.
  static ExactAccumulator read(Bytes& bytes);

  bool operator==(const ExactAccumulator& other) const;

 private:
  static constexpr std::uint64_t mantissa_bits = (std::uint64_t{1} << 52) - 1;
  // |digits_[i]| <= (pending_ + 1) * 2^32, so 2^30 pending deposits are far from 2^63.
  static constexpr std::uint32_t max_pending = std::uint32_t{1} << 29;

  void add_signed(double value, bool negative) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const auto exponent = static_cast<std::uint32_t>(bits >> 52 & 0x7ff);
    if (exponent == 0x7ff) return count_special(value, negative);
    // Subnormal numbers have the exponent of the smallest normal ones, without the leading 1.
    const std::uint64_t normal = exponent != 0 ? 1 : 0;
    const std::uint64_t mantissa = (bits & mantissa_bits) | normal << 52;
    deposit(mantissa, exponent - static_cast<std::uint32_t>(normal) + lowest_double,
            negative != (bits >> 63 != 0));
  }

  // Adds magnitude * 2^(lowest_bit + position), negated if so; no branch, for signs are random.
  void deposit(std::uint64_t magnitude, std::uint32_t position, bool negative) {
    const std::size_t digit = position / 32;
    const std::uint32_t shift = position % 32;
    const std::uint64_t low = magnitude << shift;
    const std::uint64_t high = magnitude >> 1 >> (63 - shift);
    const std::int64_t sign = -static_cast<std::int64_t>(negative);
    const auto apply = [sign](std::uint64_t part) {
      return (static_cast<std::int64_t>(part) ^ sign) - sign;
    };
    digits_[digit] += apply(low & 0xffffffff);
    digits_[digit + 1] += apply(low >> 32);
    digits_[digit + 2] += apply(high);
    if (++pending_ >= max_pending) normalise();
  }

  // Where the lowest bit of a double lies in digits_.
  static constexpr std::uint32_t lowest_double =
      static_cast<std::uint32_t>(-1074 - Range::lowest_bit);

  void count_special(double value, bool negative);
  void add_all(std::span<const double> values, bool negative);
  void add_block(std::span<const double> block, bool negative);
  void add_signed_product(double a, double b, bool negative);
  void add_all_products(std::span<const double> a, std::span<const double> b, bool negative);
  void normalise();  // digits but the last into [0, 2^32)
  ExactAccumulator normalised() const;

  std::array<std::int64_t, Range::digits> digits_{};
  std::int64_t nan_ = 0;
  std::int64_t positive_infinity_ = 0;
  std::int64_t negative_infinity_ = 0;
  std::uint32_t pending_ = 0;  // deposits since the last normalise()
};

// 568 bytes in memory; 4 to 300 as bytes, typically 20.
using ExactSum = ExactAccumulator<SumRange>;
// Sums of products, and of doubles; twice as wide.
using ExactDot = ExactAccumulator<ProductRange>;

template <>
void ExactDot::add_signed_product(double a, double b, bool negative);
template <>
void ExactDot::add_all_products(std::span<const double> a, std::span<const double> b,
                                bool negative);
extern template class ExactAccumulator<SumRange>;
extern template class ExactAccumulator<ProductRange>;

}  // namespace trawl::core
