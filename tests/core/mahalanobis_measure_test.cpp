#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/stats/baseline.hpp>
#include <trawl/core/stats/mahalanobis.hpp>
#include <trawl/core/stats/mahalanobis_measure.hpp>

#include "core/tree_support.hpp"

namespace trawl::stats {
namespace {

constexpr std::size_t features = 3;

template <class Sums>
class AnyMahalanobisMeasure : public testing::Test {};
using Forms = testing::Types<core::ExactSums, core::FixedSums>;
TYPED_TEST_SUITE(AnyMahalanobisMeasure, Forms);

std::vector<double> normal_record(Rng& rng) {
  std::normal_distribution<double> normal(5, 2);
  return {normal(rng), normal(rng), normal(rng)};
}

// Every verdict beside the baseline of the records before it.
TYPED_TEST(AnyMahalanobisMeasure, IsTheDistanceFromAllRecordsBefore) {
  BasicTree<TypeParam> tree(configuration<TypeParam>(features));
  tree.set_measure(mahalanobis_measure<TypeParam>(), {.renewal_share = 0});
  core::Moments<TypeParam> before(configuration<TypeParam>(features));
  Rng rng(21);
  for (std::int64_t i = 0; i < 80; ++i) {
    const auto record = normal_record(rng);
    const Verdict verdict = tree.update(i % 7, record);
    ASSERT_EQ(verdict.judged, i >= 30) << i;
    if (verdict.judged) {
      const core::DistanceLaw law(i, features, core::BaselineKind::without_record);
      const double squared = core::Baseline(before).squared_distance(record);
      ASSERT_EQ(verdict.distance.squared, squared);
      ASSERT_EQ(verdict.distance.log_p, *law.log_p(squared));
    }
    before.add(record);
  }
}

TYPED_TEST(AnyMahalanobisMeasure, ComputesOnlySmallPValuesIfSoAsked) {
  BasicTree<TypeParam> all(configuration<TypeParam>(features)),
      few = BasicTree<TypeParam>(configuration<TypeParam>(features));
  all.set_measure(mahalanobis_measure<TypeParam>());
  few.set_measure(mahalanobis_measure<TypeParam>(0.1));
  Rng rng(22);
  int computed = 0;
  for (int i = 0; i < 500; ++i) {
    const auto record = normal_record(rng);
    const Verdict a = all.update("one", record), b = few.update("one", record);
    ASSERT_EQ(a.distance.squared, b.distance.squared);
    if (!a.judged || a.distance.log_p > std::log(0.1)) {
      ASSERT_TRUE(!a.judged || std::isnan(b.distance.log_p));
      continue;
    }
    ++computed;
    ASSERT_EQ(a.distance.log_p, b.distance.log_p);
  }
  EXPECT_GT(computed, 20);
  EXPECT_LT(computed, 90);
}

TYPED_TEST(AnyMahalanobisMeasure, SaysNothingOfRecordsThatDoNotVary) {
  BasicTree<TypeParam> tree(configuration<TypeParam>(features));
  tree.set_measure(mahalanobis_measure<TypeParam>());
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(tree.update(1, std::vector<double>{1, 2, 3}).judged);
  }
  EXPECT_THROW(mahalanobis_measure<TypeParam>(0), InputError);
  EXPECT_THROW(mahalanobis_measure<TypeParam>(1.5), InputError);
}

// The farthest there is: refused in fixed point, and still judged.
TYPED_TEST(AnyMahalanobisMeasure, JudgesValuesOutOfRange) {
  BasicTree<TypeParam> tree(configuration<TypeParam>(features));
  tree.set_measure(mahalanobis_measure<TypeParam>());
  Rng rng(23);
  for (int i = 0; i < 100; ++i) tree.update(1, normal_record(rng));
  const Verdict verdict = tree.update(1, std::vector<double>{5, 1e300, 5});
  EXPECT_TRUE(verdict.judged);
  EXPECT_EQ(verdict.refused, (std::is_same_v<TypeParam, core::FixedSums>));
  EXPECT_LT(verdict.distance.log_p, -700);
}

}  // namespace
}  // namespace trawl::stats
