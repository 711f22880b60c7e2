#include <algorithm>
#include <bit>

#include <trawl/core/filter/range_map.hpp>

namespace trawl::core {
namespace {

// Keys added between two looks at whether there is anything left to learn.
constexpr std::size_t batch = std::size_t{1} << 17;

}  // namespace

RangeMap::RangeMap(std::int64_t min, std::int64_t max) : min_(min), max_(max) {
  const std::uint64_t width = static_cast<std::uint64_t>(max) - static_cast<std::uint64_t>(min);
  shift_ = std::max(0, static_cast<int>(std::bit_width(width)) - std::countr_zero(ranges));
}

bool RangeMap::full() const {
  const std::uint64_t last = range_of(max_);
  for (std::uint64_t word = 0; word < last / 64; ++word) {
    if (words_[word] != ~std::uint64_t{0}) return false;
  }
  return words_[last / 64] == ~std::uint64_t{0} >> (63 - last % 64);
}

void RangeMap::add(std::span<const std::int64_t> keys) {
  for (std::size_t at = 0; at < keys.size() && !full(); at += batch) {
    for (const std::int64_t key : keys.subspan(at, std::min(batch, keys.size() - at))) {
      const std::uint64_t range = range_of(key);
      words_[range / 64] |= std::uint64_t{1} << (range % 64);
    }
  }
}

bool RangeMap::may_hold(std::int64_t min, std::int64_t max) const {
  min = std::max(min, min_);
  max = std::min(max, max_);
  if (min > max) return false;
  const std::uint64_t first = range_of(min), last = range_of(max);
  for (std::uint64_t word = first / 64; word <= last / 64; ++word) {
    std::uint64_t bits = words_[word];
    if (word == first / 64) bits &= ~std::uint64_t{0} << (first % 64);
    if (word == last / 64) bits &= ~std::uint64_t{0} >> (63 - last % 64);
    if (bits != 0) return true;
  }
  return false;
}

}  // namespace trawl::core
