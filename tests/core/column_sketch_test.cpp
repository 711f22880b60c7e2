#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include <trawl/core/filter/column_sketch.hpp>

namespace trawl::core {
namespace {

template <class T>
ColumnView view_of(const std::vector<T>& values) {
  ColumnView view;
  view.type = std::is_same_v<T, double> ? Type::float64 : Type::int64;
  view.lane = std::is_same_v<T, double> ? Lane::f64 : Lane::i64;
  view.rows = values.size();
  view.values = values.data();
  return view;
}

// Every satisfying row passes, and every row that surely satisfies does.
template <class T, class Satisfies>
void expect_sound(const std::vector<T>& values, const ColumnSketch& sketch,
                  const ColumnSketch::Answer& answer, const Satisfies& satisfies) {
  for (std::size_t row = 0; row < values.size(); ++row) {
    const std::uint8_t code = sketch.row_codes()[row];
    ASSERT_TRUE(!satisfies(values[row]) || answer.maybe[code] == 1) << values[row];
    ASSERT_TRUE(answer.surely[code] == 0 || satisfies(values[row])) << values[row];
    ASSERT_LE(answer.surely[code], answer.maybe[code]);
  }
}

template <class T>
void ranges_and_lists(const std::vector<T>& values, std::mt19937_64& random) {
  const std::vector<std::byte> stored = ColumnSketch::build(view_of(values), values.size() + 7);
  const auto sketch = ColumnSketch::view(stored, values.size());
  ASSERT_TRUE(sketch.has_value());
  const auto pick = [&] { return values[random() % values.size()]; };
  for (int i = 0; i < 60; ++i) {
    T lo = pick(), hi = pick();
    if (hi < lo) std::swap(lo, hi);
    if (i % 3 == 0) hi = lo;
    if (std::isnan(static_cast<double>(lo)) || std::isnan(static_cast<double>(hi))) continue;
    expect_sound(values, *sketch, sketch->between(lo, hi),
                 [&](T value) { return lo <= value && value <= hi; });
    const std::vector<T> list = {lo, hi, pick()};
    expect_sound(values, *sketch, sketch->among(list),
                 [&](T value) { return std::find(list.begin(), list.end(), value) != list.end(); });
  }
}

TEST(ColumnSketch, IsSoundForIntegersOfAllKinds) {
  std::mt19937_64 random(1);
  for (int kind = 0; kind < 6; ++kind) {
    std::vector<std::int64_t> values(1 + random() % 20'000);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto any = static_cast<std::int64_t>(random());
      values[i] = kind == 0   ? any
                  : kind == 1 ? any % 7
                  : kind == 2 ? static_cast<std::int64_t>(i)
                  : kind == 3 ? 42
                  : kind == 4 ? (random() % 2 == 0 ? INT64_MIN : INT64_MAX)
                              : (random() % 3 == 0 ? any : 5);  // one heavy value among many
    }
    ranges_and_lists(values, random);
  }
}

TEST(ColumnSketch, IsSoundForRealsOfAllKinds) {
  std::mt19937_64 random(2);
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> odd = {0.0, -0.0, infinity, -infinity, std::nan(""), 5e-324, -1.0};
  for (int kind = 0; kind < 3; ++kind) {
    std::vector<double> values(5000);
    for (double& value : values) {
      value = kind == 0   ? static_cast<double>(random() % 100'000) / 100
              : kind == 1 ? odd[random() % odd.size()]
                          : std::ldexp(static_cast<double>(random()),
                                       static_cast<int>(random() % 200) - 100);
    }
    ranges_and_lists(values, random);
    const auto stored = ColumnSketch::build(view_of(values), values.size());
    const auto sketch = ColumnSketch::view(stored, values.size());
    expect_sound(values, *sketch, sketch->between(-infinity, infinity),
                 [](double value) { return !std::isnan(value); });
  }
}

TEST(ColumnSketch, DecidesMostRowsOfARange) {
  std::mt19937_64 random(3);
  std::vector<std::int64_t> values(65'536);
  for (auto& value : values) value = static_cast<std::int64_t>(random() % 1'000'000);
  const auto stored = ColumnSketch::build(view_of(values), values.size());
  const auto sketch = ColumnSketch::view(stored, values.size());
  const auto answer = sketch->between(std::int64_t{100'000}, std::int64_t{300'000});
  std::size_t undecided = 0;
  for (std::size_t row = 0; row < values.size(); ++row) {
    const std::uint8_t code = sketch->row_codes()[row];
    undecided += answer.maybe[code] != answer.surely[code] ? 1 : 0;
  }
  EXPECT_LT(undecided, values.size() / 50);
}

TEST(ColumnSketch, ViewRefusesWhatIsNoSketch) {
  const std::vector<std::int64_t> values = {1, 2, 3};
  std::vector<std::byte> stored = ColumnSketch::build(view_of(values), 3);
  EXPECT_TRUE(ColumnSketch::view(stored, 3));
  EXPECT_FALSE(ColumnSketch::view(stored, 4));
  EXPECT_FALSE(ColumnSketch::view(Bytes(stored).first(100), 1));
  stored[0] = stored[7] = std::byte{255};  // the first end point behind the second
  for (int i = 0; i < 8; ++i) stored[static_cast<std::size_t>(i)] = std::byte{255};
  EXPECT_FALSE(ColumnSketch::view(stored, 3));
}

TEST(SketchKey, KeepsTheOrder) {
  EXPECT_LT(sketch_key(INT64_MIN), sketch_key(std::int64_t{-1}));
  EXPECT_LT(sketch_key(std::int64_t{-1}), sketch_key(std::int64_t{0}));
  EXPECT_LT(sketch_key(std::int64_t{0}), sketch_key(INT64_MAX));
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> ascending = {-infinity, -1e300, -1.0, -5e-324,
                                         0.0,       5e-324, 2.0,  infinity};
  for (std::size_t i = 1; i < ascending.size(); ++i)
    EXPECT_LT(sketch_key(ascending[i - 1]), sketch_key(ascending[i]));
  EXPECT_EQ(sketch_key(0.0), sketch_key(-0.0));
  EXPECT_LT(sketch_key(infinity), sketch_key(std::nan("")));
}

}  // namespace
}  // namespace trawl::core
