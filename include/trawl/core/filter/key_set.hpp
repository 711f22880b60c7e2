// A watch list: distinct keys in ascending order, with a membership filter in front. Answers are
// exact: they never rest on hashes alone. A view over memory that somebody else owns (a shared
// window).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <trawl/core/filter/membership_filter.hpp>

namespace trawl::core {

class KeySet {
 public:
  // Requires: ascending, distinct.
  KeySet(std::span<const std::int64_t> keys, MembershipFilter filter);
  // Key i is bytes[ends[i-1], ends[i]), ends[-1] = 0; ascending bytewise, distinct.
  KeySet(std::span<const std::uint64_t> ends, std::span<const char> bytes, MembershipFilter filter);

  bool holds_text() const { return text_; }
  std::uint64_t size() const;
  const MembershipFilter& filter() const { return filter_; }
  std::int64_t integer(std::uint64_t i) const { return integers_[i]; }
  std::string_view text(std::uint64_t i) const;

  // Exact. O(log n).
  bool contains(std::int64_t key) const;
  bool contains(std::string_view key) const;
  // Exact: whether any key lies in [min, max]. O(log n).
  bool any_between(std::int64_t min, std::int64_t max) const;
  // The same; no max: unbounded above.
  bool any_between(std::string_view min, std::optional<std::string_view> max) const;

 private:
  bool text_ = false;
  std::span<const std::int64_t> integers_;
  std::span<const std::uint64_t> ends_;
  std::span<const char> bytes_;
  MembershipFilter filter_;
};

}  // namespace trawl::core
