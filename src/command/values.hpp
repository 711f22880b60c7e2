// Values of options as text, and back, with limits. Nothing wraps, rounds or is cut: what does not
// fit is a complaint.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <trawl/base/text.hpp>
#include <trawl/base/type.hpp>

namespace trawl::command {

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

// The T of T, std::optional<T>, std::vector<T>.
template <class T>
struct ElementOf {
  using type = T;
};
template <class T>
struct ElementOf<std::vector<T>> {
  using type = T;
};
template <class T>
struct ElementOf<std::optional<T>> {
  using type = T;
};
template <class T>
using Element = typename ElementOf<T>::type;

// Text -> value; returns what is wrong, or "". `value` is changed only on success.
inline std::string parse_value(std::string_view text, std::string& value) {
  value = text;
  return "";
}
inline std::string parse_value(std::string_view text, std::filesystem::path& value) {
  if (text.empty()) return "is empty; a path is needed";
  value = text;
  return "";
}
inline std::string parse_value(std::string_view text, bool& value) {
  if (text != "true" && text != "false") return fmt::format("'{}' is neither true nor false", text);
  value = text == "true";
  return "";
}
inline std::string parse_value(std::string_view text, double& value) {
  const std::optional<double> number = parse_double(text);
  if (!number || std::isnan(*number)) return fmt::format("'{}' is not a number", text);
  value = *number;
  return "";
}
template <std::integral T>
std::string parse_value(std::string_view text, T& value) {
  T number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const bool digits =
      !text.empty() &&
      text.find_first_not_of("0123456789", text[0] == '-' ? 1 : 0) == std::string_view::npos &&
      text != "-";
  if (!digits) return fmt::format("'{}' is not a whole number", text);
  if (stop != end || error != std::errc{}) {
    return fmt::format("{} is outside {} .. {}", text, std::numeric_limits<T>::min(),
                       std::numeric_limits<T>::max());
  }
  value = number;
  return "";
}

// Value -> text that parse_value reads back as the same value.
inline std::string format_value(const std::string& value) {
  return value;
}
inline std::string format_value(const std::filesystem::path& value) {
  return value.string();
}
inline std::string format_value(bool value) {
  return value ? "true" : "false";
}
inline std::string format_value(double value) {
  return to_text(value);
}
template <std::integral T>
std::string format_value(T value) {
  return fmt::format("{}", value);
}

// Every value of the type.
struct Anything {
  std::string text() const { return ""; }
  template <class T>
  std::string parse(std::string_view text, T& value) const {
    return parse_value(text, value);
  }
  template <class T>
  std::string format(const T& value) const {
    return format_value(value);
  }
};

// min <= value <= max, or min <= value < max; Range{1} has no upper end.
template <class U>
struct Range {
  U min;
  std::optional<U> max = std::nullopt;
  bool open = false;  // max itself is excluded

  std::string text() const {
    if (!max) return fmt::format(">= {}", format_value(min));
    return fmt::format("{} .. {}{}", format_value(min), open ? "below " : "", format_value(*max));
  }
  template <class T>
  std::string parse(std::string_view text, T& value) const {
    T parsed{};
    const bool negative =
        std::is_unsigned_v<T> && !text.empty() && text[0] == '-' && parse_int64(text);
    std::string problem = negative ? "" : parse_value(text, parsed);
    if (!problem.empty()) return problem;
    if (negative || !contains(parsed)) return fmt::format("{} is outside {}", text, this->text());
    value = parsed;
    return "";
  }
  template <class T>
  std::string format(const T& value) const {
    return format_value(value);
  }

 private:
  template <class T>
  bool contains(T value) const {
    if constexpr (std::is_integral_v<T>) {
      static_assert(std::is_integral_v<U>, "an integer option needs an integer range");
      return !std::cmp_less(value, min) &&
             (!max || std::cmp_less(value, *max) || (!open && std::cmp_equal(value, *max)));
    } else {
      const auto low = static_cast<T>(min);
      return value >= low &&
             (!max || value < static_cast<T>(*max) || (!open && value <= static_cast<T>(*max)));
    }
  }
};
template <class U>
Range(U) -> Range<U>;
template <class U, class W>
Range(U, W) -> Range<std::common_type_t<U, W>>;
template <class U, class W>
Range(U, W, bool) -> Range<std::common_type_t<U, W>>;

// One word of a list.
template <class T>
struct Choices {
  std::vector<std::pair<std::string_view, T>> words;

  std::string joined(std::string_view separator) const {
    std::string text;
    for (const auto& [word, value] : words) {
      if (!text.empty()) text += separator;
      text += word;
    }
    return text;
  }
  std::string text() const { return "one of " + joined(", "); }
  std::string parse(std::string_view text, T& value) const {
    for (const auto& [word, meaning] : words) {
      if (word == text) {
        value = meaning;
        return "";
      }
    }
    return fmt::format("'{}' is not one of {}", text, joined(", "));
  }
  std::string format(const T& value) const {
    for (const auto& [word, meaning] : words) {
      if (meaning == value) return std::string(word);
    }
    return "";
  }
};

// Assigns a scalar or std::optional, appends to a std::vector; returns what is wrong, or "".
template <class T, class Limits>
std::string set_value(T& value, std::string_view text, const Limits& limits) {
  Element<T> element{};
  std::string problem = limits.parse(text, element);
  if (!problem.empty()) return problem;
  if constexpr (is_vector<T>) {
    value.push_back(std::move(element));
  } else {
    value = std::move(element);
  }
  return "";
}

template <class T, class Limits>
std::vector<std::string> value_texts(const T& value, const Limits& limits) {
  std::vector<std::string> texts;
  if constexpr (is_vector<T>) {
    for (const auto& element : value) texts.push_back(limits.format(element));
  } else if constexpr (is_optional<T>) {
    if (value) texts.push_back(limits.format(*value));
  } else {
    texts.push_back(limits.format(value));
  }
  return texts;
}

}  // namespace trawl::command
