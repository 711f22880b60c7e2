#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "core/profiles_support.hpp"

namespace trawl::core {
namespace {

constexpr double largest_double = std::numeric_limits<double>::max();

std::span<const double> row(const std::vector<double>& rows, std::size_t width, std::size_t i) {
  return std::span(rows).subspan(i * width, width);
}

// Pearson's correlation by the textbook, in long doubles.
double pearson(const std::vector<double>& x, const std::vector<double>& y) {
  long double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    mx += x[i] / static_cast<long double>(x.size());
    my += y[i] / static_cast<long double>(x.size());
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return static_cast<double>(xy / std::sqrt(xx * yy));
}

TEST(Profiles, CorrelationIsPearsonsOfStandardisedMeans) {
  for (const std::size_t features : {3U, 5U, 10U, 64U}) {
    const std::vector<double> rows = means_of({.count = 40, .features = features}, 1);
    const ProfileScale scale = scale_of(rows, features);
    std::vector<std::vector<double>> z(40);
    for (std::size_t i = 0; i < z.size(); ++i) {
      for (std::size_t j = 0; j < features; ++j)
        z[i].push_back((rows[i * features + j] - scale.mean()[j]) / scale.sd()[j]);
    }
    for (std::size_t a = 0; a < 40; ++a) {
      for (std::size_t b = 0; b < 40; ++b) {
        const auto u = scale.unit(row(rows, features, a)), v = scale.unit(row(rows, features, b));
        EXPECT_NEAR(correlation(u, v), pearson(z[a], z[b]), 1e-14);
        EXPECT_EQ(correlation(u, v), correlation(v, u));
      }
    }
  }
}

TEST(Profiles, FeaturesThatDoNotVaryAreLeftOut) {
  std::vector<double> rows = means_of({.count = 20, .features = 4}, 2), more;
  for (std::size_t i = 0; i < 20; ++i) {
    more.insert(more.end(), &rows[4 * i], &rows[4 * i] + 4);
    more.push_back(0.1);  // whose sum over 20 is not exact in doubles
  }
  const ProfileScale scale = scale_of(rows, 4), with = scale_of(more, 5);
  EXPECT_EQ(with.varying(), 4U);
  for (std::size_t i = 0; i < 20; ++i)
    EXPECT_EQ(with.unit(row(more, 5, i)), scale.unit(row(rows, 4, i)));
}

TEST(Profiles, TooFewFeaturesOrAFlatProfileHaveNone) {
  const std::vector<double> two = means_of({.count = 20, .features = 2}, 3);
  EXPECT_FALSE(scale_of(two, 2).enough());
  EXPECT_TRUE(scale_of(two, 2).unit(row(two, 2, 0)).empty());
  const ProfileScale scale({1, 10, 100}, {1, 2, 3});
  EXPECT_TRUE(scale.unit(std::vector<double>{1, 10, 100}).empty());        // as all are
  EXPECT_TRUE(scale.unit(std::vector<double>{1.7, 11.4, 102.1}).empty());  // 0.7 everywhere
  EXPECT_EQ(scale.unit(std::vector<double>{1.7, 11.4, 102.2}).size(), 3U);
  EXPECT_TRUE(ProfileScale(ExactMoments(3)).unit(std::vector<double>{1, 2, 3}).empty());
}

TEST(Profiles, TheWholeRangeOfDoubles) {
  const double x = largest_double, tiny = 1e-310;
  const std::vector<double> rows = {x, -x, tiny, -x, x, 0, x, x, -tiny, 0, 0, tiny};
  std::size_t width = 0;
  const std::vector<double> units = units_of(rows, 3, width);
  ASSERT_EQ(units.size(), 12U);
  for (const double u : units) EXPECT_LE(std::abs(u), 1.0);
  for (std::size_t i = 0; i < 4; ++i) {
    double squares = 0;
    for (const double u : row(units, 3, i)) squares += u * u;
    EXPECT_NEAR(squares, 1, 1e-15);
  }
}

TEST(Profiles, EqualProfilesCorrelateFully) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::vector<double> rows = means_of({.count = 5, .features = 3 + seed % 20}, seed);
    const ProfileScale scale = scale_of(rows, 3 + seed % 20);
    const auto u = scale.unit(row(rows, 3 + seed % 20, 0));
    EXPECT_EQ(correlation(u, u), 1.0);
  }
}

