#include "command/html/strip.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "command/html/escape.hpp"
#include "command/html/text.hpp"

namespace trawl::command::html {
namespace {

constexpr double label_height = 17, dot_step = 8, most_dots_height = 96;
constexpr std::size_t stacks = 44;  // a dot is as wide as one on the narrowest phone

// Within margins, so that labels at the ends are whole.
std::string percent(const Scale& scale, double value) {
  return fmt::format("{:.2f}%", 3 + 94 * scale.at(value));
}

// Where a text stands to its point, so that it stays within.
const char* anchor(const Scale& scale, double value) {
  const double at = scale.at(value);
  return at < 0.3 ? "start" : at > 0.7 ? "end" : "middle";
}

// 1, 2 or 5 times a power of ten: three to seven steps are in the width.
double tick_step(double width) {
  double step = 1;
  while (step > width && step > 1e-300) step /= 10;
  while (step * 10 <= width && step < 1e300) step *= 10;
  const double steps = width / step;  // in [1, 10)
  return step * (steps < 1.5 ? 0.2 : steps < 3.75 ? 0.5 : steps < 7.5 ? 1.0 : 2.0);
}

}  // namespace

Axis axis_over(double low, double high, std::string title) {
  if (!(std::isfinite(low) && std::isfinite(high))) low = high = 0;
  const double margin = high > low ? (high - low) * 0.04 : std::fabs(low) * 0.1 + 1;
  Axis axis{{low - margin, high + margin}, {}, std::move(title)};
  const double step = tick_step(axis.scale.high - axis.scale.low);
  double at = std::ceil(axis.scale.low / step);
  for (; at * step <= axis.scale.high && axis.ticks.size() < 20; at += 1)
    axis.ticks.push_back(at * step);
  return axis;
}

void Strip::band(double low, double high) {
  if (!std::isfinite(low) || !std::isfinite(high)) return;
  band_low_ = low;
  band_high_ = high;
}

void Strip::line(std::string_view kind, double value, const std::string& label) {
  if (!std::isfinite(value)) return;
  const char* before = value < axis_.scale.low ? "\u25C2 " : "";
  const char* after = value > axis_.scale.high ? " \u25B8" : "";
  lines_.push_back({std::string(kind), value, before + label + after});
}

void Strip::dot(std::string_view kind, double value, const std::string& title) {
  if (!std::isfinite(value)) return;
  if (!axis_.scale.contains(value)) {
    Beyond& beyond = beyond_[std::string(kind)];
    ++(value < axis_.scale.low ? beyond.below : beyond.above);
    return;
  }
  stacked_.resize(stacks);
  const auto at = static_cast<std::size_t>(axis_.scale.at(value) * stacks);
  std::size_t& level = stacked_[std::min(at, stacks - 1)];
  dots_.push_back({std::string(kind), value, title, level++});
}

// Labels over all lines: on a phone these cross.
std::string Strip::lines(double bottom) const {
  std::string out, labels;
  double top = 0;
  for (const Mark& mark : lines_) {
    const std::string x = percent(axis_.scale, mark.value);
    out +=
        fmt::format("<line class=\"l-{0}\" x1=\"{1}\" x2=\"{1}\" y1=\"{2:.0f}\" y2=\"{3:.0f}\"/>",
                    mark.kind, x, top + 14, bottom);
    labels +=
        fmt::format("<text class=\"t-{}\" x=\"{}\" y=\"{:.0f}\" text-anchor=\"{}\">{}</text>",
                    mark.kind, x, top + 11, anchor(axis_.scale, mark.value), escaped(mark.text));
    top += label_height;
  }
  return out + labels;
}

std::string Strip::dots(double bottom, double step) const {
  std::string out;
  for (const Mark& mark : dots_) {
    out += fmt::format(
        "<circle class=\"d-{}\" cx=\"{}\" cy=\"{:.1f}\" r=\"3.4\"><title>{}</title></circle>",
        mark.kind, percent(axis_.scale, mark.value),
        bottom - 6 - static_cast<double>(mark.level) * step, escaped(mark.text));
  }
  for (const bool left : {true, false}) {
    double y = bottom - 4;
    for (const auto& [kind, beyond] : beyond_) {
      const std::size_t number = left ? beyond.below : beyond.above;
      if (number == 0) continue;
      out += fmt::format("<text class=\"d-{}\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>",
                         kind, left ? "0" : "100%", y, left ? "start" : "end",
                         left ? fmt::format("\u25C2{}", number) : fmt::format("{}\u25B8", number));
      y -= 14;
    }
  }
  return out;
}

std::string Strip::axis(double at) const {
  std::string out =
      fmt::format("<line class=\"ax\" x1=\"0\" x2=\"100%\" y1=\"{0:.1f}\" y2=\"{0:.1f}\"/>", at);
  for (const double tick : axis_.ticks) {
    out += fmt::format(
        "<line class=\"ax\" x1=\"{0}\" x2=\"{0}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\"/>"
        "<text x=\"{0}\" y=\"{3:.1f}\" text-anchor=\"middle\">{4}</text>",
        percent(axis_.scale, tick), at, at + 4, at + 16, number(tick == 0 ? 0 : tick));
  }
  return out + fmt::format(
                   "<text class=\"at\" x=\"50%\" y=\"{:.1f}\" text-anchor=\"middle\">{}"
                   "</text>",
                   at + 31, escaped(axis_.title));
}

std::string Strip::markup() const {
  std::size_t tallest = 1;
  for (const std::size_t level : stacked_) tallest = std::max(tallest, level);
  const double wanted = static_cast<double>(tallest) * dot_step;
  const double height =
      std::max(std::min(wanted, most_dots_height), 14 * static_cast<double>(beyond_.size())) + 8;
  const double step = wanted > most_dots_height ? dot_step * most_dots_height / wanted : dot_step;
  const double top = static_cast<double>(lines_.size()) * label_height, bottom = top + height;
  std::string out =
      fmt::format("<svg class=\"strip\" role=\"img\" aria-label=\"{}\" height=\"{:.0f}\">",
                  escaped(about_), bottom + 36);
  if (band_high_ >= band_low_) {
    const double left = 3 + 94 * axis_.scale.at(band_low_);
    const double right = 3 + 94 * axis_.scale.at(band_high_);
    out += fmt::format(
        "<rect class=\"bx\" x=\"{:.2f}%\" width=\"{:.2f}%\" y=\"{:.0f}\" "
        "height=\"{:.0f}\"/>",
        left, std::max(right - left, 0.3), top, height);
  }
  if (axis_.scale.contains(0)) {
    out += fmt::format("<line class=\"ref\" x1=\"{0}\" x2=\"{0}\" y1=\"{1:.0f}\" y2=\"{2:.0f}\"/>",
                       percent(axis_.scale, 0), top, bottom);
  }
  return out + lines(bottom) + dots(bottom, step) + axis(bottom) + "</svg>\n";
}

}  // namespace trawl::command::html
