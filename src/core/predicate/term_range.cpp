#include "core/predicate/term_range.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/predicate/numbers.hpp"

namespace trawl::core {
namespace {

__extension__ typedef __int128 int128;

struct IntegerBounds {
  int128 min, max;
};

IntegerBounds integer_bounds(const TermRange& range) {
  return {range.min ? std::get<std::int64_t>(*range.min) : INT64_MIN,
          range.max ? std::get<std::int64_t>(*range.max) : INT64_MAX};
}

// What every operation takes from its operands.
TermRange begin_operation(const TermRange& a, const TermRange& b) {
  TermRange result;
  result.null = a.null || b.null;
  result.undecidable = a.undecidable || b.undecidable;
  return result;
}

void bound_integers(TermRange& result, int128 min, int128 max) {
  result.undecidable = result.undecidable || min < INT64_MIN || max > INT64_MAX;
  result.some = min <= INT64_MAX && max >= INT64_MIN;
  if (!result.some) return;
  result.min = static_cast<std::int64_t>(std::max<int128>(min, INT64_MIN));
  result.max = static_cast<std::int64_t>(std::min<int128>(max, INT64_MAX));
}

// |quotient| <= |dividend|, for a divisor is 0 (NULL) or at least 1 in size.
void divide_integers(TermRange& result, IntegerBounds a, IntegerBounds b) {
  result.null = result.null || (b.min <= 0 && b.max >= 0);
  const int128 size = std::max(a.min < 0 ? -a.min : a.min, a.max < 0 ? -a.max : a.max);
  const bool minus_one = b.min <= -1 && b.max >= -1;
  const bool overflows = a.min == INT64_MIN && minus_one;
  bound_integers(result, std::max<int128>(-size, INT64_MIN), std::min<int128>(size, INT64_MAX));
  result.undecidable = result.undecidable || overflows;
}

TermRange integer_range(Term::Kind kind, const TermRange& ra, const TermRange& rb) {
  TermRange result = begin_operation(ra, rb);
  if (!ra.some || !rb.some) return result;
  const IntegerBounds a = integer_bounds(ra);
  const IntegerBounds b = integer_bounds(rb);
  switch (kind) {
    case Term::Kind::negate:
      bound_integers(result, -a.max, -a.min);
      break;
    case Term::Kind::add:
      bound_integers(result, a.min + b.min, a.max + b.max);
      break;
    case Term::Kind::subtract:
      bound_integers(result, a.min - b.max, a.max - b.min);
      break;
    case Term::Kind::multiply: {
      const std::array<int128, 4> corners = {a.min * b.min, a.min * b.max, a.max * b.min,
                                             a.max * b.max};
      bound_integers(result, *std::min_element(corners.begin(), corners.end()),
                     *std::max_element(corners.begin(), corners.end()));
      break;
    }
    default:
      divide_integers(result, a, b);
  }
  return result;
}

double bound_as_double(const std::optional<Value>& bound) {
  if (!bound) return NAN;
  const auto* integer = std::get_if<std::int64_t>(&*bound);
  return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(*bound);
}

double operate(Term::Kind kind, double a, double b) {
  switch (kind) {
    case Term::Kind::negate:
      return -a;
    case Term::Kind::add:
      return a + b;
    case Term::Kind::subtract:
      return a - b;
    default:
      return a * b;
  }
}

bool may_be_zero(const TermRange& range) {
  const Value zero = std::int64_t{0};
  return range.some && (!range.min || order(*range.min, zero) <= 0) &&
         (!range.max || order(*range.max, zero) >= 0);
}

// Rounding to nearest is monotone (and so is integer to double), hence the corners bound sums,
// differences and products of finite ranges. With infinities, and for quotients, everything is
// possible.
TermRange double_range(Term::Kind kind, const TermRange& a, const TermRange& b) {
  TermRange result = begin_operation(a, b);
  if (!(a.some || a.nan) || !(b.some || b.nan)) return result;
  // NaN / 0 is NULL as well.
  if (kind == Term::Kind::divide && may_be_zero(b)) result.null = true;
  result.nan = a.nan || b.nan;
  result.some = a.some && b.some;
  if (!result.some) return result;
  const std::array<double, 2> as = {bound_as_double(a.min), bound_as_double(a.max)};
  const std::array<double, 2> bs = {bound_as_double(b.min), bound_as_double(b.max)};
  const bool finite =
      std::isfinite(as[0]) && std::isfinite(as[1]) && std::isfinite(bs[0]) && std::isfinite(bs[1]);
  if (!finite || kind == Term::Kind::divide) {
    result.nan = true;
    return result;
  }
  const std::array<double, 4> corners = {operate(kind, as[0], bs[0]), operate(kind, as[0], bs[1]),
                                         operate(kind, as[1], bs[0]), operate(kind, as[1], bs[1])};
  result.min = *std::min_element(corners.begin(), corners.end());
  result.max = *std::max_element(corners.begin(), corners.end());
  return result;
}

TermRange column_range(const ColumnSchema& column, const std::optional<Zone>& zone) {
  TermRange range;
  if (!zone || !is_consistent(*zone, column.type)) {
    range.null = range.some = true;
    range.nan = column.type == Type::float64;
    return range;
  }
  range.null = zone->nulls > 0;
  range.nan = zone->nans > 0;
  range.some = zone->bounded();
  if (!range.some) return range;
  range.min = zone->min;
  if (!zone->max_cut) {
    range.max = zone->max;
  } else if (auto above = prefix_successor(std::get<std::string>(zone->max))) {
    range.max = std::move(*above);
  }
  return range;
}

TermRange literal_range(const Value& value) {
  TermRange range;
  range.null = is_null(value);
  range.some = !range.null;
  if (range.some) range.min = range.max = value;
  return range;
}

bool is_bound_of(const Value& value, Type type) {
  switch (type) {
    case Type::float64:
      return std::holds_alternative<double>(value) && !std::isnan(std::get<double>(value));
    case Type::boolean:
      return std::holds_alternative<bool>(value);
    case Type::categorical:
    case Type::text:
      return std::holds_alternative<std::string>(value);
    default:
      return std::holds_alternative<std::int64_t>(value);
  }
}

template <class T>
std::strong_ordering order_of(const T& a, const T& b) {
  return a < b   ? std::strong_ordering::less
         : b < a ? std::strong_ordering::greater
                 : std::strong_ordering::equal;
}

std::strong_ordering order_mixed(std::int64_t a, double b) {
  const std::partial_ordering exact = compare_exactly(a, b);
  return exact < 0   ? std::strong_ordering::less
         : exact > 0 ? std::strong_ordering::greater
                     : std::strong_ordering::equal;
}

}  // namespace

const Value* TermRange::only_value() const {
  return min && max && order(*min, *max) == 0 ? &*min : nullptr;
}

std::strong_ordering order(const Value& a, const Value& b) {
  const auto* a_integer = std::get_if<std::int64_t>(&a);
  const auto* b_integer = std::get_if<std::int64_t>(&b);
  if (a_integer != nullptr && b_integer == nullptr)
    return order_mixed(*a_integer, std::get<double>(b));
  if (b_integer != nullptr && a_integer == nullptr)
    return 0 <=> order_mixed(*b_integer, std::get<double>(a));
  return order_of(a, b);  // the same alternative
}

std::optional<std::string> prefix_successor(std::string_view prefix) {
  std::string result(prefix);
  while (!result.empty() && static_cast<unsigned char>(result.back()) == 0xFF) result.pop_back();
  if (result.empty()) return std::nullopt;
  result.back() = static_cast<char>(static_cast<unsigned char>(result.back()) + 1);
  return result;
}

bool is_consistent(const Zone& zone, Type type) {
  if (zone.nulls > zone.rows || zone.nans > zone.rows - zone.nulls) return false;
  if (zone.nans > 0 && type != Type::float64) return false;
  if (zone.nulls + zone.nans == zone.rows) return is_null(zone.min) && is_null(zone.max);
  if (!is_bound_of(zone.min, type) || !is_bound_of(zone.max, type)) return false;
  if ((zone.min_cut || zone.max_cut) && !is_text(type)) return false;
  const auto direction = order(zone.min, zone.max);
  return direction < 0 || (direction == 0 && (zone.max_cut || !zone.min_cut));
}

TermRange range_of(const Term& term, const Schema& schema, const ZoneLookup& zone) {
  if (term.kind == Term::Kind::column) return column_range(schema[term.column], zone(term.column));
  if (term.kind == Term::Kind::literal) return literal_range(term.literal);
  const TermRange a = range_of(term.operands[0], schema, zone);
  const TermRange b = term.operands.size() > 1 ? range_of(term.operands[1], schema, zone) : a;
  return term.type == Type::int64 ? integer_range(term.kind, a, b) : double_range(term.kind, a, b);
}

}  // namespace trawl::core
