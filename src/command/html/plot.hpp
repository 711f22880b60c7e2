// Small plots as inline SVG, coloured by the classes of the page's style.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace trawl::command::html {

// What values map to [0, 1] of a plot's width. Values beyond are drawn at the border, as arrows.
struct Scale {
  double low = 0, high = 1;

  double at(double value) const;  // clamped; 0.5 where the scale is empty
  bool contains(double value) const { return value >= low && value <= high; }
};

// A scale that holds nearly all of the given ends of intervals: a few intervals of groups with too
// few records are wider than everything else, and are cut.
Scale common_scale(std::vector<double> values);

// A mean with its interval; `reference` is drawn as a line across. NaN ends: only the mean.
std::string interval_plot(const Scale& scale, double mean, double low, double high,
                          std::optional<double> reference);

// Percentiles 5, 25, 50, 75, 95 as whiskers and box.
std::string box_plot(const Scale& scale, const std::vector<double>& percentiles);

// Counts over equal parts of a scale, those of `marked` (a part of them) in front.
std::string histogram(std::span<const std::uint64_t> counts, std::span<const std::uint64_t> marked);

// Where one value lies among others: their counts over the scale, or percentiles as in box_plot
// (empty: neither), ticks at mean and 1, 2, ... standard deviations, and a mark.
std::string position_plot(const Scale& scale, std::span<const std::uint64_t> counts, double mean,
                          double sd, double value, std::span<const double> percentiles = {});

}  // namespace trawl::command::html