struct Case {
  Cloud cloud;
  std::size_t k;
};

void expect_as_reference(const Case& c, unsigned seed) {
  std::size_t width = 0;
  const auto units = units_of(means_of(c.cloud, seed), c.cloud.features, width);
  const auto fast = top_pairs(units, width, c.k), slow = top_pairs_reference(units, width, c.k);
  EXPECT_TRUE(fast == slow) << c.cloud.count << " entities, " << c.cloud.features << " features, "
                            << c.cloud.clusters << " clusters, k " << c.k << ", seed " << seed;
}

TEST(TopPairs, EqualsAllPairsOnRandomClouds) {
  std::mt19937_64 random(7);
  for (unsigned seed = 0; seed < 600; ++seed) {
    Cloud cloud;
    cloud.count = random() % 4 == 0 ? random() % 8 : random() % 400;
    cloud.features = 3 + random() % (random() % 3 == 0 ? 62 : 8);
    cloud.clusters = random() % 2 == 0 ? 0 : 1 + random() % 20;
    cloud.spread = std::pow(10.0, -static_cast<double>(random() % 12));
    cloud.distinct = random() % 3 == 0 ? 1 + random() % 50 : 0;
    cloud.integers = random() % 3 == 0;
    expect_as_reference({cloud, 1 + random() % (random() % 4 == 0 ? 100'000 : 30)}, seed);
  }
}

TEST(TopPairs, EqualsAllPairsOnLargeClouds) {
  expect_as_reference({{.count = 20'000, .features = 5}, 25}, 1);
  expect_as_reference({{.count = 6'000, .features = 10, .clusters = 50}, 1000}, 2);
  expect_as_reference({{.count = 6'000, .features = 3}, 5000}, 3);
  expect_as_reference({{.count = 6'000, .features = 6, .distinct = 1500}, 40}, 4);
  expect_as_reference({{.count = 6'000, .features = 5, .integers = true}, 40}, 5);
  expect_as_reference({{.count = 2'000, .features = 64, .clusters = 100, .spread = 1e-9}, 40}, 6);
}

TEST(TopPairs, HandfulsAndNothing) {
  EXPECT_TRUE(top_pairs({}, 3, 5).empty());
  EXPECT_TRUE(top_pairs({}, 0, 5).empty());
  const std::vector<double> one = {0.6, -0.8, 0};
  EXPECT_TRUE(top_pairs(one, 3, 5).empty());
  const std::vector<double> two = {0.6, -0.8, 0, 0.6, -0.8, 0};
  EXPECT_EQ(top_pairs(two, 3, 5), (std::vector<CorrelatedPair>{{0, 1, 1.0}}));
  EXPECT_TRUE(top_pairs(two, 3, 0).empty());
}

// Without a look at who is first among equals, this takes 2 * 10^10 correlations.
TEST(TopPairs, ManyEqualOnesAreNotComparedWithEachOther) {
  std::size_t width = 0;
  const Cloud cloud{.count = 200'000, .features = 5, .distinct = 7};
  const auto units = units_of(means_of(cloud, 1), 5, width);
  const auto pairs = top_pairs(units, width, 100);
  ASSERT_EQ(pairs.size(), 100U);
  for (const CorrelatedPair& pair : pairs) {
    EXPECT_EQ(pair.correlation, 1.0);
    EXPECT_EQ(pair.a, 0U);
  }
  EXPECT_TRUE(std::ranges::is_sorted(pairs, comes_before));
}

}  // namespace
}  // namespace trawl::core
