// Comparisons of a column with a literal as one closed range of values, exact by value.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include <trawl/base/column.hpp>
#include <trawl/core/predicate/predicate.hpp>

namespace trawl::core::scan {

// lo <= x <= hi; empty when lo > hi.
struct IntegerRange {
  std::int64_t lo = std::numeric_limits<std::int64_t>::min();
  std::int64_t hi = std::numeric_limits<std::int64_t>::max();
  static IntegerRange none() { return {1, 0}; }
  bool empty() const { return lo > hi; }
  bool operator==(const IntegerRange&) const = default;
};

// NaN is in no range. -0 and 0 are one value.
struct RealRange {
  double lo = -std::numeric_limits<double>::infinity();
  double hi = std::numeric_limits<double>::infinity();
  static RealRange none() { return {1.0, 0.0}; }
  bool empty() const { return lo > hi; }
  bool operator==(const RealRange&) const = default;
};

// All x with `x op literal`; for `ne` the range of `eq` (the caller flips). Exact for every pair of
// kinds: a literal that the column's type cannot hold moves the bound to the nearest value that it
// can.
IntegerRange integers_where(Compare op, std::int64_t literal);
IntegerRange integers_where(Compare op, double literal);
RealRange reals_where(Compare op, double literal);
RealRange reals_where(Compare op, std::int64_t literal);

IntegerRange intersect(IntegerRange a, IntegerRange b);
RealRange intersect(RealRange a, RealRange b);

// -1, 0, 1 as a < b, a = b, a > b, by value and without rounding; b is not NaN.
int compare_exactly(std::int64_t a, double b);

// out = select AND column in range, for integer lanes and for real lanes; NULL rows are not looked
// at.
void select_range(const ColumnView& column, IntegerRange range, const std::uint64_t* select,
                  std::uint64_t* out);
void select_range(const ColumnView& column, RealRange range, const std::uint64_t* select,
                  std::uint64_t* out);

// `op` with its sides exchanged: a op b is b mirrored(op) a.
Compare mirrored(Compare op);

}  // namespace trawl::core::scan
