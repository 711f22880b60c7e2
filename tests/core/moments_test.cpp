// Moments of both forms against themselves: other orders, blocks, merges, instruction sets.
#include <bit>
#include <cfenv>
#include <string>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/moments.hpp>
#include <trawl/core/scan_program.hpp>

#include "core/moments_support.hpp"

namespace trawl::core {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class M>
M nothing(std::size_t features) {
  if constexpr (std::is_same_v<M, ExactMoments>) {
    return M(features);
  } else {
    std::vector<int> units;
    for (std::size_t i = 0; i < features; ++i) units.push_back(-20 + static_cast<int>(i % 3));
    return M(units);
  }
}

template <class M>
M moments_of(std::size_t features, std::span<const double> rows) {
  M moments = nothing<M>(features);
  moments.add(rows);
  return moments;
}

// The slow twin: one record at a time, in integers only.
template <class M>
M one_by_one(std::size_t features, std::span<const double> rows) {
  M moments = nothing<M>(features);
  for (; !rows.empty(); rows = rows.subspan(features)) moments.add(rows.first(features));
  return moments;
}

// A mean that is above the middle of two doubles by one part in 2^126. Sums with 4 and 5 words.
TEST(ExactMoments, MeansSeeTheLastBitOfTheirSum) {
  for (const double sign : {1.0, -1.0, 0x1p-18, -0x1p-18}) {
    ExactMoments moments(1);
    moments.add(std::vector<double>{sign * 0x1.8p126, sign * 0x1.8p73});
    moments.add(std::vector<double>{0.0});
    EXPECT_EQ(moments.mean(0), sign * 0x1p125);
    moments.subtract(std::vector<double>{0.0});
    moments.add(std::vector<double>{sign});
    EXPECT_EQ(moments.mean(0), sign * (0x1p125 + 0x1p73));
  }
}

template <class M>
class AnyMoments : public testing::Test {};
using Forms = testing::Types<ExactMoments, FixedMoments>;
TYPED_TEST_SUITE(AnyMoments, Forms);

// Under every instruction set; gtest has no typed tests with values.
template <class F>
void on_every_target(const F& test) {
  for (const std::string& target : kernel_targets()) {
    SCOPED_TRACE(target);
    force_kernel_target(target);
    test();
  }
  force_kernel_target("");
}

TYPED_TEST(AnyMoments, BulkIsOneByOne) {
  on_every_target([] {
    Rng rng(31);
    for (int kind = 0; kind <= number_kinds; ++kind) {
      for (const std::size_t rows : {1, 15, 16, 64, 65, 300, 2500}) {
        const std::size_t features = 1 + rng() % 5;
        Table table = random_table(rng, kind, features, rows);
        if (kind == number_kinds) table[rng() % features][rng() % rows] = std::nan("");
        const auto records = rows_of(table);
        const auto bytes = one_by_one<TypeParam>(features, records).to_bytes();
        ASSERT_EQ(moments_of<TypeParam>(features, records).to_bytes(), bytes)
            << kind << " " << rows;
        auto columns = nothing<TypeParam>(features);
        columns.add_columns(spans_of(table));
        ASSERT_EQ(columns.to_bytes(), bytes) << kind << " " << rows;
      }
    }
  });
}

// Slices as large as they may be; twice, since what one instruction set leaves behind must not
// matter to the next.
TYPED_TEST(AnyMoments, FillTheRoomOfTheLanes) {
  Rng rng(38);
  for (const int bits : {22, 23}) {
    std::vector<double> values = full_slices(rng, bits, 4000);
    const double top = std::ldexp(1.0, 3 * bits);
    for (double& value : values) value *= 0x1p20 / top;
    const auto bytes = one_by_one<TypeParam>(1, values).to_bytes();
    for (int round = 0; round < 2; ++round) {
      on_every_target([&] { ASSERT_EQ(moments_of<TypeParam>(1, values).to_bytes(), bytes); });
    }
  }
}

TYPED_TEST(AnyMoments, DoNotDependOnOrderSplitOrMerge) {
  Rng rng(32);
  const std::size_t features = 4, rows = 3000;
  for (int kind = 0; kind <= number_kinds; ++kind) {
    Table table = random_table(rng, kind, features, rows);
    table[1][77] = infinity;
    const auto bytes = moments_of<TypeParam>(features, rows_of(table)).to_bytes();
    for (int trial = 0; trial < 5; ++trial) {
      const auto seed = rng();
      for (auto& column : table) std::shuffle(column.begin(), column.end(), Rng(seed));
      std::vector<TypeParam> parts;
      for (std::size_t begin = 0; begin < rows;) {
        const std::size_t end = std::min<std::size_t>(begin + 1 + rng() % 1500, rows);
        parts.push_back(moments_of<TypeParam>(features, rows_of(table, begin, end)));
        begin = end;
      }
      std::shuffle(parts.begin(), parts.end(), rng);
      auto all = nothing<TypeParam>(features);
      for (const auto& part : parts) all.merge(part);
      ASSERT_EQ(all.to_bytes(), bytes) << kind << " " << trial;
    }
  }
}

TYPED_TEST(AnyMoments, RecordsThatLeaveLeaveNoTrace) {
  Rng rng(33);
  const std::size_t features = 3;
  for (int kind = 0; kind <= number_kinds; ++kind) {
    const auto keep = rows_of(random_table(rng, kind, features, 500));
    Table leaving = random_table(rng, number_kinds, features, 700);
    leaving[0][3] = -infinity;
    leaving[2][3] = leaving[2][4] = std::nan("");
    const auto leave = rows_of(leaving);
    const auto kept = moments_of<TypeParam>(features, keep);

    auto by_rows = kept;
    by_rows.add(leave);
    by_rows.subtract(leave);
    EXPECT_EQ(by_rows.to_bytes(), kept.to_bytes()) << kind;

    auto by_columns = kept;
    by_columns.add(leave);
    by_columns.subtract_columns(spans_of(leaving));
    EXPECT_EQ(by_columns.to_bytes(), kept.to_bytes()) << kind;

    auto by_state = moments_of<TypeParam>(features, leave);
    by_state.merge(kept);
    by_state.subtract(moments_of<TypeParam>(features, leave));
    EXPECT_EQ(by_state.to_bytes(), kept.to_bytes()) << kind;
  }
}

// 10,000 random moves of records between groups: the union stays as it was.
TYPED_TEST(AnyMoments, MovesBetweenGroupsDoNotChangeTheirUnion) {
  Rng rng(34);
  const std::size_t features = 2, records = 100, groups = 7;
  const auto rows = rows_of(random_table(rng, number_kinds, features, records));
  const auto record = [&](std::size_t i) {
    return std::span(rows).subspan(i * features, features);
  };
  const auto whole = moments_of<TypeParam>(features, rows).to_bytes();
  std::vector<TypeParam> group(groups, nothing<TypeParam>(features));
  std::vector<std::size_t> home(records, 0);
  for (std::size_t i = 0; i < records; ++i) group[0].add(record(i));
  for (int move = 0; move < 10'000; ++move) {
    const std::size_t i = rng() % records, to = rng() % groups;
    group[home[i]].subtract(record(i));
    group[to].add(record(i));
    home[i] = to;
  }
  auto all = nothing<TypeParam>(features);
  for (const auto& one : group) all.merge(one);
  EXPECT_EQ(all.to_bytes(), whole);
}

TYPED_TEST(AnyMoments, RefuseWholeRecordsAndCountThem) {
  const double nan = std::nan("");
  std::vector<double> rows;
  for (int i = 0; i < 40; ++i) rows.insert(rows.end(), {1.0 * i, 2.0 * i, -1.0 * i});
  const auto clean = moments_of<TypeParam>(3, rows);
  rows.insert(rows.begin() + 30, {nan, infinity, 1.0, 5.0, -infinity, nan, 0.0, 0.0, -infinity});
  const auto moments = moments_of<TypeParam>(3, rows);
  EXPECT_EQ(moments.count(), 40);
  EXPECT_EQ(moments.refused(), 3);
  EXPECT_EQ(moments.refused_values(0), (RefusedValues{1, 0, 0}));
  EXPECT_EQ(moments.refused_values(1), (RefusedValues{0, 1, 1}));
  EXPECT_EQ(moments.refused_values(2), (RefusedValues{1, 1, 0}));
  EXPECT_EQ(moments.covariance_matrix(), clean.covariance_matrix());
  EXPECT_NE(moments.to_bytes(), clean.to_bytes());
}

TYPED_TEST(AnyMoments, AreNanWhereThereAreNone) {
  auto moments = nothing<TypeParam>(2);
  EXPECT_TRUE(std::isnan(moments.mean(0)));
  moments.add(std::vector{3.0, 4.0});
  EXPECT_EQ(moments.mean(1), 4.0);
  EXPECT_TRUE(std::isnan(moments.variance(0)));
  EXPECT_TRUE(std::isnan(moments.standard_deviation(0)));
  EXPECT_EQ(moments.variance(0, 0), 0.0);
  moments.add(std::vector{3.0, 8.0});
  EXPECT_EQ(moments.variance(0), 0.0);
  EXPECT_EQ(moments.variance(1), 8.0);
  EXPECT_TRUE(std::isnan(moments.correlation(0, 1)));  // feature 0 does not vary
  EXPECT_EQ(moments.correlation(1, 1), 1.0);
}

TYPED_TEST(AnyMoments, TakeAsManyFeaturesAsTheySay) {
  Rng rng(35);
  const Table table = random_table(rng, 0, max_features, 200);
  const auto rows = rows_of(table);
  const auto moments = moments_of<TypeParam>(max_features, rows);
  EXPECT_EQ(moments.to_bytes(), one_by_one<TypeParam>(max_features, rows).to_bytes());
  const auto matrix = moments.covariance_matrix(), correlations = moments.correlation_matrix();
  for (const std::size_t i : {0, 17, 63}) {
    for (const std::size_t j : {0, 5, 63}) {
      EXPECT_EQ(matrix[i * max_features + j], moments.covariance(i, j));
      EXPECT_EQ(correlations[i * max_features + j], moments.correlation(j, i));
    }
  }
  EXPECT_THROW(nothing<TypeParam>(0), InputError);
  EXPECT_THROW(nothing<TypeParam>(max_features + 1), InputError);
  auto other = nothing<TypeParam>(3);
  EXPECT_THROW(other.merge(moments), InputError);
}

TYPED_TEST(AnyMoments, DoNotTrustTheFloatEnvironment) {
  Rng rng(36);
  const auto rows = rows_of(random_table(rng, 7, 3, 400));
  const auto expected = moments_of<TypeParam>(3, rows);
  const auto matrix = expected.covariance_matrix();
  for (const int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    std::fesetround(mode);
    const auto moments = moments_of<TypeParam>(3, rows);
    const auto rounded = moments.covariance_matrix();
    std::fesetround(FE_TONEAREST);
    EXPECT_EQ(moments.to_bytes(), expected.to_bytes());
    EXPECT_EQ(rounded, matrix);
  }
}

TYPED_TEST(AnyMoments, BytesComeBackOrAreRefused) {
  Rng rng(37);
  int accepted = 0, refused = 0;
  for (int trial = 0; trial < 4000; ++trial) {
    const std::size_t features = 1 + rng() % 2;
    Table table = random_table(rng, number_kinds, features, rng() % 4 + 1);
    if (rng() % 4 == 0) table[0][0] = infinity;
    auto bytes = moments_of<TypeParam>(features, rows_of(table)).to_bytes();
    ASSERT_EQ(TypeParam::from_bytes(bytes).to_bytes(), bytes);
    for (int change = 0; change < 2; ++change) {
      bytes[rng() % std::min<std::size_t>(bytes.size(), change == 0 ? 999 : 40)] =
          std::byte{static_cast<unsigned char>(rng() % 5 * 63)};
    }
    if (rng() % 5 == 0) bytes.resize(rng() % (bytes.size() + 8));
    try {
      const auto read = TypeParam::from_bytes(bytes);
      ASSERT_EQ(read.to_bytes(), bytes);
      (void)read.correlation(0, 0);
      (void)read.mean(0);
      (void)read.standard_deviation(0);
      ++accepted;
    } catch (const DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(accepted, 50);
  EXPECT_GT(refused, 200);
}

template <class M>
M nothing_of_own(std::size_t features) {
  auto configuration = nothing<M>(features).configuration();
  configuration.products = ProductSums::own;
  return M(configuration);
}

TYPED_TEST(AnyMoments, OwnProductsGiveTheSameMeansAndDeviations) {
  on_every_target([] {
    Rng rng(41);
    for (int kind = 0; kind <= number_kinds; ++kind) {
      for (const std::size_t rows : {1, 2, 16, 65, 1500}) {
        const std::size_t features = 1 + rng() % 5;
        Table table = random_table(rng, kind, features, rows);
        if (kind == number_kinds) table[rng() % features][rng() % rows] = std::nan("");
        const auto records = rows_of(table);
        const auto all = moments_of<TypeParam>(features, records);
        auto own = nothing_of_own<TypeParam>(features);
        own.add(records);
        ASSERT_EQ(own.count(), all.count());
        ASSERT_EQ(own.refused(), all.refused());
        for (std::size_t i = 0; i < features; ++i) {
          const auto bits = [](double value) { return std::bit_cast<std::uint64_t>(value); };
          ASSERT_EQ(bits(own.mean(i)), bits(all.mean(i))) << kind << " " << rows;
          ASSERT_EQ(bits(own.variance(i)), bits(all.variance(i))) << kind << " " << rows;
          ASSERT_EQ(bits(own.standard_deviation(i)), bits(all.standard_deviation(i)));
        }
      }
    }
  });
}

TYPED_TEST(AnyMoments, OwnProductsAreASummaryAndAGroup) {
  Rng rng(42);
  const std::size_t features = 4;
  const auto few = rows_of(random_table(rng, number_kinds, features, 7));
  const auto many = rows_of(random_table(rng, number_kinds, features, 900));
  auto all = nothing_of_own<TypeParam>(features), parts = all, bulk = all;
  for (const auto& rows : {few, many}) {
    bulk.add(rows);
    auto part = nothing_of_own<TypeParam>(features);
    for (std::span<const double> rest = rows; !rest.empty(); rest = rest.subspan(features)) {
      all.add(rest.first(features));
      part.add(rest.first(features));
    }
    parts.merge(part);
  }
  EXPECT_EQ(all, bulk);
  EXPECT_EQ(all, parts);
  EXPECT_EQ(TypeParam::from_bytes(all.to_bytes()), all);
  EXPECT_EQ(TypeParam::from_bytes(all.to_bytes()).products(), ProductSums::own);
  EXPECT_LT(all.to_bytes().size(), moments_of<TypeParam>(features, many).to_bytes().size());
  parts.subtract(few);
  parts.subtract(many);
  EXPECT_EQ(parts, nothing_of_own<TypeParam>(features));
}

TYPED_TEST(AnyMoments, OwnProductsHaveNoCovariances) {
  auto own = nothing_of_own<TypeParam>(2);
  const auto all = nothing<TypeParam>(2);
  own.add(std::vector<double>{1, 2, 3, 5});
  EXPECT_THROW(own.covariance(0, 1), std::logic_error);
  EXPECT_THROW(own.correlation(1, 0), std::logic_error);
  EXPECT_THROW(own.covariance_matrix(), std::logic_error);
  EXPECT_THROW(own.merge(all), InputError);
  EXPECT_EQ(own.covariance(1, 1), 4.5);
}

}  // namespace
}  // namespace trawl::core
