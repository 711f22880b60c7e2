// Distributions against sorted values: what a slow twin that keeps everything says.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/distribution.hpp>

namespace trawl::core {
namespace {

using Values = std::vector<double>;
constexpr double least_normal = std::numeric_limits<double>::min();
constexpr double least_subnormal = std::numeric_limits<double>::denorm_min();

// Every finite double is as likely as every other: all exponents, both signs.
Values any_doubles(std::mt19937_64& random, std::size_t count) {
  Values values;
  while (values.size() < count) {
    const auto value = std::bit_cast<double>(random());
    if (std::isfinite(value)) values.push_back(value);
  }
  return values;
}

// Of one kind after the other.
Values values_of(std::mt19937_64& random, int kind, std::size_t count) {
  if (kind == 0) return any_doubles(random, count);
  Values values(count);
  std::normal_distribution<double> normal;
  std::uniform_int_distribution<int> few(-3, 3);
  for (double& x : values) {
    if (kind == 1) x = std::exp(3 * normal(random));
    if (kind == 2) x = normal(random);
    if (kind == 3) x = few(random) * (random() % 2 == 0 ? 1.0 : -1.0);  // both zeros
    if (kind == 4) x = few(random) * least_subnormal * static_cast<double>(random() % (1 << 20));
    if (kind == 5) x = 7.25;
  }
  return values;
}
constexpr int kinds = 6;

Distribution of(const Values& values) {
  Distribution out;
  out.add(values);
  return out;
}

std::vector<std::byte> bytes_of(const Distribution& distribution) {
  std::vector<std::byte> bytes;
  distribution.append_bytes(bytes);
  return bytes;
}

// Number ceil(percent * n / 100) in order, with numbers that cannot be rounded.
double sorted_quantile(const Values& sorted, unsigned percent) {
  std::size_t rank = 1;
  while (rank * 100 < sorted.size() * percent) ++rank;
  return sorted[rank - 1];
}

TEST(QuantileHistogram, EveryDoubleIsInItsRangeAndNearItsMiddle) {
  std::mt19937_64 random(1);
  Values values = any_doubles(random, 100000);
  for (const double edge : {0.0, -0.0, least_subnormal, least_normal, 1.0, 1.0078125,
                            std::nextafter(1.0078125, 0.0), std::numeric_limits<double>::max()}) {
    values.push_back(edge);
    values.push_back(-edge);
  }
  for (const double x : values) {
    const QuantileHistogram::Range range = QuantileHistogram::range_of(x);
    ASSERT_LE(range.low, x);
    ASSERT_GE(range.high, x);
    // The difference is exact: both numbers share all but the last bits.
    const double bound = std::abs(x) < least_normal ? 0x1p-1030 : std::abs(x) * 0x1p-8;
    ASSERT_LE(std::abs(range.middle - x), x == 0 ? 0 : bound) << x;
    for (const double end : {range.low, range.high}) {
      const QuantileHistogram::Range same = QuantileHistogram::range_of(end);
      ASSERT_TRUE(same.low == range.low && same.high == range.high) << x;
    }
  }
}

TEST(QuantileHistogram, RangesFollowEachOther) {
  double x = -std::numeric_limits<double>::max();
  for (int steps = 0; std::isfinite(x); ++steps) {
    const QuantileHistogram::Range range = QuantileHistogram::range_of(x);
    ASSERT_EQ(range.low, x);
    ASSERT_LE(range.low, range.middle);
    ASSERT_LE(range.middle, range.high);
    x = std::nextafter(range.high, std::numeric_limits<double>::infinity());
    ASSERT_LE(steps, 2 * 2048 * 128);
  }
}

TEST(Distribution, IsWhatSortedValuesSay) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 300; ++round) {
    Values values = values_of(random, round % kinds, 1 + random() % (round % 10 == 0 ? 5000 : 120));
    const Distribution d = of(values);
    std::ranges::sort(values);
    ASSERT_EQ(d.count(), values.size());
    EXPECT_EQ(d.min(), values.front());
    EXPECT_EQ(d.max(), values.back());
    EXPECT_FALSE(std::signbit(d.min()) && d.min() == 0);
    for (unsigned percent = 0; percent <= 100; ++percent) {
      const double truth = sorted_quantile(values, percent);
      const double bound = std::abs(truth) < least_normal ? 0x1p-1030 : std::abs(truth) * 0x1p-8;
      ASSERT_LE(std::abs(d.quantile(percent) - truth), truth == 0 ? 0 : bound) << percent;
    }
    for (std::uint64_t rank = 1; rank <= values.size(); rank += 1 + values.size() / 40) {
      const QuantileHistogram::Range range = d.histogram().at_rank(rank);
      ASSERT_LE(range.low, values[rank - 1]);
      ASSERT_GE(range.high, values[rank - 1]);
    }
  }
}

