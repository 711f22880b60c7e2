// update(): which baseline judges a record, and when it is made again.
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>

#include "core/tree_support.hpp"

namespace trawl::stats {
namespace {

using Row = std::vector<double>;

// Squared distance from the mean in standard deviations; of one feature, or the first.
template <class Sums>
Measure first_feature(const Node<Sums>& parent) {
  const double mean = parent.within.mean(0), sd = parent.within.standard_deviation(0);
  if (!(sd > 0)) return {};
  return [=](std::span<const double> record) {
    const double z = (record[0] - mean) / sd;
    return Distance{.squared = z * z, .log_p = -z * z / 2};
  };
}

template <class Sums>
class AnyLiveTree : public testing::Test {};
using Forms = testing::Types<core::ExactSums, core::FixedSums>;
TYPED_TEST_SUITE(AnyLiveTree, Forms);

TYPED_TEST(AnyLiveTree, JudgesByTheParentBeforeTheRecord) {
  BasicTree<TypeParam> tree(configuration<TypeParam>(1), {.levels = {"site"}});
  tree.add("a", {"1"}, Row{1, 3});
  tree.add("b", {"1"}, Row{5, 7});
  tree.add("c", {"2"}, Row{100, 200});
  tree.set_measure(first_feature<TypeParam>);
  const Verdict verdict = tree.update("a", Row{14});
  EXPECT_TRUE(verdict.judged);
  EXPECT_FALSE(verdict.refused);
  EXPECT_EQ(verdict.baseline_records, 4);
  EXPECT_EQ(verdict.baseline_entities, 2);
  EXPECT_DOUBLE_EQ(verdict.distance.squared, 15);  // (14 - 4)^2 / (20 / 3)
  EXPECT_EQ(tree.node({"1"}).within.count(), 5);
  EXPECT_EQ(tree.root().within.count(), 7);
}

TYPED_TEST(AnyLiveTree, MakesAMeasureAgainWhenRecordsHaveChangedEnough) {
  BasicTree<TypeParam> tree(configuration<TypeParam>(1));
  std::vector<std::int64_t> made_from;
  const auto make = [&](const Node<TypeParam>& parent) {
    made_from.push_back(parent.within.count());
    return first_feature(parent);
  };
  tree.set_measure(make, {.min_records = 10, .renewal_share = 0.5});
  for (int i = 0; i < 60; ++i) {
    const Verdict verdict = tree.update(1, Row{static_cast<double>(i)});
    EXPECT_EQ(verdict.judged, i >= 10) << i;
    if (verdict.judged) {
      EXPECT_EQ(verdict.baseline_records, made_from.back());
    }
  }
  EXPECT_EQ(made_from, (std::vector<std::int64_t>{10, 16, 25, 38, 58}));
  for (int i = 0; i < 40; ++i) tree.remove(1, Row{static_cast<double>(i)});
  tree.update(1, Row{1});
  EXPECT_EQ(made_from.back(), 20);
}

TYPED_TEST(AnyLiveTree, SaysWhenItCannotJudge) {
  BasicTree<TypeParam> tree(configuration<TypeParam>(1));
  EXPECT_FALSE(tree.update("new", Row{1}).judged);  // no measure
  tree.set_measure([](const Node<TypeParam>&) { return Measure(); });
  EXPECT_FALSE(tree.update("new", Row{1}).judged);  // an empty one
  tree.set_measure(first_feature<TypeParam>);
  tree.update("new", Row{2});
  const Verdict nan = tree.update("new", Row{std::nan("")});
  EXPECT_TRUE(nan.refused);
  EXPECT_FALSE(nan.judged);
  EXPECT_TRUE(tree.update("new", Row{2}).judged);
  EXPECT_EQ(tree.root().within.count(), 4);
  EXPECT_EQ(tree.root().within.refused(), 1);
  EXPECT_THROW(tree.update("new", Row{1, 2}), std::invalid_argument);
}

// Reading, or not, and settling one parent alone, must not show in any node; entities join and
// leave meanwhile, across depths.
TYPED_TEST(AnyLiveTree, NodesAreThoseOfTheRecordsWhateverIsJudged) {
  const TreeShape shape{.fanout = 2};
  BasicTree<TypeParam> tree(configuration<TypeParam>(1), shape);
  SlowTree<TypeParam> twin(1, shape);
  tree.set_measure(first_feature<TypeParam>, {.renewal_share = 0.1});
  Rng rng(9);
  for (int step = 0; step < 6000; ++step) {
    const auto id = static_cast<std::int64_t>(rng() % 40);
    if (rng() % 20 == 0 && tree.contains(id)) {
      tree.leave(id);
      twin.entities.erase(id);
    } else {
      auto& records = twin.entities[id].records;
      records.push_back(random_record(rng, 1));
      tree.update(id, records.back());
    }
    if (rng() % 400 != 0) continue;
    ASSERT_EQ(nodes_of(tree), twin.nodes()) << step;
  }
  EXPECT_EQ(nodes_of(tree), twin.nodes());
}

}  // namespace
}  // namespace trawl::stats
