#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <trawl/base/prefetch.hpp>
#include <trawl/core/filter/key_set.hpp>

#include "core/kernels/integer_lanes.hpp"

namespace trawl::core {
namespace {

// First position in [0, count) whose key is not less than the wanted one, or count. `less_at(i)`:
// key i is less. The loop has a fixed number of steps and its branch is a conditional move.
template <class LessAt>
std::uint64_t lower_bound(std::uint64_t count, const LessAt& less_at) {
  std::uint64_t begin = 0;
  while (count > 1) {
    const std::uint64_t half = count / 2;
    begin = less_at(begin + half - 1) ? begin + half : begin;
    count -= half;
  }
  return begin + (count == 1 && less_at(begin) ? 1 : 0);
}

constexpr std::size_t batch = 64;

}  // namespace

KeySet::KeySet(std::span<const std::int64_t> keys, MembershipFilter filter, PrefixTable prefixes)
    : integers_(keys), filter_(filter), prefixes_(prefixes) {}

KeySet::KeySet(std::span<const std::uint64_t> ends, std::span<const char> bytes,
               MembershipFilter filter)
    : text_(true), ends_(ends), bytes_(bytes), filter_(filter) {}

KeySet::KeySet(std::span<const std::int64_t> unsorted, const RangeMap* ranges,
               std::array<WordFilter, 2> screens)
    : integers_(unsorted), ranges_(ranges), late_(true), screens_(screens) {}

std::uint64_t KeySet::size() const {
  return text_ ? ends_.size() : integers_.size();
}

std::string_view KeySet::text(std::uint64_t i) const {
  const std::uint64_t begin = i == 0 ? 0 : ends_[i - 1];
  return {bytes_.data() + begin, static_cast<std::size_t>(ends_[i] - begin)};
}

std::uint64_t KeySet::position(std::int64_t key) const {
  std::uint64_t begin = 0, end = integers_.size();
  if (!prefixes_.empty()) {
    if (!prefixes_.spans(key)) return end == 0 || key < integers_[0] ? 0 : end;
    std::tie(begin, end) = prefixes_.range(key);
  }
  return begin +
         lower_bound(end - begin, [&](std::uint64_t i) { return integers_[begin + i] < key; });
}

bool KeySet::contains(std::int64_t key) const {
  if (late_) throw std::logic_error("KeySet::contains: these keys are checked late");
  const auto at = position(key);
  return at < integers_.size() && integers_[at] == key;
}

template <class T>
void KeySet::screen_late(const T* values, std::size_t rows, std::uint64_t* candidates) const {
  for (const WordFilter& screen : screens_) screen.screen(values, rows, candidates);
}

#define TRAWL_SCREEN_LATE(name, T) \
  template void KeySet::screen_late(const T*, std::size_t, std::uint64_t*) const;
TRAWL_FOR_EACH_INTEGER_LANE(TRAWL_SCREEN_LATE)
#undef TRAWL_SCREEN_LATE

// Asks first for the table's entries of a batch, then for the keys that these name: a plain loop
// would wait for both at every row.
template <class T>
void KeySet::keep(const T* values, std::size_t rows, std::uint64_t* candidates) const {
  std::array<std::size_t, batch> wanted;
  std::size_t count = 0;
  const auto settle = [&] {
    for (std::size_t i = 0; i < count && !prefixes_.empty(); ++i) {
      const auto key = static_cast<std::int64_t>(values[wanted[i]]);
      if (prefixes_.spans(key)) prefetch(integers_.data() + prefixes_.range(key).first);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t row = wanted[i];
      if (contains(static_cast<std::int64_t>(values[row])))
        candidates[row / 64] |= std::uint64_t{1} << (row % 64);
    }
    count = 0;
  };
  for (std::size_t w = 0; w < (rows + 63) / 64; ++w) {
    std::uint64_t bits = std::exchange(candidates[w], 0);
    for (; bits != 0; bits &= bits - 1) {
      const std::size_t row = w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      const auto key = static_cast<std::int64_t>(values[row]);
      if (!prefixes_.empty() && prefixes_.spans(key)) prefetch(prefixes_.entry(key));
      wanted[count++] = row;
      if (count == batch) settle();
    }
  }
  settle();
}

#define TRAWL_KEEP(name, T) template void KeySet::keep(const T*, std::size_t, std::uint64_t*) const;
TRAWL_FOR_EACH_INTEGER_LANE(TRAWL_KEEP)
#undef TRAWL_KEEP

bool KeySet::contains(std::string_view key) const {
  const auto at = lower_bound(ends_.size(), [&](std::uint64_t i) { return text(i) < key; });
  return at < ends_.size() && text(at) == key;
}

bool KeySet::any_between(std::int64_t min, std::int64_t max) const {
  if (ranges_ != nullptr) return ranges_->may_hold(min, max);
  const auto at = position(min);
  return at < integers_.size() && integers_[at] <= max;
}

bool KeySet::any_between(std::string_view min, std::optional<std::string_view> max) const {
  const auto at = lower_bound(ends_.size(), [&](std::uint64_t i) { return text(i) < min; });
  return at < ends_.size() && (!max || text(at) <= *max);
}

}  // namespace trawl::core