TEST(Distribution, OneByOneAndInBulkAreTheSameBytes) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    const Values values = values_of(random, round % kinds, random() % 700);
    Distribution slow;
    for (const double value : values) slow.add(value);
    const Distribution fast = of(values);
    ASSERT_EQ(slow, fast);
    ASSERT_EQ(bytes_of(slow), bytes_of(fast));
  }
}

// Any order, cut anywhere, merged in any tree, on the way as bytes.
TEST(Distribution, MergeLeavesNoTrace) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 200; ++round) {
    Values values = values_of(random, round % kinds, random() % 1500);
    Distribution whole = of(values);
    std::vector<Distribution> parts;
    std::ranges::shuffle(values, random);
    for (std::size_t at = 0; at < values.size();) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 400, values.size() - at);
      parts.emplace_back();
      parts.back().add(std::span(values).subspan(at, size));
      parts.back().add_nulls(size % 3);
      whole.add_nulls(size % 3);
      at += size;
    }
    parts.emplace_back();  // of nothing
    while (parts.size() > 1) {
      const std::size_t a = random() % parts.size();
      const std::vector<std::byte> sent = bytes_of(parts[a]);
      Bytes bytes = sent;
      const Distribution one = Distribution::read(bytes);
      ASSERT_TRUE(bytes.empty());
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(a));
      parts[random() % parts.size()].merge(one);
    }
    ASSERT_EQ(parts[0], whole);
    ASSERT_EQ(bytes_of(parts[0]), bytes_of(whole));
  }
}

TEST(QuantileHistogram, SubtractUndoesMerge) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 100; ++round) {
    QuantileHistogram a, b;
    a.add(values_of(random, round % kinds, random() % 300));
    b.add(values_of(random, (round / kinds) % kinds, random() % 300));
    QuantileHistogram both = a;
    both.merge(b);
    both.subtract(a);
    EXPECT_EQ(both, b);
  }
  QuantileHistogram one, two;
  one.add(1.0);
  two.add(Values{1.0, 1.0});
  EXPECT_THROW(one.subtract(two), InputError);
  EXPECT_EQ(one.count(), 1);
}

TEST(Distribution, OfNothing) {
  Distribution d;
  d.add(Values{});
  d.add_nulls(3);
  EXPECT_TRUE(std::isnan(d.min()) && std::isnan(d.max()) && std::isnan(d.quantile(50)));
  EXPECT_EQ(d.distinct(), 0);
  EXPECT_EQ(d.nulls(), 3);
}

TEST(Distribution, QuantilesOfFewValuesAreExact) {
  std::mt19937_64 random(8);
  for (int round = 0; round < 50; ++round) {
    Values values(1 + random() % 3000);
    for (double& x : values) x = static_cast<double>(random() % 200) - 80.0;  // none share a bucket
    const Distribution d = of(values);
    std::ranges::sort(values);
    for (unsigned percent = 0; percent <= 100; ++percent)
      ASSERT_EQ(d.quantile(percent), sorted_quantile(values, percent));
  }
}

TEST(Distribution, MergesWithItself) {
  Distribution d = of({1.0, 2.0, 3.0});
  d.merge(d);
  EXPECT_EQ(d, of({1.0, 1.0, 2.0, 2.0, 3.0, 3.0}));
}

TEST(DistinctCount, ExactToItsLimitAndThenNear) {
  std::mt19937_64 random(6);
  for (const std::size_t size : {1, 31, 33, 255, 256, 257, 1000, 30000}) {
    Values values = any_doubles(random, size);
    const std::set<double> truth(values.begin(), values.end());
    values.insert(values.end(), values.begin(), values.end());
    std::ranges::shuffle(values, random);
    DistinctCount count;
    count.add(values);
    EXPECT_EQ(count.exact(), truth.size() <= DistinctCount::most_exact);
    const auto n = static_cast<double>(truth.size());
    EXPECT_NEAR(static_cast<double>(count.count()), n, count.exact() ? 0 : 0.065 * n);
  }
}

TEST(Distribution, DamagedBytesAreNoDistribution) {
  std::mt19937_64 random(7);
  for (int kind = 0; kind < kinds; ++kind) {
    const std::vector<std::byte> good = bytes_of(of(values_of(random, kind, 150)));
    for (std::size_t size = 0; size < good.size(); ++size) {
      Bytes cut = Bytes(good).first(size);
      EXPECT_THROW(Distribution::read(cut), DataError);
    }
    // A changed byte is refused, or makes other canonical bytes.
    for (int round = 0; round < 2000; ++round) {
      std::vector<std::byte> bad = good;
      bad[random() % bad.size()] ^= static_cast<std::byte>(1 + random() % 255);
      Bytes bytes = bad;
      try {
        const Distribution read = Distribution::read(bytes);
        const std::vector<std::byte> again = bytes_of(read);
        ASSERT_TRUE(std::ranges::equal(again, Bytes(bad).first(bad.size() - bytes.size())));
      } catch (const DataError&) {
      }
    }
  }
}

}  // namespace
}  // namespace trawl::core
