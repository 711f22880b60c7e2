// Where between the least and the largest of many integer keys there are any: a bit for each of up
// to 65,536 equal ranges. Proves that a row group's range holds no key without the keys being
// sorted.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace trawl::core {

class RangeMap {
 public:
  static constexpr std::size_t ranges = std::size_t{1}
                                        << 16;  // 8 KiB: stays in the first-level cache

  RangeMap() = default;  // no keys: none lies anywhere
  // Of keys in [min, max].
  RangeMap(std::int64_t min, std::int64_t max);

  // Requires: min <= key <= max. O(keys), less once every range has one.
  void add(std::span<const std::int64_t> keys);
  // Merges with maps of the same min and max are bitwise OR of these.
  std::span<std::uint64_t> words() { return words_; }

  // False: no key lies in [min, max]. True: one may.
  bool may_hold(std::int64_t min, std::int64_t max) const;

 private:
  std::uint64_t range_of(std::int64_t key) const {
    return (static_cast<std::uint64_t>(key) - static_cast<std::uint64_t>(min_)) >> shift_;
  }
  bool full() const;

  std::int64_t min_ = 0, max_ = -1;
  int shift_ = 0;
  std::array<std::uint64_t, ranges / 64> words_{};
};

}  // namespace trawl::core
