#include "store/csv_value.hpp"

#include <cfloat>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <trawl/base/text.hpp>

namespace trawl::store {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t digits_from(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  return end - at;
}

// `lower` is in small letters.
bool equals_any_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c =
        text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

bool is_special_number(std::string_view text) {
  if (equals_any_case(text, "nan")) return true;
  if (text.starts_with('-')) text.remove_prefix(1);
  return equals_any_case(text, "inf") || equals_any_case(text, "infinity");
}

}  // namespace

NumberShape number_shape(std::string_view text) {
  const bool negative = text.starts_with('-');
  std::size_t at = negative ? 1 : 0;
  if (at == text.size()) return NumberShape::none;
  if (!is_digit(text[at]) && text[at] != '.') {
    return is_special_number(text) ? NumberShape::special : NumberShape::none;
  }
  const std::size_t whole = digits_from(text, at);
  if (whole > 1 && text[at] == '0') return NumberShape::none;
  const bool minus_zero = negative && whole == 1 && text[at] == '0';
  at += whole;
  if (at == text.size()) return minus_zero ? NumberShape::decimal : NumberShape::integer;
  if (text[at] == '.') {
    const std::size_t fraction = digits_from(text, at + 1);
    if (whole + fraction == 0) return NumberShape::none;
    at += 1 + fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = digits_from(text, at);
    if (exponent == 0) return NumberShape::none;
    at += exponent;
  }
  return at == text.size() ? NumberShape::decimal : NumberShape::none;
}

std::optional<std::int64_t> parse_boolean(std::string_view text) {
  if (equals_any_case(text, "true")) return 1;
  if (equals_any_case(text, "false")) return 0;
  return std::nullopt;
}

std::optional<std::int64_t> parse_integral(Type type, std::string_view text) {
  switch (type) {
    case Type::int64:
      return parse_int64(text);
    case Type::boolean:
      return parse_boolean(text);
    case Type::date:
      return parse_date(text);
    case Type::timestamp:
      return parse_timestamp(text);
    default:
      return std::nullopt;
  }
}

bool can_be(Type type, std::string_view text) {
  if (is_text(type)) return true;
  if (type == Type::float64) return parse_double(text).has_value();
  return parse_integral(type, text).has_value();
}

Lane narrowest_integer_lane(std::int64_t min, std::int64_t max) {
  const auto fits = [&]<class T>(T) {
    return min >= std::int64_t{std::numeric_limits<T>::min()} &&
           max <= std::int64_t{std::numeric_limits<T>::max()};
  };
  if (fits(std::uint8_t{})) return Lane::u8;
  if (fits(std::int8_t{})) return Lane::i8;
  if (fits(std::uint16_t{})) return Lane::u16;
  if (fits(std::int16_t{})) return Lane::i16;
  if (fits(std::uint32_t{})) return Lane::u32;
  if (fits(std::int32_t{})) return Lane::i32;
  return Lane::i64;
}

bool fits_float(double value) {
  if (!std::isfinite(value)) return true;
  if (std::fabs(value) > static_cast<double>(FLT_MAX)) return false;
  return static_cast<double>(static_cast<float>(value)) == value;
}

std::string problem_of_value(std::string_view column, std::string_view text,
                             std::string_view what) {
  constexpr std::size_t shown = 60;
  if (text.size() <= shown) return fmt::format("column {}: '{}' {}", column, text, what);
  std::size_t bytes = 0;
  while (bytes < shown) bytes += code_point_bytes(text, bytes);
  return fmt::format("column {}: '{}...' ({} bytes) {}", column, text.substr(0, bytes), text.size(),
                     what);
}

std::string_view with_article(Type type) {
  switch (type) {
    case Type::int64:
      return "an int64";
    case Type::float64:
      return "a float64";
    case Type::boolean:
      return "a boolean (true or false)";
    case Type::date:
      return "a date (YYYY-MM-DD)";
    case Type::timestamp:
      return "a timestamp";
    case Type::categorical:
      return "a category";
    case Type::text:
      return "a text";
  }
  return "a value";
}

}  // namespace trawl::store
