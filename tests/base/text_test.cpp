#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include <trawl/base/text.hpp>

namespace trawl {
namespace {

TEST(ParseInt64, WholeDecimalIntegersOnly) {
  EXPECT_EQ(parse_int64("0"), 0);
  EXPECT_EQ(parse_int64("-0"), 0);
  EXPECT_EQ(parse_int64("007"), 7);
  EXPECT_EQ(parse_int64("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_int64("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  for (const char* text : {"", "-", "+1", " 1", "1 ", "1.0", "1e3", "0x10", "--1",
                           "9223372036854775808", "-9223372036854775809", "1,000", "\xD9\xA1"}) {
    EXPECT_EQ(parse_int64(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(ParseDouble, DecimalAndScientific) {
  EXPECT_EQ(parse_double("10000"), 10000.0);
  EXPECT_EQ(parse_double("-2.5e-3"), -0.0025);
  EXPECT_EQ(parse_double("1E5"), 100000.0);
  EXPECT_EQ(parse_double(".5"), 0.5);
  EXPECT_EQ(parse_double("5."), 5.0);
  EXPECT_TRUE(std::signbit(*parse_double("-0.0")));
  EXPECT_EQ(parse_double("9007199254740993"), 9007199254740992.0);  // a tie, to even
  EXPECT_EQ(parse_double("9007199254740993.00001"), 9007199254740994.0);
  EXPECT_EQ(parse_double("1e-400"), 0.0);
  EXPECT_EQ(parse_double("5e-324"), std::numeric_limits<double>::denorm_min());
}

TEST(ParseDouble, SpecialsByName) {
  EXPECT_TRUE(std::isnan(*parse_double("nan")));
  EXPECT_TRUE(std::isnan(*parse_double("NaN")));
  EXPECT_FALSE(std::signbit(*parse_double("-nan")));  // one NaN only, or bits would differ
  EXPECT_EQ(parse_double("inf"), INFINITY);
  EXPECT_EQ(parse_double("-Infinity"), -INFINITY);
}

TEST(ParseDouble, RefusesTheRest) {
  for (const char* text :
       {"",      "-",      ".",    "+1", " 1",    "1 ",     "1e",  "1e+", "0x1p3", "1,5",
        "1.2.3", "nan(1)", "infi", "e5", "1e999", "-1e999", "--1", "1f",  "-.",    "nane"}) {
    EXPECT_EQ(parse_double(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(ParseDouble, AgreesWithTheCLibraryOnRandomText) {
  std::mt19937_64 random(23);
  for (int i = 0; i < 100'000; ++i) {
    std::string text = random() % 2 == 0 ? "-" : "";
    for (auto digits = 1 + random() % 20; digits > 0; --digits)
      text += static_cast<char>('0' + random() % 10);
    text += '.';
    for (auto digits = random() % 20; digits > 0; --digits)
      text += static_cast<char>('0' + random() % 10);
    if (random() % 2 == 0) {
      text += 'e';
      text += std::to_string(static_cast<int>(random() % 640) - 350);
    }
    const double expected = std::strtod(text.c_str(), nullptr);
    const auto got = parse_double(text);
    ASSERT_EQ(got.has_value(), !std::isinf(expected)) << text;
    if (!got) continue;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(*got), std::bit_cast<std::uint64_t>(expected)) << text;
  }
}

TEST(Human, Thousands) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(1234567), "1,234,567");
  EXPECT_EQ(with_thousands(std::numeric_limits<std::uint64_t>::max()),
            "18,446,744,073,709,551,615");
}

TEST(Human, Bytes) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1000), "1.0 kB");
  EXPECT_EQ(human_bytes(1'400'000'000), "1.4 GB");
  EXPECT_EQ(human_bytes(999'940), "999.9 kB");
  EXPECT_EQ(human_bytes(999'960), "1.0 MB");
  EXPECT_EQ(human_bytes(std::numeric_limits<std::uint64_t>::max()), "18.4 EB");
}

TEST(Human, Seconds) {
  EXPECT_EQ(human_seconds(0.0012), "1.20 ms");
  EXPECT_EQ(human_seconds(0.12), "0.12 s");
  EXPECT_EQ(human_seconds(59.99), "59.99 s");
  EXPECT_EQ(human_seconds(59.996), "1 min 00 s");
  EXPECT_EQ(human_seconds(245), "4 min 05 s");
  EXPECT_EQ(human_seconds(3599.6), "1 h 00 min 00 s");
  EXPECT_EQ(human_seconds(7384), "2 h 03 min 04 s");
}

TEST(Split, KeepsEmptyPieces) {
  using Pieces = std::vector<std::string>;
  EXPECT_EQ(split("a,b,c", ','), (Pieces{"a", "b", "c"}));
  EXPECT_EQ(split(",a,,", ','), (Pieces{"", "a", "", ""}));
  EXPECT_EQ(split("", ','), (Pieces{""}));
}

TEST(Trim, TakesBlanksOffBothEnds) {
  EXPECT_EQ(trim("  a b\t\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("x"), "x");
}

}  // namespace
}  // namespace trawl
