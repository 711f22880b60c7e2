// Integers and doubles compared by value, without rounding either to the other.
#pragma once

#include <cmath>
#include <compare>
#include <cstdint>
#include <optional>

namespace trawl::core {

// 2^63: the first double above every int64. -2^63 is itself an int64.
inline constexpr double two_63 = 9223372036854775808.0;

// The int64 equal to `x`, if there is one.
inline std::optional<std::int64_t> exact_integer(double x) {
  if (!(x >= -two_63 && x < two_63) || x != std::trunc(x)) return std::nullopt;
  return static_cast<std::int64_t>(x);
}

// The double equal to `x`, if there is one.
inline std::optional<double> exact_double(std::int64_t x) {
  const auto rounded = static_cast<double>(x);
  if (exact_integer(rounded) != x) return std::nullopt;
  return rounded;
}

// Unordered when `b` is NaN.
inline std::partial_ordering compare_exactly(std::int64_t a, double b) {
  if (std::isnan(b)) return std::partial_ordering::unordered;
  if (b >= two_63) return std::partial_ordering::less;
  if (b < -two_63) return std::partial_ordering::greater;
  const double whole = std::trunc(b);
  const auto integer = static_cast<std::int64_t>(whole);
  if (a != integer) return a <=> integer;
  return whole <=> b;
}

}  // namespace trawl::core
