#include "command/html/plot.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace trawl::command::html {
namespace {

// A coordinate with at most one decimal, as SVG reads it.
std::string px(double value) {
  const auto tenths = static_cast<long>(std::nearbyint(value * 10));
  return tenths % 10 == 0 ? fmt::format("{}", tenths / 10) : fmt::format("{:.1f}", value);
}

std::string svg(const char* kind, int width, int height, const std::string& inside) {
  return fmt::format("<svg class=\"{}\" viewBox=\"0 0 {} {}\" aria-hidden=\"true\">{}</svg>", kind,
                     width, height, inside);
}

// Bars over `width`, as one path; the tallest of `scale_by` has `height`.
std::string bars(const char* kind, std::span<const std::uint64_t> counts, std::uint64_t tallest,
                 double width, double height, double bottom) {
  std::string path;
  const double step = width / static_cast<double>(std::max<std::size_t>(1, counts.size()));
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    // What is there is seen, however few.
    const double tall =
        std::max(0.8, height * static_cast<double>(counts[i]) / static_cast<double>(tallest));
    path += fmt::format("M{} {}v-{}h{}v{}z", px(static_cast<double>(i) * step), px(bottom),
                        px(tall), px(std::max(step - 0.5, 0.5)), px(tall));
  }
  return path.empty() ? path : fmt::format("<path class=\"{}\" d=\"{}\"/>", kind, path);
}

std::uint64_t most(std::span<const std::uint64_t> counts) {
  std::uint64_t tallest = 1;
  for (const std::uint64_t count : counts) tallest = std::max(tallest, count);
  return tallest;
}

}  // namespace

double Scale::at(double value) const {
  if (!(high > low) || std::isnan(value)) return 0.5;
  return std::clamp((value - low) / (high - low), 0.0, 1.0);
}

Scale common_scale(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return {};
  std::ranges::sort(values);
  const std::size_t cut = values.size() / 25;
  const double low = values[cut], high = values[values.size() - 1 - cut];
  const double margin = high > low ? (high - low) * 0.06 : std::fabs(low) * 0.1 + 1e-300;
  return {low - margin, high + margin};
}

std::string interval_plot(const Scale& scale, double mean, double low, double high,
                          std::optional<double> reference) {
  constexpr int width = 120, height = 16;
  const auto x = [&](double value) { return 5 + scale.at(value) * (width - 10); };
  std::string inside;
  if (reference && std::isfinite(*reference))
    inside += fmt::format("<path class=\"ref\" d=\"M{} 0v16\"/>", px(x(*reference)));
  if (std::isfinite(low) && std::isfinite(high)) {
    const double left = x(low), right = x(high);
    std::string line = fmt::format("M{} 8H{}", px(left), px(right));
    line += low < scale.low ? fmt::format("M{0} 5l-4 3 4 3", px(left))
                            : fmt::format("M{} 5v6", px(left));
    line += high > scale.high ? fmt::format("M{} 5l4 3-4 3", px(right))
                              : fmt::format("M{} 5v6", px(right));
    inside += fmt::format("<path class=\"ci\" d=\"{}\"/>", line);
  }
  if (std::isfinite(mean))
    inside += fmt::format("<circle class=\"{}\" cx=\"{}\" cy=\"8\" r=\"2.6\"/>",
                          scale.contains(mean) ? "pt" : "pt out", px(x(mean)));
  return svg("iv", width, height, inside);
}

std::string box_plot(const Scale& scale, const std::vector<double>& percentiles) {
  constexpr int width = 240, height = 20;
  const auto x = [&](std::size_t i) { return 2 + scale.at(percentiles[i]) * (width - 4); };
  if (percentiles.size() != 5) return {};
  const std::string whiskers =
      fmt::format("M{0} 10H{1}M{2} 10H{3}M{0} 6v8M{3} 6v8", px(x(0)), px(x(1)), px(x(3)), px(x(4)));
  return svg("box", width, height,
             fmt::format("<path class=\"ci\" d=\"{}\"/><rect class=\"bx\" x=\"{}\" y=\"4\" "
                         "width=\"{}\" height=\"12\"/><path class=\"md\" d=\"M{} 4v12\"/>",
                         whiskers, px(x(1)), px(std::max(x(3) - x(1), 1.0)), px(x(2))));
}

std::string histogram(std::span<const std::uint64_t> counts,
                      std::span<const std::uint64_t> marked) {
  constexpr int width = 320, height = 90;
  const std::uint64_t tallest = most(counts);
  return svg("hist", width, height,
             bars("br", counts, tallest, width, height - 2, height - 1) +
                 bars("bm", marked, tallest, width, height - 2, height - 1) +
                 fmt::format("<path class=\"ax\" d=\"M0 {0}H{1}\"/>", px(height - 0.5), width));
}

std::string position_plot(const Scale& scale, std::span<const std::uint64_t> counts, double mean,
                          double sd, double value, std::span<const double> percentiles) {
  constexpr int width = 260, height = 30;
  std::string inside = bars("br", counts, most(counts), width, 20, 23);
  if (percentiles.size() == 5) {
    const auto x = [&](std::size_t i) { return scale.at(percentiles[i]) * width; };
    inside += fmt::format(
        "<rect class=\"bx\" x=\"{}\" y=\"8\" width=\"{}\" height=\"10\"/>"
        "<path class=\"ax\" d=\"M{} 13H{}\"/>",
        px(x(1)), px(std::max(x(3) - x(1), 1.0)), px(x(0)), px(x(4)));
  }
  std::string ticks = fmt::format("M0 23.5H{}", width);
  if (std::isfinite(mean) && sd > 0) {
    for (int k = -9; k <= 9; ++k) {
      const double at = mean + k * sd;
      if (!scale.contains(at)) continue;
      ticks += fmt::format("M{} {}v{}", px(scale.at(at) * width), k == 0 ? 2 : 23, k == 0 ? 27 : 4);
    }
  }
  inside += fmt::format("<path class=\"ax\" d=\"{}\"/>", ticks);
  if (std::isfinite(value)) {
    const double x = std::clamp(scale.at(value) * width, 7.0, width - 7.0);
    const char* shape = value > scale.high  ? "M{0} 5l6 6-6 6z"
                        : value < scale.low ? "M{0} 5l-6 6 6 6z"
                                            : "M{0} 3v20M{0} 3l-4.5-3h9z";
    inside += fmt::format("<path class=\"mk\" d=\"{}\"/>", fmt::format(fmt::runtime(shape), px(x)));
  }
  return svg("pos", width, height, inside);
}

}  // namespace trawl::command::html
