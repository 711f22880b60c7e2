#include "core/scan/range.hpp"

#include <algorithm>
#include <stdexcept>

#include "core/kernels/kernels.hpp"

namespace trawl::core::scan {
namespace {

constexpr std::int64_t int_min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t int_max = std::numeric_limits<std::int64_t>::max();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double two_63 = 9223372036854775808.0;

IntegerRange at_least(double bound) {  // bound is integral or infinite
  if (bound >= two_63) return IntegerRange::none();
  return {bound < -two_63 ? int_min : static_cast<std::int64_t>(bound), int_max};
}

IntegerRange at_most(double bound) {
  if (bound < -two_63) return IntegerRange::none();
  return {int_min, bound >= two_63 ? int_max : static_cast<std::int64_t>(bound)};
}

double above(double x) {
  return std::nextafter(x, infinity);
}
double below(double x) {
  return std::nextafter(x, -infinity);
}

// The doubles that are nearest to an integer from either side; equal when it is a double itself.
double floor_to_double(std::int64_t x) {
  const auto rounded = static_cast<double>(x);
  return compare_exactly(x, rounded) < 0 ? below(rounded) : rounded;
}

double ceil_to_double(std::int64_t x) {
  const auto rounded = static_cast<double>(x);
  return compare_exactly(x, rounded) > 0 ? above(rounded) : rounded;
}

// The floats that a range of doubles holds.
template <class T>
T lowest_from(double lo) {
  if constexpr (std::is_same_v<T, double>) {
    return lo;
  } else {
    const auto rounded = static_cast<float>(lo);
    return static_cast<double>(rounded) < lo
               ? std::nextafter(rounded, std::numeric_limits<float>::infinity())
               : rounded;
  }
}

template <class T>
T highest_to(double hi) {
  if constexpr (std::is_same_v<T, double>) {
    return hi;
  } else {
    const auto rounded = static_cast<float>(hi);
    return static_cast<double>(rounded) > hi
               ? std::nextafter(rounded, -std::numeric_limits<float>::infinity())
               : rounded;
  }
}

void select_none(std::size_t rows, std::uint64_t* out) {
  std::fill_n(out, (rows + 63) / 64, 0);
}

}  // namespace

int compare_exactly(std::int64_t a, double b) {
  if (b >= two_63) return -1;
  if (b < -two_63) return 1;
  const auto whole = static_cast<std::int64_t>(b);  // towards zero; exact, as is the fraction below
  if (a != whole) return a < whole ? -1 : 1;
  const double fraction = b - static_cast<double>(whole);
  return fraction > 0 ? -1 : fraction < 0 ? 1 : 0;
}

IntegerRange integers_where(Compare op, std::int64_t literal) {
  switch (op) {
    case Compare::eq:
    case Compare::ne:
      return {literal, literal};
    case Compare::lt:
      return literal == int_min ? IntegerRange::none() : IntegerRange{int_min, literal - 1};
    case Compare::le:
      return {int_min, literal};
    case Compare::gt:
      return literal == int_max ? IntegerRange::none() : IntegerRange{literal + 1, int_max};
    case Compare::ge:
      return {literal, int_max};
  }
  throw std::logic_error("not a comparison");
}

IntegerRange integers_where(Compare op, double literal) {
  if (std::isnan(literal)) return IntegerRange::none();
  const bool whole = std::floor(literal) == literal;
  switch (op) {
    case Compare::eq:
    case Compare::ne:
      return whole ? intersect(at_least(literal), at_most(literal)) : IntegerRange::none();
    case Compare::lt:
      // ceil(x) - 1 would not be exact as a double.
      return std::ceil(literal) >= two_63 ? IntegerRange{}
             : std::ceil(literal) <= -two_63
                 ? IntegerRange::none()
                 : integers_where(Compare::lt, static_cast<std::int64_t>(std::ceil(literal)));
    case Compare::le:
      return at_most(std::floor(literal));
    case Compare::gt:
      return std::floor(literal) >= two_63 ? IntegerRange::none()
             : std::floor(literal) < -two_63
                 ? IntegerRange{}
                 : integers_where(Compare::gt, static_cast<std::int64_t>(std::floor(literal)));
    case Compare::ge:
      return at_least(std::ceil(literal));
  }
  throw std::logic_error("not a comparison");
}

RealRange reals_where(Compare op, double literal) {
  if (std::isnan(literal)) return RealRange::none();
  switch (op) {
    case Compare::eq:
    case Compare::ne:
      return {literal, literal};
    case Compare::lt:
      return literal == -infinity ? RealRange::none() : RealRange{-infinity, below(literal)};
    case Compare::le:
      return {-infinity, literal};
    case Compare::gt:
      return literal == infinity ? RealRange::none() : RealRange{above(literal), infinity};
    case Compare::ge:
      return {literal, infinity};
  }
  throw std::logic_error("not a comparison");
}

RealRange reals_where(Compare op, std::int64_t literal) {
  const double low = floor_to_double(literal);
  const double high = ceil_to_double(literal);
  if (low == high) return reals_where(op, low);
  switch (op) {
    case Compare::eq:
    case Compare::ne:
      return RealRange::none();
    case Compare::lt:
    case Compare::le:
      return {-infinity, low};
    case Compare::gt:
    case Compare::ge:
      return {high, infinity};
  }
  throw std::logic_error("not a comparison");
}

IntegerRange intersect(IntegerRange a, IntegerRange b) {
  const IntegerRange both{std::max(a.lo, b.lo), std::min(a.hi, b.hi)};
  return both.empty() ? IntegerRange::none() : both;
}

RealRange intersect(RealRange a, RealRange b) {
  const RealRange both{std::max(a.lo, b.lo), std::min(a.hi, b.hi)};
  return both.empty() ? RealRange::none() : both;
}

void select_range(const ColumnView& column, IntegerRange range, const std::uint64_t* select,
                  std::uint64_t* out) {
  with_lane(column.lane, [&]<class T>(T*) {
    if constexpr (std::is_integral_v<T>) {
      const std::int64_t lo = std::max<std::int64_t>(range.lo, std::numeric_limits<T>::min());
      const std::int64_t hi = std::min<std::int64_t>(range.hi, std::numeric_limits<T>::max());
      if (lo > hi) return select_none(column.rows, out);
      kernels::select_range(column.lanes<T>(), column.rows, static_cast<T>(lo), static_cast<T>(hi),
                            select, out);
    } else {
      throw std::logic_error("a range of integers over real lanes");
    }
  });
}

void select_range(const ColumnView& column, RealRange range, const std::uint64_t* select,
                  std::uint64_t* out) {
  with_lane(column.lane, [&]<class T>(T*) {
    if constexpr (std::is_floating_point_v<T>) {
      const T lo = lowest_from<T>(range.lo);
      const T hi = highest_to<T>(range.hi);
      if (range.empty() || lo > hi) return select_none(column.rows, out);
      kernels::select_range(column.lanes<T>(), column.rows, lo, hi, select, out);
    } else {
      throw std::logic_error("a range of reals over integer lanes");
    }
  });
}

Compare mirrored(Compare op) {
  switch (op) {
    case Compare::lt:
      return Compare::gt;
    case Compare::le:
      return Compare::ge;
    case Compare::gt:
      return Compare::lt;
    case Compare::ge:
      return Compare::le;
    default:
      return op;
  }
}

}  // namespace trawl::core::scan
