#include <limits>
#include <random>

#include <gtest/gtest.h>

#include <trawl/base/column.hpp>
#include <trawl/base/error.hpp>

namespace trawl {
namespace {

ColumnSchema schema(Type type, Lane lane) {
  ColumnSchema column;
  column.name = "c";
  column.type = type;
  column.lane = lane;
  if (type == Type::categorical) {
    column.categories = std::make_shared<const Categories>(Categories{"cart", "click", "view"});
  }
  return column;
}

template <class T>
void expect_limits_hold(Lane lane) {
  ColumnBuilder builder(schema(Type::int64, lane));
  const std::int64_t low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
  builder.append(low);
  builder.append(high);
  if constexpr (sizeof(T) < 8) {
    EXPECT_THROW(builder.append(low - 1), DataError) << name_of(lane);
    EXPECT_THROW(builder.append(high + 1), DataError) << name_of(lane);
  }
  ASSERT_EQ(builder.rows(), 2u);
  EXPECT_EQ(builder.view().integer(0), low) << name_of(lane);
  EXPECT_EQ(builder.view().integer(1), high) << name_of(lane);
}

TEST(Column, IntegerLanesHoldTheirRangeAndRefuseMore) {
  expect_limits_hold<std::uint8_t>(Lane::u8);
  expect_limits_hold<std::int8_t>(Lane::i8);
  expect_limits_hold<std::uint16_t>(Lane::u16);
  expect_limits_hold<std::int16_t>(Lane::i16);
  expect_limits_hold<std::uint32_t>(Lane::u32);
  expect_limits_hold<std::int32_t>(Lane::i32);
  expect_limits_hold<std::int64_t>(Lane::i64);
}

TEST(Column, WithLaneVisitsEveryLane) {
  for (int i = 0; i < static_cast<int>(Lane::text); ++i) {
    const auto lane = static_cast<Lane>(i);
    EXPECT_EQ(with_lane(lane, []<class T>(T*) { return sizeof(T); }), lane_bytes(lane));
  }
}

TEST(Column, RandomRowsWithNullsReadBack) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    ColumnBuilder builder(schema(Type::int64, Lane::i64));
    std::vector<Value> expected;
    const std::size_t rows = random() % 300;
    for (std::size_t i = 0; i < rows; ++i) {
      if (random() % 5 == 0) {
        builder.append_null();
        expected.emplace_back();
      } else {
        const auto x = static_cast<std::int64_t>(random());
        builder.append(x);
        expected.emplace_back(x);
      }
    }
    const ColumnView view = builder.view();
    ASSERT_EQ(view.rows, rows);
    for (std::size_t i = 0; i < rows; ++i)
      ASSERT_EQ(view.value(i), expected[i]) << seed << " row " << i;
  }
}

TEST(Column, NoNullsMeansNoMask) {
  ColumnBuilder builder(schema(Type::int64, Lane::i64));
  builder.append(std::int64_t{1});
  EXPECT_EQ(builder.view().valid, nullptr);
  builder.append_null();
  EXPECT_NE(builder.view().valid, nullptr);
  builder.clear();
  EXPECT_EQ(builder.rows(), 0u);
  builder.append(std::int64_t{2});
  EXPECT_EQ(builder.view().valid, nullptr);
  EXPECT_EQ(builder.view().value(0), Value(std::int64_t{2}));
}

TEST(Column, TextKeepsEveryByte) {
  ColumnBuilder builder(schema(Type::text, Lane::text));
  const std::string zero("a\0b", 3);
  builder.append("");
  builder.append(zero);
  builder.append_null();
  builder.append("z");
  const ColumnView view = builder.view();
  EXPECT_EQ(view.value(0), Value(std::string()));
  EXPECT_EQ(view.value(1), Value(zero));
  EXPECT_EQ(view.value(2), Value());
  EXPECT_EQ(view.text(2), "");
  EXPECT_EQ(view.value(3), Value(std::string("z")));
}

TEST(Column, TextWithABaseStartsInTheMiddle) {
  const std::vector<std::uint64_t> ends = {103, 103, 105};
  ColumnView view;
  view.type = Type::text;
  view.lane = Lane::text;
  view.rows = 3;
  view.ends = ends.data();
  view.base = 100;
  view.bytes = "abcde";
  EXPECT_EQ(view.text(0), "abc");
  EXPECT_EQ(view.text(1), "");
  EXPECT_EQ(view.text(2), "de");
}

TEST(Column, CategoriesGoInAndOutAsText) {
  ColumnBuilder builder(schema(Type::categorical, Lane::u8));
  builder.append("view");
  builder.append("cart");
  builder.append(std::int64_t{1});
  EXPECT_THROW(builder.append("cash"), DataError);
  const ColumnView view = builder.view();
  ASSERT_EQ(view.rows, 3u);
  EXPECT_EQ(view.integer(0), 2);
  EXPECT_EQ(view.value(0), Value(std::string("view")));
  EXPECT_EQ(view.value(1), Value(std::string("cart")));
  EXPECT_EQ(view.value(2), Value(std::string("click")));
}

