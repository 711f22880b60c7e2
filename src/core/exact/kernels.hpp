// Error-free sums of blocks of doubles, compiled once per instruction set and chosen at run time
// (Highway). Each target cuts into blocks of its own size; the exact sum does not show it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trawl::core::exact {

// Floating-point lanes are exact only under the default environment: round to nearest, subnormal
// numbers kept. When a caller (or a library it loaded) changed that, integers do the work.
bool default_float_environment();

inline constexpr std::size_t max_sum_block = 2048;

// The sum of the first `count` values is high * 2^high_exponent + low * 2^low_exponent + the sum of
// what is left of each, which is nothing unless `rest`.
struct BlockSum {
  std::size_t count = 0;
  std::int64_t high = 0, low = 0;
  int high_exponent = 0, low_exponent = 0;
  bool summable =
      false;  // false: a NaN, an infinity or a number of 2^1015 or more; nothing is summed
  bool rest = false;
};

// Sums the first min(count, block) values; block <= max_sum_block. With `rest`, leaves there what
// is left of each value: room for max_sum_block, may be `values`. count > 0.
BlockSum sum_block(const double* values, std::size_t count, double* rest);

}  // namespace trawl::core::exact
