// Finite doubles as integers.
#pragma once

#include <bit>
#include <cstdint>

namespace trawl::core::exact {

__extension__ using Wide128 = unsigned __int128;

// +-mantissa * 2^(position - 1074), mantissa < 2^53.
struct DoubleParts {
  explicit DoubleParts(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const auto field = static_cast<std::uint32_t>(bits >> 52 & 0x7ff);
    // Subnormal numbers have the exponent of the smallest normal ones, without the leading 1.
    const std::uint32_t normal = field != 0 ? 1 : 0;
    mantissa = (bits & ((std::uint64_t{1} << 52) - 1)) | std::uint64_t{normal} << 52;
    position = field - normal;
    negative = bits >> 63 != 0;
  }
  DoubleParts() = default;
  std::uint64_t mantissa = 0;
  std::uint32_t position = 0;
  bool negative = false;
};

}  // namespace trawl::core::exact
