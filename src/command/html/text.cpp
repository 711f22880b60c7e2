#include "command/html/text.hpp"

#include <cmath>

#include <fmt/format.h>

#include <trawl/base/text.hpp>

namespace trawl::command::html {
namespace {

// The typographic minus, as wide as a plus.
std::string with_minus(std::string text) {
  if (text.starts_with('-')) text.replace(0, 1, "\u2212");
  return text;
}

}  // namespace

std::string number(double value) {
  if (std::isnan(value)) return "\u2013";
  if (std::isinf(value)) return value > 0 ? "\u221e" : "\u2212\u221e";
  const double size = std::fabs(value);
  if (size >= 1000 && size < 1e7) {
    const std::string whole = with_thousands(static_cast<std::uint64_t>(std::nearbyint(size)));
    return value < 0 ? "\u2212" + whole : whole;
  }
  return with_minus(fmt::format("{:.4g}", value));
}

std::string signed_number(double value) {
  if (std::isnan(value)) return "\u2013";
  return with_minus(fmt::format("{:+.1f}", value));
}

std::string count(std::uint64_t value) {
  return with_thousands(value);
}

std::string count_of(std::uint64_t value, const std::string& what) {
  return count(value) + " " + what + (value == 1 ? "" : "s");
}

std::string probability(double log_p) {
  constexpr double log10_e = 0.43429448190325182765;
  if (std::isnan(log_p)) return "\u2013";
  if (std::isinf(log_p)) return log_p < 0 ? "0" : "\u221e";
  return fmt::format("10<sup>{}</sup>", with_minus(fmt::format("{:.1f}", log_p * log10_e)));
}

}  // namespace trawl::command::html
