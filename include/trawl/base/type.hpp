// The words for columns that every room uses: logical types, lanes in memory, single values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace trawl {

// What a column means.
enum class Type : std::uint8_t {
  int64,
  float64,
  boolean,
  date,         // microseconds since 1970-01-01 UTC, always a midnight
  timestamp,    // microseconds since 1970-01-01 UTC
  categorical,  // text drawn from a fixed list; lanes hold codes into Column categories
  text,
};

// How the values of a column lie in memory: the narrowest lane that holds them all exactly.
enum class Lane : std::uint8_t { u8, i8, u16, i16, u32, i32, i64, f32, f64, text };

// One value: nothing (NULL), an integer (also date, timestamp), a double, a boolean, or text (also
// a category).
using Value = std::variant<std::monostate, std::int64_t, double, bool, std::string>;

inline bool is_null(const Value& value) {
  return value.index() == 0;
}

std::string_view name_of(Type type);                    // "int64", "float64", ...
std::optional<Type> type_named(std::string_view name);  // nothing when there is no such type
std::string_view name_of(Lane lane);                    // "u8", ..., "text"
std::optional<Lane> lane_named(std::string_view name);
std::size_t lane_bytes(Lane lane);  // 0 for text
inline bool is_time(Type type) {
  return type == Type::date || type == Type::timestamp;
}
inline bool is_text(Type type) {
  return type == Type::text || type == Type::categorical;
}
inline bool is_number(Type type) {
  return type == Type::int64 || type == Type::float64;
}

// The fewest digits that read back as the same double, without exponent from 1e-4 to below 1e16
// (10000, 0.5, 1e+16); "NaN", "Infinity", "-Infinity" for the others.
std::string to_text(double value);
// The value as people read it: NULL, numbers, ISO dates and times by `type`, text as it is.
std::string to_text(const Value& value, Type type);

}  // namespace trawl
