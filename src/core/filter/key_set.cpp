#include <algorithm>

#include <trawl/core/filter/key_set.hpp>

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

}  // namespace

KeySet::KeySet(std::span<const std::int64_t> keys, MembershipFilter filter)
    : integers_(keys), filter_(filter) {}

KeySet::KeySet(std::span<const std::uint64_t> ends, std::span<const char> bytes,
               MembershipFilter filter)
    : text_(true), ends_(ends), bytes_(bytes), filter_(filter) {}

std::uint64_t KeySet::size() const {
  return text_ ? ends_.size() : integers_.size();
}

std::string_view KeySet::text(std::uint64_t i) const {
  const std::uint64_t begin = i == 0 ? 0 : ends_[i - 1];
  return {bytes_.data() + begin, static_cast<std::size_t>(ends_[i] - begin)};
}

bool KeySet::contains(std::int64_t key) const {
  const auto at =
      lower_bound(integers_.size(), [&](std::uint64_t i) { return integers_[i] < key; });
  return at < integers_.size() && integers_[at] == key;
}

bool KeySet::contains(std::string_view key) const {
  const auto at = lower_bound(ends_.size(), [&](std::uint64_t i) { return text(i) < key; });
  return at < ends_.size() && text(at) == key;
}

bool KeySet::any_between(std::int64_t min, std::int64_t max) const {
  const auto at =
      lower_bound(integers_.size(), [&](std::uint64_t i) { return integers_[i] < min; });
  return at < integers_.size() && integers_[at] <= max;
}

bool KeySet::any_between(std::string_view min, std::optional<std::string_view> max) const {
  const auto at = lower_bound(ends_.size(), [&](std::uint64_t i) { return text(i) < min; });
  return at < ends_.size() && (!max || text(at) <= *max);
}

}  // namespace trawl::core
