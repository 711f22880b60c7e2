#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include <trawl/core/cluster/row_store.hpp>
#include <trawl/core/cluster/z_order.hpp>

namespace trawl::core {
namespace {

ColumnView numbers(const std::vector<std::int64_t>& values) {
  ColumnView view;
  view.rows = values.size();
  view.values = values.data();
  return view;
}

ColumnView reals(const std::vector<double>& values) {
  ColumnView view;
  view.type = Type::float64;
  view.lane = Lane::f64;
  view.rows = values.size();
  view.values = values.data();
  return view;
}

TEST(ClusterOrder, OneColumnIsASortThatKeepsEqualRowsInOrder) {
  std::mt19937_64 random(1);
  std::vector<std::int64_t> values(2000);
  for (auto& value : values) value = static_cast<std::int64_t>(random() % 50) - 25;
  std::vector<std::uint32_t> expected(values.size());
  std::iota(expected.begin(), expected.end(), 0u);
  std::stable_sort(expected.begin(), expected.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return values[a] < values[b]; });
  EXPECT_EQ(cluster_order(std::vector{numbers(values)}), expected);
}

TEST(ClusterOrder, NullFirstNanLastMinusZeroWithZero) {
  const std::vector<double> values = {
      std::nan(""), 0.0, 5.0, -0.0, -1.0, 7.0, std::numeric_limits<double>::infinity()};
  ColumnView view = reals(values);
  const std::uint64_t valid = 0b1011111;  // row 5 is NULL
  view.valid = &valid;
  EXPECT_EQ(cluster_order(std::vector{view}), (std::vector<std::uint32_t>{5, 4, 1, 3, 2, 6, 0}));
}

TEST(ClusterOrder, TextByBytes) {
  ColumnBuilder builder({"t", Type::text, Lane::text, true, nullptr});
  for (const std::string_view text : {"b", "", "ab", "a", "ab"}) builder.append(text);
  builder.append_null();
  EXPECT_EQ(cluster_order(std::vector{builder.view()}),
            (std::vector<std::uint32_t>{5, 1, 3, 2, 4, 0}));
}

// Of an 8 x 8 grid, the curve of Morton's report: bits of both coordinates by turns, the first
// column's first.
TEST(ClusterOrder, TwoColumnsFollowTheZCurve) {
  std::vector<std::int64_t> x, y;
  for (std::int64_t i = 0; i < 64; ++i) {
    x.push_back(i % 8 * 1000);
    y.push_back(-100 + i / 8);
  }
  const auto order = cluster_order(std::vector{numbers(x), numbers(y)});
  const auto curve = [](std::uint32_t row) {
    const std::uint32_t a = row % 8, b = row / 8;
    std::uint32_t z = 0;
    for (std::uint32_t bit = 0; bit < 3; ++bit)
      z |= (a >> bit & 1) << (2 * bit + 1) | (b >> bit & 1) << (2 * bit);
    return z;
  };
  for (std::uint32_t i = 0; i < 64; ++i) EXPECT_EQ(curve(order[i]), i);
}

TEST(ClusterOrder, IsAPermutationForAnyNumberOfColumns) {
  std::mt19937_64 random(2);
  std::vector<std::vector<std::int64_t>> columns(70, std::vector<std::int64_t>(500));
  for (auto& column : columns)
    for (auto& value : column) value = static_cast<std::int64_t>(random());
  for (const std::size_t count : {1u, 2u, 3u, 5u, 64u, 70u}) {
    std::vector<ColumnView> views;
    for (std::size_t c = 0; c < count; ++c) views.push_back(numbers(columns[c]));
    auto order = cluster_order(views);
    std::sort(order.begin(), order.end());
    for (std::uint32_t i = 0; i < order.size(); ++i) ASSERT_EQ(order[i], i);
  }
}

// Each range of one column then touches few of the pieces that rows are cut into.
TEST(ClusterOrder, PiecesHaveNarrowRangesInBothColumns) {
  std::mt19937_64 random(3);
  std::vector<std::int64_t> x(4096), y(4096);
  for (auto& value : x) value = static_cast<std::int64_t>(random() % 1'000'000);
  for (auto& value : y) value = static_cast<std::int64_t>(random() % 1000);
  const auto order = cluster_order(std::vector{numbers(x), numbers(y)});
  double spread_x = 0, spread_y = 0;
  for (std::size_t begin = 0; begin < order.size(); begin += 64) {
    std::int64_t min_x = INT64_MAX, max_x = INT64_MIN, min_y = INT64_MAX, max_y = INT64_MIN;
    for (std::size_t i = begin; i < begin + 64; ++i) {
      min_x = std::min(min_x, x[order[i]]);
      max_x = std::max(max_x, x[order[i]]);
      min_y = std::min(min_y, y[order[i]]);
      max_y = std::max(max_y, y[order[i]]);
    }
    spread_x += static_cast<double>(max_x - min_x) / 1e6;
    spread_y += static_cast<double>(max_y - min_y) / 1e3;
  }
  EXPECT_LT(spread_x / 64, 0.3);
  EXPECT_LT(spread_y / 64, 0.3);
}

TEST(RowStore, GivesBackWhatWasAppendedInAnyOrder) {
  std::mt19937_64 random(4);
  for (const Lane lane : {Lane::i64, Lane::f64, Lane::u8, Lane::i16, Lane::text}) {
    const Type type = lane == Lane::text  ? Type::text
                      : lane == Lane::f64 ? Type::float64
                                          : Type::int64;
    const ColumnSchema schema{"c", type, lane, true, nullptr};
    RowStore store(schema);
    std::vector<Value> expected;
    for (int piece = 0; piece < 3; ++piece) {
      ColumnBuilder builder(schema);
      for (int i = 0; i < 70; ++i) {
        const auto value = static_cast<std::int64_t>(random() % 100);
        if (value < 10) {
          builder.append_null();
        } else if (lane == Lane::text) {
          builder.append(std::string_view(std::to_string(value)));
        } else if (lane == Lane::f64) {
          builder.append(static_cast<double>(value) / 4);
        } else {
          builder.append(value);
        }
      }
      const ColumnView view = builder.view();
      for (std::size_t row = 0; row < view.rows; ++row) expected.push_back(view.value(row));
      store.append(view);
    }
    std::vector<std::uint32_t> order(expected.size());
    std::iota(order.begin(), order.end(), 0u);
    std::shuffle(order.begin(), order.end(), random);
    ColumnBuffer into;
    store.gather(order, into);
    const ColumnView all = store.view();
    for (std::size_t i = 0; i < order.size(); ++i) {
      EXPECT_EQ(into.view.value(i), expected[order[i]]);
      EXPECT_EQ(all.value(i), expected[i]);
    }
  }
}

}  // namespace
}  // namespace trawl::core
