// A watch list: distinct keys in ascending order, with a membership filter in front; or keys that
// are checked late, when it is known which rows are left. Answers are exact: they never rest on
// hashes alone. A view over memory that somebody else owns (a shared window).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <trawl/core/filter/membership_filter.hpp>
#include <trawl/core/filter/prefix_table.hpp>
#include <trawl/core/filter/range_map.hpp>
#include <trawl/core/filter/word_filter.hpp>

namespace trawl::core {

class KeySet {
 public:
  // Up to this many keys need no filter in front.
  static constexpr std::uint64_t searched_directly = 64;

  // Requires: ascending, distinct; `prefixes` of these keys, or empty (then searches take longer).
  KeySet(std::span<const std::int64_t> keys, MembershipFilter filter, PrefixTable prefixes = {});
  // Key i is bytes[ends[i-1], ends[i]), ends[-1] = 0; ascending bytewise, distinct.
  KeySet(std::span<const std::uint64_t> ends, std::span<const char> bytes, MembershipFilter filter);

  // Keys in any order, with repetitions, that a candidate table will see (checked_late). Until then
  // rows pass `screens`, one after the other; empty ones pass everything. `ranges` must live as
  // long as the set.
  KeySet(std::span<const std::int64_t> unsorted, const RangeMap* ranges,
         std::array<WordFilter, 2> screens);

  bool holds_text() const { return text_; }
  bool checked_late() const { return late_; }
  // Whether something stands in front of checking a row's key exactly.
  bool has_filter() const { return late_ ? !screens_[0].empty() : !filter_.empty(); }
  std::uint64_t size() const;
  // Of integers: any_between then answers by these, so that sorted and unsorted lists prove the
  // same, and the keys are not to be enumerated.
  void use_ranges(const RangeMap* ranges) { ranges_ = ranges; }
  bool has_ranges() const { return ranges_ != nullptr; }
  std::span<const std::int64_t> integers() const { return integers_; }
  const MembershipFilter& filter() const { return filter_; }
  std::int64_t integer(std::uint64_t i) const { return integers_[i]; }
  std::string_view text(std::uint64_t i) const;

  // Exact. O(log n); with a prefix table O(1) for integers that are spread evenly. Not of keys that
  // are checked late.
  bool contains(std::int64_t key) const;
  bool contains(std::string_view key) const;
  // Exact. Of the rows whose bit is set (bit i % 64 of word i / 64 of ceil(rows / 64)), keeps those
  // whose value is a key. Batched with prefetch. Lanes of integers of type T; not for text.
  template <class T>
  void keep(const T* values, std::size_t rows, std::uint64_t* candidates) const;
  // Of the rows whose bit is set, keeps those that pass the screens of keys that are checked late.
  template <class T>
  void screen_late(const T* values, std::size_t rows, std::uint64_t* candidates) const;
  // Whether any key lies in [min, max]: exact in O(log n), but a `yes` may be wrong by
  // has_ranges().
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
  const RangeMap* ranges_ = nullptr;
  bool late_ = false;
  std::array<WordFilter, 2> screens_;
};

}  // namespace trawl::core
