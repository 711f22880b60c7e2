// Interval arithmetic on terms: which values a term can take on the rows of a row group, given its
// zones.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include <trawl/core/predicate/predicate.hpp>
#include <trawl/core/predicate/zone_test.hpp>

namespace trawl::core {

// A superset: what is not possible here is impossible on every row.
struct TermRange {
  bool null = false;
  bool undecidable = false;
  bool nan = false;
  bool some = false;              // values that are neither NULL nor NaN, all of them in [min, max]
  std::optional<Value> min, max;  // of the term's type; nothing: unbounded
  bool any() const { return null || undecidable || nan || some; }
  // The one value it can take, if min and max are equal.
  const Value* only_value() const;
};

TermRange range_of(const Term& term, const Schema& schema, const ZoneLookup& zone);

// Order of two values that can be compared, neither NULL nor NaN. Numbers exactly by value.
std::strong_ordering order(const Value& a, const Value& b);

// The least text above every text that begins with `prefix`; nothing when there is none.
std::optional<std::string> prefix_successor(std::string_view prefix);

// Whether a zone says nothing that cannot be: counts that fit, bounds of the column's kind and in
// order.
bool is_consistent(const Zone& zone, Type type);

}  // namespace trawl::core
