// Zone map entry: what is known about the values of one column in one row group. A summary: merge
// is exact.
#pragma once

#include <cstdint>
#include <string>

#include <trawl/base/column.hpp>
#include <trawl/base/type.hpp>

namespace trawl {

// min and max are over the rows that are neither NULL nor NaN, in the column's order (numbers by
// value, text and categories bytewise, false < true). Both are null Values when there is no such
// row.
struct Zone {
  // Text bounds keep this many bytes: enough to tell keys apart, small enough for an index.
  static constexpr std::size_t text_bytes = 32;

  std::uint64_t rows = 0;
  std::uint64_t nulls = 0;
  std::uint64_t nans = 0;
  Value min;
  Value max;
  bool min_cut = false;  // text: `min` is a proper prefix of the true minimum (still a lower bound)
  bool max_cut =
      false;  // text: the true maximum begins with `max` and is longer: `max` is not an upper bound

  bool bounded() const { return !is_null(min); }
  void merge(const Zone& other);
  bool operator==(const Zone&) const = default;
};

// The zone of all rows of `column`. O(rows).
Zone zone_of(const ColumnView& column);

}  // namespace trawl