TEST(Column, ACodeWithoutCategoryIsDamage) {
  const std::vector<std::int8_t> codes = {3, -1};
  const Categories categories = {"a", "b", "c"};
  ColumnView view;
  view.type = Type::categorical;
  view.lane = Lane::i8;
  view.rows = 2;
  view.values = codes.data();
  view.categories = &categories;
  EXPECT_THROW(view.value(0), DataError);
  EXPECT_THROW(view.value(1), DataError);
  view.categories = nullptr;
  EXPECT_THROW(view.value(0), DataError);
}

TEST(Column, KindsDoNotMix) {
  ColumnBuilder integers(schema(Type::int64, Lane::i64));
  EXPECT_THROW(integers.append(1.0), DataError);
  EXPECT_THROW(integers.append("1"), DataError);
  ColumnBuilder doubles(schema(Type::float64, Lane::f64));
  EXPECT_THROW(doubles.append(std::int64_t{1}), DataError);
  EXPECT_THROW(doubles.append("1"), DataError);
  ColumnBuilder texts(schema(Type::text, Lane::text));
  EXPECT_THROW(texts.append(1.0), DataError);
  EXPECT_THROW(texts.append(std::int64_t{1}), DataError);
  EXPECT_EQ(integers.rows() + doubles.rows() + texts.rows(), 0u);
}

TEST(Column, FloatLaneRefusesWhatItWouldRound) {
  ColumnBuilder builder(schema(Type::float64, Lane::f32));
  builder.append(0.5);
  builder.append(std::numeric_limits<double>::quiet_NaN());
  builder.append(-std::numeric_limits<double>::infinity());
  EXPECT_THROW(builder.append(0.1), DataError);
  EXPECT_THROW(builder.append(1e300), DataError);
  EXPECT_EQ(builder.rows(), 3u);
  EXPECT_EQ(builder.view().real(0), 0.5);
  EXPECT_NE(builder.view().real(1), builder.view().real(1));
}

TEST(Column, AColumnWithoutNullsRefusesThem) {
  ColumnSchema column = schema(Type::int64, Lane::i64);
  column.nullable = false;
  ColumnBuilder builder(column);
  EXPECT_THROW(builder.append_null(), DataError);
}

TEST(Column, BooleansAreBooleans) {
  ColumnBuilder builder(schema(Type::boolean, Lane::u8));
  builder.append(std::int64_t{0});
  builder.append(std::int64_t{1});
  EXPECT_EQ(builder.view().value(0), Value(false));
  EXPECT_EQ(builder.view().value(1), Value(true));
  EXPECT_THROW(builder.append(std::int64_t{2}), DataError);
}

TEST(Column, WrongReadsAreErrorsOfTheProgram) {
  ColumnBuilder doubles(schema(Type::float64, Lane::f64));
  doubles.append(1.5);
  EXPECT_THROW(doubles.view().integer(0), std::logic_error);
  ColumnBuilder integers(schema(Type::int64, Lane::i64));
  integers.append(std::int64_t{1});
  EXPECT_THROW(integers.view().real(0), std::logic_error);
}

TEST(ColumnBuffer, MemoryIsAlignedAndKept) {
  ColumnBuffer buffer;
  for (const std::size_t rows : {0u, 1u, 63u, 64u, 65u, 1000u, 7u}) {
    for (const Lane lane : {Lane::u8, Lane::i16, Lane::f64}) {
      void* memory = buffer.allocate(lane, rows);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 64, 0u);
      std::memset(memory, 0xFF, rows * lane_bytes(lane));  // the sanitizer watches
    }
    std::memset(buffer.allocate_ends(rows), 0xFF, rows * 8);
    std::memset(buffer.allocate_bytes(rows), 0xFF, rows);
  }
  void* before = buffer.allocate(Lane::f64, 1000);
  EXPECT_EQ(buffer.allocate(Lane::u8, 10), before);
  EXPECT_THROW(buffer.allocate(Lane::f64, std::numeric_limits<std::size_t>::max() / 2),
               std::length_error);
}

TEST(ColumnBuffer, ValidityStartsAsAllNull) {
  ColumnBuffer buffer;
  for (int round = 0; round < 2; ++round) {
    std::uint64_t* valid = buffer.allocate_valid(130);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(valid[i], 0u);
      valid[i] = ~std::uint64_t{0};
    }
  }
}

TEST(ColumnBuffer, MovingKeepsTheViewTrue) {
  ColumnBuffer buffer;
  auto* lanes = static_cast<std::int64_t*>(buffer.allocate(Lane::i64, 3));
  for (int i = 0; i < 3; ++i) lanes[i] = 10 * i;
  buffer.view.rows = 3;
  buffer.view.values = lanes;
  const ColumnBuffer moved = std::move(buffer);
  EXPECT_EQ(moved.view.integer(2), 20);
}

}  // namespace
}  // namespace trawl
