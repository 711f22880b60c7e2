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
#include <trawl/core/filter/prefix_table.hpp>

namespace trawl::core {

class KeySet {
 public:
  // Up to this many keys need no filter in front.
  static constexpr std::uint64_t searched_directly = 64;

  // Requires: ascending, distinct; `prefixes` of these keys, or empty (then searches take longer).
  KeySet(std::span<const std::int64_t> keys, MembershipFilter filter, PrefixTable prefixes = {});
  // Key i is bytes[ends[i-1], ends[i]), ends[-1] = 0; ascending bytewise, distinct.
  KeySet(std::span<const std::uint64_t> ends, std::span<const char> bytes, MembershipFilter filter);

  bool holds_text() const { return text_; }
  std::uint64_t size() const;
  const MembershipFilter& filter() const { return filter_; }
  std::int64_t integer(std::uint64_t i) const { return integers_[i]; }
  std::string_view text(std::uint64_t i) const;

  // Exact. O(log n); with a prefix table O(1) for integers that are spread evenly.
  bool contains(std::int64_t key) const;
  bool contains(std::string_view key) const;
  // Exact. Of the rows whose bit is set (bit i % 64 of word i / 64 of ceil(rows / 64)), keeps those
  // whose value is a key. Batched with prefetch. Lanes of integers of type T; not for text.
  template <class T>
  void keep(const T* values, std::size_t rows, std::uint64_t* candidates) const;
  // Exact: whether any key lies in [min, max]. O(log n).
  bool any_between(std::int64_t min, std::int64_t max) const;
  // The same; no max: unbounded above.
  bool any_between(std::string_view min, std::optional<std::string_view> max) const;

 private:
  bool text_ = false;
  // First position whose key is not less than `key`, or size().
  std::uint64_t position(std::int64_t key) const;

  std::span<const std::int64_t> integers_;
  std::span<const std::uint64_t> ends_;
  std::span<const char> bytes_;
  MembershipFilter filter_;
  PrefixTable prefixes_;
};

}  // namespace trawl::core
