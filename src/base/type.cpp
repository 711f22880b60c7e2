#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include <trawl/base/text.hpp>
#include <trawl/base/type.hpp>

namespace trawl {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 7> type_names = {
    "int64", "float64", "boolean", "date", "timestamp", "categorical", "text"};
constexpr std::array<std::string_view, 10> lane_names = {"u8",  "i8",  "u16", "i16", "u32",
                                                         "i32", "i64", "f32", "f64", "text"};
constexpr std::array<std::size_t, 10> lane_widths = {1, 1, 2, 2, 4, 4, 8, 4, 8, 0};

template <class Enum>
std::optional<Enum> find_name(std::span<const std::string_view> names, std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

std::string integer_text(std::int64_t value, Type type) {
  if (type == Type::date) return format_date(value);
  if (type == Type::timestamp) return format_timestamp(value);
  return std::to_string(value);
}

}  // namespace

std::string_view name_of(Type type) {
  return type_names.at(static_cast<std::size_t>(type));
}
std::string_view name_of(Lane lane) {
  return lane_names.at(static_cast<std::size_t>(lane));
}
std::size_t lane_bytes(Lane lane) {
  return lane_widths.at(static_cast<std::size_t>(lane));
}

std::optional<Type> type_named(std::string_view name) {
  return find_name<Type>(type_names, name);
}
std::optional<Lane> lane_named(std::string_view name) {
  return find_name<Lane>(lane_names, name);
}

std::string to_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  // Left to itself, to_chars writes 100000 as 1e+05: shorter by a letter, harder to read.
  const double size = std::fabs(value);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  return {buffer.data(), end.ptr};
}

std::string to_text(const Value& value, Type type) {
  struct Writer {
    Type type;
    std::string operator()(std::monostate) const { return "NULL"; }
    std::string operator()(std::int64_t x) const { return integer_text(x, type); }
    std::string operator()(double x) const { return to_text(x); }
    std::string operator()(bool x) const { return x ? "true" : "false"; }
    std::string operator()(const std::string& x) const { return x; }
  };
  return std::visit(Writer{type}, value);
}

}  // namespace trawl
