#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include <trawl/base/text.hpp>
#include <trawl/base/type.hpp>

namespace trawl {
namespace {

TEST(Type, NamesReadBack) {
  for (int i = 0; i <= static_cast<int>(Type::text); ++i) {
    const auto type = static_cast<Type>(i);
    EXPECT_EQ(type_named(name_of(type)), type);
  }
  EXPECT_EQ(name_of(Type::int64), "int64");
  EXPECT_EQ(name_of(Type::float64), "float64");
  EXPECT_EQ(name_of(Type::text), "text");
  EXPECT_EQ(type_named("int32"), std::nullopt);
  EXPECT_EQ(type_named("INT64"), std::nullopt);
}

TEST(Lane, NamesReadBackAndWidthsAreInTheName) {
  for (int i = 0; i < static_cast<int>(Lane::text); ++i) {
    const auto lane = static_cast<Lane>(i);
    const std::string name(name_of(lane));
    EXPECT_EQ(lane_named(name), lane);
    EXPECT_EQ(lane_bytes(lane) * 8, std::stoul(name.substr(1))) << name;
  }
  EXPECT_EQ(lane_named("text"), Lane::text);
  EXPECT_EQ(lane_bytes(Lane::text), 0u);
  EXPECT_EQ(lane_named("u64"), std::nullopt);
}

TEST(Double, IsWrittenAsPeopleWriteIt) {
  EXPECT_EQ(to_text(10000.0), "10000");
  EXPECT_EQ(to_text(100000.0), "100000");
  EXPECT_EQ(to_text(0.1), "0.1");
  EXPECT_EQ(to_text(-2.5), "-2.5");
  EXPECT_EQ(to_text(0.0), "0");
  EXPECT_EQ(to_text(-0.0), "-0");
  EXPECT_EQ(to_text(0.0001), "0.0001");
  EXPECT_EQ(to_text(0.00001), "1e-05");
  EXPECT_EQ(to_text(9007199254740993.0), "9007199254740992");
  EXPECT_EQ(to_text(1e16), "1e+16");
  EXPECT_EQ(to_text(5e-324), "5e-324");
  EXPECT_EQ(to_text(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
  EXPECT_EQ(to_text(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(to_text(std::numeric_limits<double>::infinity()), "Infinity");
  EXPECT_EQ(to_text(-std::numeric_limits<double>::infinity()), "-Infinity");
}

TEST(Double, RandomBitsReadBack) {
  std::mt19937_64 random(17);
  for (int i = 0; i < 200'000; ++i) {
    // Half of them any bits, half of a size people meet.
    const double x =
        i % 2 == 0 ? std::bit_cast<double>(random())
                   : std::ldexp(static_cast<double>(random()), -static_cast<int>(random() % 80));
    if (std::isnan(x)) continue;
    const auto back = parse_double(to_text(x));
    ASSERT_TRUE(back) << to_text(x);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(*back), std::bit_cast<std::uint64_t>(x)) << to_text(x);
  }
}

TEST(Value, IsWrittenByItsType) {
  EXPECT_EQ(to_text(Value(), Type::int64), "NULL");
  EXPECT_EQ(to_text(Value(std::int64_t{-5}), Type::int64), "-5");
  EXPECT_EQ(to_text(Value(std::int64_t{0}), Type::date), "1970-01-01");
  EXPECT_EQ(to_text(Value(std::int64_t{1}), Type::timestamp), "1970-01-01T00:00:00.000001Z");
  EXPECT_EQ(to_text(Value(true), Type::boolean), "true");
  EXPECT_EQ(to_text(Value(false), Type::boolean), "false");
  EXPECT_EQ(to_text(Value(0.5), Type::float64), "0.5");
  EXPECT_EQ(to_text(Value(std::string("NULL")), Type::text), "NULL");
}

}  // namespace
}  // namespace trawl
