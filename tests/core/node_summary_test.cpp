// Intervals: figures of another program, and how often they cover what they should.
#include <gtest/gtest.h>

#include <trawl/core/stats/mahalanobis.hpp>
#include <trawl/core/stats/node.hpp>
#include <trawl/core/stats/tails.hpp>

#include "core/tree_support.hpp"

namespace trawl::stats {
namespace {

using Row = std::vector<double>;

TEST(NodeSummary, IsEmptyOrHalfEmptyWithFewRecords) {
  Tree tree(1);
  EXPECT_TRUE(std::isnan(tree.root().summary().mean_interval(0, 2).low));
  tree.add("a", {}, Row{1, 2, 4});
  const NodeSummary one = tree.root().summary();
  EXPECT_EQ(one.records, 3);
  EXPECT_EQ(one.effective_entities, 1);
  EXPECT_EQ(one.degrees_of_freedom, 0);
  EXPECT_GT(one.features[0].independent_error, 0);
  EXPECT_TRUE(std::isnan(one.features[0].clustered_error));
  EXPECT_TRUE(std::isnan(one.mean_interval(0, 2).low));
  EXPECT_TRUE(std::isnan(one.mean_of_means_interval(0, 2).high));
}

// mean, sd and t.test of R 4.2; the clustered error by Kish's formula.
TEST(NodeSummary, OfUnequalEntitiesIsThatOfR) {
  Tree tree(1);
  tree.add("a", {}, Row{1.5, 2.25, 4, 3.75});
  tree.add("b", {}, Row{10, 12.5});
  tree.add("c", {}, Row{-1, 0.5, 2, std::nan("")});
  tree.add("d", {}, Row{6});
  tree.join("nothing");
  const NodeSummary s = tree.root().summary();
  EXPECT_EQ(s.entities, 5);
  EXPECT_EQ(s.entities_with_records, 4);
  EXPECT_EQ(s.records, 10);
  EXPECT_EQ(s.refused, 1);
  const FeatureSummary& f = s.features[0];
  EXPECT_EQ(f.refused_nan, 1);
  EXPECT_DOUBLE_EQ(f.mean, 4.15);
  EXPECT_DOUBLE_EQ(f.sd, 4.2511436369784334);
  EXPECT_DOUBLE_EQ(f.independent_error, 1.3443296553383854);
  EXPECT_DOUBLE_EQ(f.mean_of_means, 5.15625);
  EXPECT_DOUBLE_EQ(f.sd_of_means, 4.6450858890516402);
  EXPECT_DOUBLE_EQ(f.error_of_means, 2.3225429445258201);
  EXPECT_DOUBLE_EQ(s.effective_entities, 10.0 / 3);
  EXPECT_DOUBLE_EQ(f.clustered_error, 2.5442183229825224);
  const double t = core::upper_t_quantile(0.025, static_cast<double>(s.degrees_of_freedom));
  const Interval interval = s.mean_of_means_interval(0, t);
  EXPECT_NEAR(interval.low, -2.2351182126689397, 1e-12);
  EXPECT_NEAR(interval.high, 12.54761821266894, 1e-12);
}

// CR1 from its definition, with residuals, in R.
TEST(NodeSummary, OfEqualEntitiesIsClusterRobust) {
  Tree tree(1);
  tree.add(1, {}, Row{1.5, 2.25, 4});
  tree.add(2, {}, Row{10, 12.5, 9});
  tree.add(3, {}, Row{-1, 0.5, 2});
  tree.add(4, {}, Row{6, 7, 7.5});
  const NodeSummary s = tree.root().summary();
  EXPECT_DOUBLE_EQ(s.features[0].mean, 5.104166666666667);
  EXPECT_DOUBLE_EQ(s.features[0].clustered_error, 2.229685817013821);
}

// n entities of `records` records: their own means N(0, between), records N(mean, 1).
Tree clusters(Rng& rng, std::size_t features, int entities, int records, double between) {
  std::normal_distribution<double> normal;
  Tree tree(features);
  for (std::int64_t id = 0; id < entities; ++id) {
    Row mean(features);
    for (double& m : mean) m = between * normal(rng);
    // Some entities have three times as many records as others.
    for (int i = 0; i < records * (id % 2 == 0 ? 3 : 1); ++i) {
      Row record;
      for (const double m : mean) record.push_back(m + normal(rng));
      tree.add(id, {}, record);
    }
  }
  return tree;
}

double share(int count, int trials) {
  return count / static_cast<double>(trials);
}

TEST(NodeSummary, IntervalsOfClusteredRecordsCoverTheMean) {
  Rng rng(11);
  const int trials = 1500, entities = 12;
  const double t = core::upper_t_quantile(0.025, entities - 1);
  int of_mean = 0, of_means = 0, independent = 0;
  for (int trial = 0; trial < trials; ++trial) {
    auto tree = clusters(rng, 1, entities, 4, 1);
    const NodeSummary s = tree.root().summary();
    ASSERT_EQ(s.degrees_of_freedom, entities - 1);
    const Interval mean = s.mean_interval(0, t), means = s.mean_of_means_interval(0, t);
    of_mean += mean.low <= 0 && 0 <= mean.high;
    of_means += means.low <= 0 && 0 <= means.high;
    independent += std::abs(s.features[0].mean) <= 1.96 * s.features[0].independent_error;
  }
  // Standard error of a share of 0.95 in 1500 trials: 0.0056.
  EXPECT_NEAR(share(of_means, trials), 0.95, 0.02);
  EXPECT_NEAR(share(of_mean, trials), 0.95, 0.02);
  EXPECT_LT(share(independent, trials), 0.7);  // why it is not used
}

TEST(NodeSummary, SimultaneousIntervalsCoverAllFeatures) {
  Rng rng(12);
  const int trials = 600, entities = 14;
  const std::size_t features = 3;
  const double quantile = std::sqrt(core::upper_hotelling_quantile(0.05, entities, features));
  int all = 0;
  for (int trial = 0; trial < trials; ++trial) {
    auto tree = clusters(rng, features, entities, 2, 2);
    const NodeSummary s = tree.root().summary();
    bool covered = true;
    for (std::size_t i = 0; i < features; ++i) {
      const Interval interval = s.mean_of_means_interval(i, quantile);
      covered &= interval.low <= 0 && 0 <= interval.high;
    }
    all += covered;
  }
  EXPECT_GE(share(all, trials), 0.94);  // at least 0.95, but for chance
}

}  // namespace
}  // namespace trawl::stats
