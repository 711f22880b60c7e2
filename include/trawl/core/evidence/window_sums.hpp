// Exact sums of ordinary contributions in 48 bytes, for tables of very many.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>

#include <trawl/core/evidence/normalise.hpp>

namespace trawl::evidence {

__extension__ typedef __int128 int128;

// What GroupSums adds up, as integers of 128 bits in units of 2^-96: contributions and weights that
// are multiples of that, as all above 2^-43 are, until the sum leaves the window. Others it
// refuses; GroupSums takes them, and this (GroupSums::merge). Zeroed memory is the sum of nothing.
// Local.
class WindowSums {
 public:
  static constexpr int lowest_bit = -96;

  // O(1), about 2 ns. False, and nothing changes, for what does not fit.
  bool add(double value, double weight, bool clamped) {
    const auto more_value = in_units(value), more_weight = in_units(weight);
    int128 value_sum = 0, weight_sum = 0;
    if (!more_value || !more_weight || records_ == ~std::uint32_t{0} ||
        __builtin_add_overflow(value_, *more_value, &value_sum) ||
        __builtin_add_overflow(weight_, *more_weight, &weight_sum))
      return false;
    value_ = value_sum;
    weight_ = weight_sum;
    ++records_;
    clamped_ += clamped ? 1 : 0;
    return true;
  }

  // In units of 2^lowest_bit.
  int128 value() const { return value_; }
  int128 weight() const { return weight_; }
  std::uint32_t records() const { return records_; }
  std::uint32_t clamped() const { return clamped_; }

 private:
  // Nothing for a number that is no multiple of 2^lowest_bit, or is 2^30 or more.
  static std::optional<int128> in_units(double x) {
    constexpr int bias = 1075;  // of the last place of a mantissa
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const int exponent = static_cast<int>(bits >> 52 & 0x7ff);
    std::uint64_t mantissa = bits & ((std::uint64_t{1} << 52) - 1);
    if (exponent == 0) return mantissa == 0 ? std::optional<int128>(0) : std::nullopt;
    mantissa |= std::uint64_t{1} << 52;
    int shift = exponent - bias - lowest_bit;
    if (shift < 0) {
      const int zeros = std::countr_zero(mantissa);
      if (zeros < -shift) return std::nullopt;
      mantissa >>= -shift;
      shift = 0;
    }
    if (shift > 73) return std::nullopt;
    const auto magnitude = static_cast<int128>(mantissa) << shift;
    return bits >> 63 != 0 ? -magnitude : magnitude;
  }

  int128 value_ = 0, weight_ = 0;
  std::uint32_t records_ = 0, clamped_ = 0;
};

}  // namespace trawl::evidence
