// Parts of pages: nothing in a text is markup, and numbers are what people read.
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command/html/escape.hpp"
#include "command/html/plot.hpp"
#include "command/html/strip.hpp"
#include "command/html/table.hpp"
#include "command/html/text.hpp"

namespace trawl::command::html {
namespace {

TEST(Escape, LeavesNoMarkup) {
  EXPECT_EQ(escaped("<a href=\"x\" b='y'>&amp;"),
            "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;");
  EXPECT_EQ(escaped("Zürich 東京"), "Zürich 東京");
}

TEST(Escape, ReplacesWhatIsNoText) {
  EXPECT_EQ(escaped(std::string_view("a\xff\0b\x7f\xc2\x85", 7)), "a\uFFFD\uFFFDb\uFFFD\uFFFD");
  EXPECT_EQ(escaped("\xe6\x9d"), "\uFFFD\uFFFD");  // cut within a character
  EXPECT_EQ(escaped("\xf0<"), "\uFFFD&lt;");       // what follows a broken one is not swallowed
}

TEST(Escape, ShortensAtCharacters) {
  EXPECT_EQ(shortened("東京都", 2), "東京…");
  EXPECT_EQ(shortened("東京", 2), "東京");
  EXPECT_EQ(name("<b>"), "<bdi>&lt;b&gt;</bdi>");
  EXPECT_LT(name(std::string(1 << 20, '&')).size(), 3000u);
}

TEST(Text, Numbers) {
  EXPECT_EQ(number(-1234567.4), "−1,234,567");
  EXPECT_EQ(number(0.00123456), "0.001235");
  EXPECT_EQ(number(std::nan("")), "–");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "−∞");
  EXPECT_EQ(signed_number(7.26), "+7.3");
  EXPECT_EQ(probability(std::log(0.01)), "10<sup>−2.0</sup>");
  EXPECT_EQ(probability(-std::numeric_limits<double>::infinity()), "0");
}

TEST(Plot, ScaleHoldsNearlyAll) {
  std::vector<double> values = {1e9, std::nan("")};
  for (int i = 0; i < 100; ++i) values.push_back(i);
  const Scale scale = common_scale(values);
  EXPECT_TRUE(scale.contains(50));
  EXPECT_LT(scale.high, 200);
  EXPECT_EQ(scale.at(1e9), 1);
  EXPECT_EQ(common_scale({}).at(std::nan("")), 0.5);
  const Scale one = common_scale({3, 3});
  EXPECT_TRUE(one.contains(3));
}

TEST(Strip, AxesHaveAFewRoundTicksWithin) {
  for (const double width : {1e-12, 0.3, 1.0, 1.6, 4.0, 7.6, 99.0, 1e9}) {
    for (const double low : {-width / 3, 0.0, 5 * width}) {
      const Axis axis = axis_over(low, low + width, "x");
      EXPECT_GE(axis.ticks.size(), 3u) << width << " " << low;
      EXPECT_LE(axis.ticks.size(), 8u) << width << " " << low;
      for (const double tick : axis.ticks) EXPECT_TRUE(axis.scale.contains(tick));
      EXPECT_TRUE(axis.scale.contains(low) && axis.scale.contains(low + width));
    }
  }
  EXPECT_THAT(axis_over(0, 1, "").ticks,
              ::testing::Pointwise(::testing::DoubleEq(), {0.0, 0.2, 0.4, 0.6, 0.8, 1.0}));
  const double none = std::nan("");
  for (const Axis& axis : {axis_over(none, 1, ""), axis_over(7, 7, ""), axis_over(0, 0, "")})
    EXPECT_LT(axis.scale.low, axis.scale.high);
}

TEST(Strip, DrawsWhatIsThereAndCountsWhatIsBeyond) {
  Strip strip(axis_over(0, 1, "<axis>"), "\"about\"");
  strip.band(0.2, std::nan(""));
  strip.line("md", std::nan(""), "nothing");
  strip.line("md", 9, "far");
  for (const double value : {0.5, 0.5, -3.0, -4.0, 7.0, std::nan("")})
    strip.dot("in", value, "<dot>");
  const std::string markup = strip.markup();
  const auto times = [&](const std::string& what) {
    std::size_t count = 0;
    for (std::size_t at = markup.find(what); at != markup.npos; at = markup.find(what, at + 1))
      ++count;
    return count;
  };
  EXPECT_EQ(times("<circle"), 2u);
  EXPECT_EQ(times("&lt;dot&gt;"), 2u);
  EXPECT_EQ(times(">\u25C22<"), 1u);
  EXPECT_EQ(times(">1\u25B8<"), 1u);
  EXPECT_EQ(times("far \u25B8"), 1u);
  EXPECT_EQ(times("<rect"), 0u);
  EXPECT_EQ(times("nan"), 0u);
  EXPECT_EQ(times("&lt;axis&gt;"), 1u);
  EXPECT_EQ(times("aria-label=\"&quot;about&quot;\""), 1u);
}

TEST(Plot, MissingEndsAreNotDrawn) {
  const double none = std::nan("");
  const std::string plot = interval_plot({0, 1}, 0.5, none, none, none);
  EXPECT_EQ(plot.find("nan"), std::string::npos);
  EXPECT_EQ(plot.find("<path"), std::string::npos);
  EXPECT_NE(plot.find("<circle"), std::string::npos);
  EXPECT_EQ(position_plot({none, none}, {}, none, none, none).find("nan"), std::string::npos);
}

TEST(Table, TitlesAreText) {
  Table table({">#", "<b>"});
  table.add({"1", "<i>x</i>"});
  EXPECT_NE(table.markup().find("<th scope=\"col\">&lt;b&gt;</th>"), std::string::npos);
  EXPECT_NE(table.markup().find("<td class=\"n\">1</td><td><i>x</i></td>"), std::string::npos);
}

}  // namespace
}  // namespace trawl::command::html
