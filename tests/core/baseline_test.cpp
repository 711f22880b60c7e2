// Baselines against rational arithmetic, and the singular ones.
#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/baseline.hpp>

#include "core/baseline_support.hpp"

namespace trawl::core {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Relative to the exact value, or to 1 below it.
void expect_near(double value, const Rational& exact, double tolerance) {
  const double rounded = nearest(exact);
  ASSERT_LE(std::abs(value - rounded), tolerance * std::max(1.0, rounded)) << rounded;
}

void expect_as_rational(const Table& table, double tolerance) {
  const Baseline baseline(moments_of(table));
  const RationalBaseline expected(table);
  ASSERT_EQ(baseline.independent(), expected.independent());
  ASSERT_EQ(baseline.rank() + baseline.dependencies().size(), table.size());
  for (std::size_t row = 0; row < std::min<std::size_t>(table[0].size(), 12); ++row) {
    std::vector<double> record = record_of(table, row);
    ASSERT_TRUE(baseline.keeps_dependencies(record));
    expect_near(baseline.squared_distance(record), expected.squared_distance(record), tolerance);
    std::vector<double> other = record_of(table, (row + 1) % table[0].size());
    record[0] = other[0];
    bool keeps = true;
    for (std::size_t j = 0; j < table.size(); ++j) keeps &= expected.residual(record, j) == 0;
    for (const std::size_t j : expected.independent()) ASSERT_TRUE(j < table.size());
    std::size_t violations = 0;
    for (const Dependency& d : baseline.dependencies()) {
      violations += expected.residual(record, d.feature) != 0;
    }
    ASSERT_EQ(baseline.keeps_dependencies(record), violations == 0);
    const Distance distance = baseline.distance(record);
    ASSERT_EQ(distance.violated.size(), violations);
    if (violations != 0) {
      ASSERT_EQ(distance.squared, infinity);
    } else {
      expect_near(distance.squared, expected.squared_distance(record), tolerance);
      const double sum =
          std::accumulate(distance.contributions.begin(), distance.contributions.end(), 0.0);
      ASSERT_NEAR(sum, distance.squared, 1e-9 * std::max(1.0, distance.squared));
    }
  }
}

TEST(Baseline, EqualsRationalArithmetic) {
  Rng rng(71);
  for (int trial = 0; trial < 60; ++trial) {
    const int kind = trial % number_kinds;
    if (kind == 3 || kind == 4 || kind == 5 || kind == 6 || kind == 8) continue;
    const std::size_t features = 1 + rng() % 5, rows = 2 + rng() % 30;
    SCOPED_TRACE(testing::Message() << trial << " " << features << " " << rows);
    expect_as_rational(random_table(rng, kind, features, rows), 1e-11);
  }
}

// Records of every exponent: few of them matter to the moments, and rank is decided by bits 2^-2000
// below the first. Distances keep 106 bits.
TEST(Baseline, DecidesRankOverTheWholeRangeOfDoubles) {
  Rng rng(72);
  for (const int kind : {3, 4, 5, 6}) {
    for (int trial = 0; trial < 5; ++trial) {
      const Table table = random_table(rng, kind, 3, 6);
      SCOPED_TRACE(testing::Message() << kind << " " << trial);
      ASSERT_EQ(Baseline(moments_of(table)).independent(), RationalBaseline(table).independent());
    }
  }
}

// Small integers, and columns that depend on others.
TEST(Baseline, FindsExactDependencies) {
  Rng rng(73);
  for (int trial = 0; trial < 40; ++trial) {
    const std::size_t rows = 6 + rng() % 20;
    Table table;
    for (int j = 0; j < 6; ++j) {
      std::vector<double> column(rows);
      const std::uint64_t kind = table.size() < 2 ? 0 : rng() % 5;
      for (std::size_t r = 0; r < rows; ++r) {
        const auto digit = static_cast<double>(rng() % 9);
        column[r] = kind == 0 || kind == 4 ? digit
                    : kind == 1            ? table[0][r] * 0.25
                    : kind == 2            ? table[0][r] - 3 * table[1][r] + 7
                                           : 42.5;
      }
      table.push_back(std::move(column));
    }
    SCOPED_TRACE(trial);
    expect_as_rational(table, 1e-11);
  }
}

TEST(Baseline, NamesDependencies) {
  const Table table{{1, 2, 3, 5}, {7, 7, 7, 7}, {1, 0, 4, 2}, {4.5, 6, 11.5, 15}, {3, 6, 9, 15}};
  const Baseline baseline(moments_of(table));  // x3 = 3 x0 + 0.5 x2 + 1 but for the second
  EXPECT_EQ(baseline.rank(), 3u);
  EXPECT_EQ(baseline.constants(), std::vector<std::size_t>{1});
  const Table exact{{1, 2, 3, 5}, {7, 7, 7, 7}, {1, 0, 4, 2}, {4.5, 7, 12, 17}};
  const Baseline second(moments_of(exact));
  ASSERT_EQ(second.dependencies().size(), 2u);
  const Dependency& sum = second.dependencies()[1];
  EXPECT_EQ(sum.feature, 3u);
  EXPECT_EQ(sum.others, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(sum.coefficients, (std::vector<double>{3, 0.5}));
  EXPECT_EQ(sum.constant, 1.0);
  EXPECT_EQ(second.dependencies()[0].constant, 7.0);
  const Distance distance = second.distance(std::vector<double>{1, 7, 1, 4.5000000000000009});
  EXPECT_EQ(distance.squared, infinity);
  EXPECT_EQ(distance.violated, std::vector<std::size_t>{1});
  EXPECT_EQ(distance.contributions[3], infinity);
}

// One record in a thousand differs, and by one unit in the last place: not singular.
TEST(Baseline, NearlySingularIsNotSingular) {
  Rng rng(74);
  for (const double epsilon : {1.0, 0.3, 0.1, 0.03, 0.01, 1e-3, 1e-6, 1e-9, 1e-12, 1e-15, 0.0}) {
    Table table = random_table(rng, 0, 2, 100);
    table.push_back(table[0]);
    for (std::size_t r = 0; r < 100; ++r) {
      const double other = table[1][r];
      table[2][r] += epsilon == 0 ? 0.0 : epsilon * other;
    }
    if (epsilon == 0) table[2][50] = std::nextafter(table[2][50], 9.0);
    SCOPED_TRACE(epsilon);
    ASSERT_EQ(Baseline(moments_of(table)).rank(), 3u);
    expect_as_rational(table, 1e-11);
  }
}

TEST(Baseline, LargeMeansLoseNothing) {
  Rng rng(75);
  for (const int shift : {10, 20, 30, 40, 48}) {
    Table table = random_table(rng, 0, 3, 50);
    for (auto& column : table) {
      for (double& value : column) value += std::ldexp(1.0, shift);
    }
    expect_as_rational(table, 1e-11);
  }
}

TEST(Baseline, FewerRecordsThanFeatures) {
  Rng rng(76);
  const Table table = random_table(rng, 0, 8, 5);
  expect_as_rational(table, 1e-10);
  EXPECT_EQ(Baseline(moments_of(table)).rank(), 4u);
}

std::vector<double> distances(const Table& table, const Baseline& baseline) {
  std::vector<double> out(table[0].size());
  baseline.squared_distances(rows_of(table), out);
  return out;
}

void scale_columns(Table& table, std::span<const int> exponents) {
  for (std::size_t i = 0; i < table.size(); ++i) {
    for (double& value : table[i]) value = std::ldexp(value, exponents[i]);
  }
}

TEST(Baseline, PowersOfTwoChangeNoBits) {
  Rng rng(77);
  for (const int kind : {0, 1, 7}) {
    Table table = random_table(rng, kind, 4, 200);
    for (const bool nearly_singular : {false, true}) {
      if (nearly_singular) {
        table[3] = table[1];
        table[3][7] = std::nextafter(table[3][7], 1e9);
      }
      const auto before = distances(table, Baseline(moments_of(table)));
      Table scaled = table;
      scale_columns(scaled, std::vector{300, -300, 7, -2});
      EXPECT_EQ(distances(scaled, Baseline(moments_of(scaled))), before);
    }
  }
}

TEST(Baseline, SumOfDistancesIsRankTimesFreedom) {
  Rng rng(78);
  Table table = random_table(rng, 0, 9, 1000);
  table.push_back(table[4]);
  const Baseline baseline(moments_of(table));
  const auto all = distances(table, baseline);
  EXPECT_NEAR(std::accumulate(all.begin(), all.end(), 0.0), 9 * 999.0, 1e-8);
  for (std::size_t r = 0; r < 1000; r += 37) {
    EXPECT_TRUE(same(all[r], baseline.squared_distance(record_of(table, r))));
  }
}

TEST(Baseline, OrderAndMergingChangeNoBits) {
  Rng rng(79);
  Table table = random_table(rng, 0, 5, 500);
  const Baseline baseline(moments_of(table));
  ExactMoments parts(5);
  std::vector<std::size_t> order(500);
  std::iota(order.begin(), order.end(), 0u);
  std::shuffle(order.begin(), order.end(), rng);
  for (const std::size_t r : order) parts.add(record_of(table, r));
  parts.add(std::vector{1e9, -3.0, 8.0, 1e-9, 77.0});
  parts.subtract(std::vector{1e9, -3.0, 8.0, 1e-9, 77.0});
  const Baseline other(parts);
  EXPECT_EQ(distances(table, other), distances(table, baseline));
  EXPECT_EQ(other.covariance(), baseline.covariance());
  EXPECT_EQ(other.log_determinant(), baseline.log_determinant());
}

TEST(Baseline, FixedPointCountsRoundedValues) {
  FixedMoments moments({0, 0});
  moments.add(std::vector{1.2, 1.4, 2.1, 1.9, 4.0, 3.6});  // both round to 1, 2, 4
  const Baseline baseline(moments);
  EXPECT_EQ(baseline.rank(), 1u);
  EXPECT_EQ(baseline.squared_distance(std::vector{5.0, 5.0}),
            baseline.squared_distance(std::vector{4.7, 5.3}));
  EXPECT_EQ(baseline.squared_distance(std::vector{4.7, 5.6}), infinity);
  EXPECT_EQ(fixed_point(2.5, 0), 2.0);
  EXPECT_EQ(fixed_point(1e300, 0), 1e300);
}

TEST(Baseline, ValuesThatAreNoNumbers) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double last : {5.0, 3.0}) {  // the second: x1 = 3 x0
    const Table table{{1, 2, 3, 1}, {3, 6, 9, last}};
    const Baseline baseline(moments_of(table));
    EXPECT_TRUE(std::isnan(baseline.squared_distance(std::vector{nan, 1.0})));
    EXPECT_TRUE(std::isnan(baseline.squared_distance(std::vector{1.0, nan})));
    EXPECT_TRUE(std::isnan(baseline.squared_distance(std::vector{infinity, nan})));
    EXPECT_EQ(baseline.squared_distance(std::vector{infinity, 1.0}), infinity);
    EXPECT_EQ(baseline.squared_distance(std::vector{1.0, -infinity}), infinity);
    EXPECT_EQ(baseline.squared_distance(std::vector{1e308, -1e308}), infinity);
    EXPECT_EQ(baseline.distance(std::vector{infinity, 1.0}).contributions[0], infinity);
    EXPECT_THROW(baseline.squared_distance(std::vector{1.0}), InputError);
  }
}

TEST(Baseline, RefusesWhatNoRecordsHave) {
  ExactMoments moments(1);
  EXPECT_THROW(Baseline{moments}, InputError);
  moments.add(std::vector{1.0});
  EXPECT_THROW(Baseline{moments}, InputError);
  moments.add(std::vector{2.0, 3.0, 4.0});
  moments.subtract(std::vector{9.0});
  EXPECT_THROW(Baseline{moments}, InputError);
  const Baseline constant(moments_of({{4, 4, 4}}));
  EXPECT_EQ(constant.rank(), 0u);
  EXPECT_EQ(constant.squared_distance(std::vector{4.0}), 0.0);
  EXPECT_EQ(constant.squared_distance(std::vector{4.5}), infinity);
}

}  // namespace
}  // namespace trawl::core
