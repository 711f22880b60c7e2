// What columns of generated sources have in common: lanes, times, and numbers that are nearly
// normal.
#pragma once

#include <algorithm>
#include <cstdint>

#include <trawl/base/column.hpp>

namespace trawl::store {

// Memory for the rows of `into.view`, shown by it.
template <class T>
T* lanes_of(ColumnBuffer& into) {
  auto* values = static_cast<T*>(into.allocate(into.view.lane, into.view.rows));
  into.view.values = values;
  return values;
}

// Times that ascend with the rows of a dataset over 2024-01-01 .. 2026-01-01 UTC, but for up to one
// hour: floor(row * span / rows), stepped without a division per row, plus jitter.
class TimeSteps {
 public:
  // From `row` on. Requires rows > 0.
  TimeSteps(std::uint64_t row, std::uint64_t rows) : rows_(rows) {
    __extension__ typedef unsigned __int128 uint128;
    const uint128 product = uint128{row} * span;
    time_ = static_cast<std::uint64_t>(product / rows);
    rest_ = static_cast<std::uint64_t>(product % rows);
  }

  // Of the row: microseconds since 1970-01-01 UTC. `random`: 64 bits for the jitter.
  std::int64_t time(std::uint64_t random) const {
    const std::uint64_t at = time_ + (((random >> 32) * jitter) >> 32);
    return static_cast<std::int64_t>(begin_of_time + std::min(at, span - 1));
  }
  void next() {
    time_ += span / rows_;
    rest_ += span % rows_;
    if (rest_ < rows_) return;
    rest_ -= rows_;
    ++time_;
  }

 private:
  static constexpr std::uint64_t begin_of_time = 1'704'067'200'000'000;  // 2024-01-01T00:00:00Z
  static constexpr std::uint64_t span = 63'158'400'000'000;              // to 2026-01-01T00:00:00Z
  static constexpr std::uint64_t jitter = 3'600'000'000;                 // one hour

  std::uint64_t rows_, time_, rest_;
};

// The sum of the eight 16-bit lanes of two random words, less its mean: nearly normal (Irwin-Hall),
// a whole number, its standard deviation 1 / per_sigma.
inline double centred_lanes(std::uint64_t low, std::uint64_t high) {
  std::uint64_t sum = 0;
  for (unsigned shift = 0; shift < 64; shift += 16)
    sum += ((low >> shift) & 0xffff) + ((high >> shift) & 0xffff);
  constexpr double mean = 262140;  // 8 * (2^16 - 1) / 2
  return static_cast<double>(sum) - mean;
}
inline constexpr double per_sigma = 1.8688123650118534e-05;  // 1 / sqrt(8 * (2^32 - 1) / 12)

}  // namespace trawl::store
