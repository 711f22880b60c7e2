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

using Width = ColumnSketch::Width;
constexpr Width widths[] = {Width::one_byte, Width::two_bytes};

bool has(const std::vector<ColumnSketch::CodeRange>& ranges, std::uint32_t code) {
  return std::ranges::any_of(
      ranges, [&](const auto& range) { return range.first <= code && code <= range.last; });
}

// Every satisfying row passes, and every row that surely satisfies does.
template <class T, class Satisfies>
void expect_sound(const std::vector<T>& values, const ColumnSketch& sketch,
                  const ColumnSketch::Answer& answer, const Satisfies& satisfies) {
  for (std::size_t row = 0; row < values.size(); ++row) {
    const std::uint32_t code = sketch.code(row);
    ASSERT_LT(code, sketch.codes());
    const bool maybe = has(answer.maybe, code), surely = has(answer.surely, code);
    ASSERT_TRUE(!satisfies(values[row]) || maybe) << values[row];
    ASSERT_TRUE(!surely || satisfies(values[row])) << values[row];
    ASSERT_TRUE(maybe || !surely);
  }
  for (const auto* ranges : {&answer.maybe, &answer.surely}) {
    for (std::size_t i = 0; i < ranges->size(); ++i) {
      ASSERT_LE((*ranges)[i].first, (*ranges)[i].last);
      ASSERT_TRUE(i == 0 || (*ranges)[i - 1].last + 1 < (*ranges)[i].first);
    }
  }
}

template <class T>
void ranges_and_lists(const std::vector<T>& values, Width width, std::mt19937_64& random) {
  const std::vector<std::byte> stored =
      ColumnSketch::build(view_of(values), values.size() + 7, width);
  ASSERT_EQ(stored.size(), ColumnSketch::stored_bytes(values.size() + 7, width));
  const auto sketch = ColumnSketch::view(stored, values.size());
  ASSERT_TRUE(sketch.has_value());
  // Values beside those that are there, too: at the ends of codes that is where mistakes are.
  const auto pick = [&] {
    const T value = values[random() % values.size()];
    if constexpr (std::is_same_v<T, double>) return random() % 4 != 0 ? value : value * 1.001;
    return random() % 4 != 0 || value == INT64_MIN ? value : value - 1;
  };
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
    for (const Width width : widths) ranges_and_lists(values, width, random);
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
    for (const Width width : widths) {
      ranges_and_lists(values, width, random);
      const auto stored = ColumnSketch::build(view_of(values), values.size(), width);
      const auto sketch = ColumnSketch::view(stored, values.size());
      expect_sound(values, *sketch, sketch->between(-infinity, infinity),
                   [](double value) { return !std::isnan(value); });
    }
  }
}

TEST(ColumnSketch, DecidesMostRowsOfARange) {
  std::mt19937_64 random(3);
  std::vector<std::int64_t> values(65'536);
  for (auto& value : values) value = static_cast<std::int64_t>(random() % 1'000'000);
  const auto undecided_of = [&](Width width) {
    const auto stored = ColumnSketch::build(view_of(values), values.size(), width);
    const auto sketch = ColumnSketch::view(stored, values.size());
    const auto answer = sketch->between(std::int64_t{100'000}, std::int64_t{300'000});
    std::size_t undecided = 0;
    for (std::size_t row = 0; row < values.size(); ++row) {
      const std::uint32_t code = sketch->code(row);
      undecided += has(answer.maybe, code) && !has(answer.surely, code) ? 1 : 0;
    }
    return undecided;
  };
  EXPECT_LT(undecided_of(Width::one_byte), values.size() / 50);
  EXPECT_LT(undecided_of(Width::two_bytes), 20u);
}

TEST(ColumnSketch, OfTwoBytesLeavesFewRowsOfAnEquality) {
  std::mt19937_64 random(4);
  std::vector<std::int64_t> integers(65'536);
  std::vector<double> reals(integers.size());
  for (std::size_t i = 0; i < integers.size(); ++i) {
    integers[i] = static_cast<std::int64_t>(random() % 1'000'000);
    reals[i] = std::exp(static_cast<double>(random() % 1'000'000) / 100'000);
  }
  const auto left = [](const auto& values) {
    const auto stored = ColumnSketch::build(view_of(values), values.size(), Width::two_bytes);
    const auto sketch = ColumnSketch::view(stored, values.size());
    std::size_t most = 0;
    for (std::size_t i = 0; i < values.size(); i += 999) {
      const auto answer = sketch->between(values[i], values[i]);
      std::size_t maybe = 0;
      for (std::size_t row = 0; row < values.size(); ++row)
        maybe += has(answer.maybe, sketch->code(row)) ? 1 : 0;
      most = std::max(most, maybe);
    }
    return most;
  };
  EXPECT_LE(left(integers), 12u);
  EXPECT_LE(left(reals), 12u);
}

TEST(ColumnSketch, ViewRefusesWhatIsNoSketch) {
  const std::vector<std::int64_t> values = {1, 2, 3};
  for (const Width width : widths) {
    std::vector<std::byte> stored = ColumnSketch::build(view_of(values), 3, width);
    ASSERT_TRUE(ColumnSketch::view(stored, 3));
    EXPECT_EQ(ColumnSketch::view(stored, 3)->width(), width);
    EXPECT_FALSE(ColumnSketch::view(stored, 4));
    EXPECT_FALSE(ColumnSketch::view(Bytes(stored).first(100), 1));
    std::vector<std::byte> moved(stored.size() + 1);
    std::ranges::copy(stored, moved.begin() + 1);
    EXPECT_FALSE(ColumnSketch::view(Bytes(moved).subspan(1), 3));
    std::vector<std::byte> other = stored;
    other[255 * 8] ^= std::byte{1};  // no width that there is
    EXPECT_FALSE(ColumnSketch::view(other, 3));
    for (int i = 0; i < 8; ++i) stored[static_cast<std::size_t>(i)] = std::byte{255};
    EXPECT_FALSE(ColumnSketch::view(stored, 3)) << "the first end point behind the second";
  }
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
