#include <bit>
#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>

namespace trawl {
namespace {

using testing::HasSubstr;

std::string json(const Value& value, Type type) {
  std::string out;
  append_json(out, value, type);
  return out;
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string error_of(std::string_view text) {
  try {
    parse_json(text, "run/certificate.json");
  } catch (const DataError& error) {
    return error.what();
  }
  return "no DataError";
}

TEST(Json, EveryValueHasOneText) {
  EXPECT_EQ(json({}, Type::int64), "null");
  EXPECT_EQ(json(std::int64_t{-7}, Type::int64), "-7");
  EXPECT_EQ(json(10000.0, Type::float64), "10000");
  EXPECT_EQ(json(0.1, Type::float64), "0.1");
  EXPECT_EQ(json(1e300, Type::float64), "1e+300");
  EXPECT_EQ(json(true, Type::boolean), "true");
  EXPECT_EQ(json(false, Type::boolean), "false");
  EXPECT_EQ(json(std::int64_t{0}, Type::date), "\"1970-01-01\"");
  EXPECT_EQ(json(std::int64_t{1'500'000}, Type::timestamp), "\"1970-01-01T00:00:01.500000Z\"");
  EXPECT_EQ(json(std::string("purchase"), Type::categorical), "\"purchase\"");
}

TEST(Json, WhatItHasNoWordForIsAnObject) {
  EXPECT_EQ(json(std::nan(""), Type::float64), "{\"float\":\"NaN\"}");
  EXPECT_EQ(json(INFINITY, Type::float64), "{\"float\":\"Infinity\"}");
  EXPECT_EQ(json(-INFINITY, Type::float64), "{\"float\":\"-Infinity\"}");
  EXPECT_EQ(json(std::string("a\xFF"), Type::text), "{\"bytes\":\"61ff\"}");
  // The texts "NaN" and "61ff" stay apart from them.
  EXPECT_EQ(json(std::string("NaN"), Type::text), "\"NaN\"");
}

TEST(Json, StringsEscapeOnlyWhatTheyMust) {
  EXPECT_EQ(json_string("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
  EXPECT_EQ(json_string("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
  EXPECT_EQ(json_string(std::string_view("\0\x1F\x7F", 3)), "\"\\u0000\\u001f\x7F\"");
  EXPECT_EQ(json_string("\xC3\xA9\xF0\x9F\x98\x80"), "\"\xC3\xA9\xF0\x9F\x98\x80\"");
  EXPECT_EQ(json_string(""), "\"\"");
}

TEST(Json, RandomTextReadsBackAndIsTheLibrarysText) {
  std::mt19937 random(41);
  for (int i = 0; i < 3000; ++i) {
    std::string text;
    for (auto n = random() % 20; n > 0; --n) {
      text +=
          random() % 8 == 0 ? "\xE2\x82\xAC" : std::string(1, static_cast<char>(random() % 128));
    }
    ASSERT_EQ(parse_json(json_string(text), "x").get<std::string>(), text);
    ASSERT_EQ(json_string(text), Json(text).dump());
  }
}

TEST(Json, RandomDoublesReadBack) {
  std::mt19937_64 random(43);
  for (int i = 0; i < 20'000; ++i) {
    const double x = std::bit_cast<double>(random());
    if (!std::isfinite(x) || x == 0) continue;
    ASSERT_EQ(parse_json(json(x, Type::float64), "x").get<double>(), x);
  }
}

TEST(Json, KeepsTheOrderOfKeys) {
  EXPECT_EQ(parse_json("{\"z\": 1, \"a\": [true, null]}", "x").dump(),
            "{\"z\":1,\"a\":[true,null]}");
}

TEST(Json, ErrorsNameThePlace) {
  EXPECT_THAT(error_of("{\"a\":x}"), HasSubstr("run/certificate.json, byte offset 5"));
  EXPECT_THAT(error_of("{\"a\":1"), HasSubstr("byte offset 6"));
  EXPECT_THAT(error_of(""), HasSubstr("run/certificate.json"));
  EXPECT_THAT(error_of("{} {}"), HasSubstr("byte offset 3"));
  EXPECT_THAT(error_of("\"\xFF\""), HasSubstr("byte offset 1"));
  EXPECT_THAT(error_of("[1e999]"), HasSubstr("run/certificate.json"));
  EXPECT_THAT(error_of("[NaN]"), testing::Not(HasSubstr("json.exception")));
}

TEST(Json, AKeyMayNotAppearTwice) {
  EXPECT_THAT(error_of("{\"matches\":7,\"rows\":9,\"matches\":8}"),
              HasSubstr("'matches' appears twice"));
  EXPECT_THAT(error_of("{\"a\":[{\"b\":1,\"b\":1}]}"), HasSubstr("'b' appears twice"));
  EXPECT_EQ(error_of("{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}"), "no DataError");
}

}  // namespace
}  // namespace trawl
