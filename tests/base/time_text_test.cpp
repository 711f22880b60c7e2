#include <cstdio>
#include <ctime>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include <trawl/base/text.hpp>

namespace trawl {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day = 86'400 * second;
constexpr std::int64_t first_day = -719'162;  // 0001-01-01
constexpr std::int64_t last_day = 2'932'896;  // 9999-12-31

bool leap(int y) {
  return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

int days_in(int y, int m) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return m == 2 && leap(y) ? 29 : days[m - 1];
}

std::string iso(int y, int m, int d) {
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d", y, m, d);
  return text;
}

// A calendar that only counts, from 0001-01-01 to 9999-12-31.
TEST(Date, EveryDayOfTheCalendar) {
  std::int64_t number = first_day;
  for (int y = 1; y <= 9999; ++y) {
    for (int m = 1; m <= 12; ++m) {
      for (int d = 1; d <= days_in(y, m); ++d, ++number) {
        const std::string text = iso(y, m, d);
        ASSERT_EQ(parse_date(text), number * day) << text;
        // Formatting is slower: the days around every month's end, and a share of the others.
        if (d != 1 && d < 28 && number % 16 != 0) continue;
        ASSERT_EQ(format_date(number * day), text);
      }
      ASSERT_EQ(parse_date(iso(y, m, days_in(y, m) + 1)), std::nullopt) << y << " " << m;
    }
  }
  EXPECT_EQ(number, last_day + 1);
}

TEST(Date, RefusesWhatIsNotOne) {
  for (const char* text : {"",
                           "2024",
                           "2024-1-01",
                           "2024-01-1",
                           "24-01-01",
                           "2024/01/01",
                           "2024-01-01 ",
                           " 2024-01-01",
                           "2024-00-10",
                           "2024-13-10",
                           "2024-10-00",
                           "2024-10-32",
                           "2023-02-29",
                           "1900-02-29",
                           "0000-01-01",
                           "-001-01-01",
                           "2024-01-01Z",
                           "20240101",
                           "2024-01-0a",
                           "+2024-01-01",
                           "2024-01-01T00:00"}) {
    EXPECT_EQ(parse_date(text), std::nullopt) << '"' << text << '"';
  }
  EXPECT_TRUE(parse_date("2000-02-29"));
}

TEST(Timestamp, FormsThatMeanTheSame) {
  const std::int64_t expected = 1'767'225'599 * second;  // 2025-12-31T23:59:59Z
  for (const char* text :
       {"2025-12-31T23:59:59Z", "2025-12-31 23:59:59", "2025-12-31T23:59:59.0",
        "2025-12-31T23:59:59.000000Z", "2026-01-01T00:59:59+01:00", "2026-01-01T00:59:59+0100",
        "2025-12-31 18:29:59-05:30", "2025-12-31T23:59:59+00:00", "2025-12-31T23:59:59-0000"}) {
    EXPECT_EQ(parse_timestamp(text), expected) << text;
  }
  EXPECT_EQ(parse_timestamp("2025-12-31T23:59"), expected - 59 * second);
  EXPECT_EQ(parse_timestamp("2025-12-31"), expected + second - day);
  EXPECT_EQ(parse_timestamp("2025-12-31T23:59Z"), expected - 59 * second);
}

TEST(Timestamp, FractionsAreMicroseconds) {
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00.1"), 100'000);
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00.000001"), 1);
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00.12345Z"), 123'450);
  EXPECT_EQ(parse_timestamp("1969-12-31T23:59:59.999999Z"), -1);
}

TEST(Timestamp, RefusesWhatIsNotOne) {
  for (const char* text : {"",
                           "2025-12-31T",
                           "2025-12-31T1",
                           "2025-12-31T24:00",
                           "2025-12-31T23:60",
                           "2025-12-31T23:59:60",
                           "2025-12-31T23:59:",
                           "2025-12-31T23:59:59.",
                           "2025-12-31T23:59:59.1234567",
                           "2025-12-31T23:59:59z",
                           "2025-12-31t23:59:59",
                           "2025-12-31  23:59:59",
                           "2025-12-31T23:59:59 Z",
                           "2025-12-31T23:59:59+1",
                           "2025-12-31T23:59:59+01",
                           "2025-12-31T23:59:59+01:",
                           "2025-12-31T23:59:59+24:00",
                           "2025-12-31T23:59:59+01:60",
                           "2025-12-31T23:59:59ZZ",
                           "2025-12-31T23:59:59Z+01:00",
                           "2025-12-31Z",
                           "2025-12-31+01:00",
                           "2025-12-31T2359",
                           "2025-02-30T00:00",
                           "2025-12-31T23:59.5",
                           "2025-12-31T-1:00",
                           "0001-01-01T00:00+00:01",
                           "9999-12-31T23:59:59-00:01"}) {
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << '"' << text << '"';
  }
  EXPECT_EQ(parse_timestamp("0001-01-01T00:00:00Z"), first_day * day);
  EXPECT_EQ(parse_timestamp("9999-12-31T23:59:59.999999Z"), (last_day + 1) * day - 1);
}

TEST(Timestamp, RandomTimesReadBackAndAgreeWithTheCLibrary) {
  std::mt19937_64 random(31);
  std::uniform_int_distribution<std::int64_t> times(first_day * day, (last_day + 1) * day - 1);
  for (int i = 0; i < 200'000; ++i) {
    std::int64_t time = times(random);
    if (i % 2 == 0) time -= ((time % second) + second) % second;  // whole seconds
    const std::string text = format_timestamp(time);
    ASSERT_EQ(parse_timestamp(text), time) << text;
    const std::int64_t whole = (time - ((time % second) + second) % second) / second;
    const std::time_t c_time = whole;
    std::tm utc = {};
    ::gmtime_r(&c_time, &utc);
    ASSERT_EQ(text.substr(0, 10), iso(utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday));
    ASSERT_EQ(std::stoi(text.substr(11, 2)), utc.tm_hour);
    ASSERT_EQ(std::stoi(text.substr(14, 2)), utc.tm_min);
    ASSERT_EQ(std::stoi(text.substr(17, 2)), utc.tm_sec);
    ASSERT_EQ(text.find('.') == std::string::npos, time == whole * second);
  }
}

TEST(Timestamp, BeyondTheCalendarItIsStillUnambiguous) {
  EXPECT_EQ(format_timestamp(first_day * day - 1), "0000-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_timestamp((last_day + 1) * day), "+10000-01-01T00:00:00Z");
  EXPECT_EQ(format_timestamp((first_day - 366) * day - second), "-0001-12-31T23:59:59Z");
  EXPECT_EQ(format_timestamp(std::numeric_limits<std::int64_t>::max()),
            "+294247-01-10T04:00:54.775807Z");
  EXPECT_EQ(format_timestamp(std::numeric_limits<std::int64_t>::min()),
            "-290308-12-21T19:59:05.224192Z");
}

TEST(Date, OneThatIsNoMidnightDoesNotLookLikeOne) {
  EXPECT_EQ(format_date(day), "1970-01-02");
  EXPECT_EQ(format_date(day + 1), "1970-01-02T00:00:00.000001Z");
}

}  // namespace
}  // namespace trawl
