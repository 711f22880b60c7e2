// Plots as wide as their place, with labelled axes: positions are percents, so that text keeps its
// size on a phone and on a screen.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "command/html/plot.hpp"

namespace trawl::command::html {

// A scale with round ticks, about five, all within.
struct Axis {
  Scale scale;
  std::vector<double> ticks;
  std::string title;  // what is on it, with its unit; text
};
// Of what lies in [low, high], with a margin. By + - * / alone: the same on every host.
Axis axis_over(double low, double high, std::string title);

// Marks above one axis. Dots beyond the scale are counted at its border.
class Strip {
 public:
  // `about`: what it shows, for those who cannot see it; text.
  Strip(Axis axis, std::string about) : axis_(std::move(axis)), about_(std::move(about)) {}

  // Behind all: from low to high. Nothing when one is not finite.
  void band(double low, double high);
  // A line across, with a label of its own row above; in order of calls. Nothing when not finite.
  void line(std::string_view kind, double value, const std::string& label);
  // A dot, above those that are there already. `title`: text.
  void dot(std::string_view kind, double value, const std::string& title);

  std::string markup() const;

 private:
  struct Mark {
    std::string kind;
    double value = 0;
    std::string text;
    std::size_t level = 0;
  };
  struct Beyond {
    std::size_t below = 0, above = 0;
  };
  std::string lines(double bottom) const;
  std::string dots(double bottom, double step) const;
  std::string axis(double at) const;

  Axis axis_;
  std::string about_;
  double band_low_ = 1, band_high_ = 0;
  std::vector<Mark> lines_, dots_;
  std::vector<std::size_t> stacked_;
  std::map<std::string, Beyond> beyond_;  // by kind
};

}  // namespace trawl::command::html
