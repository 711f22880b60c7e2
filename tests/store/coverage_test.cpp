// Coverages against sets of numbers; plans of merges.
#include <algorithm>
#include <functional>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <trawl/base/error.hpp>
#include <trawl/store/state_merge.hpp>

namespace trawl::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string dataset(std::uint64_t number) {
  return fmt::format("{:032x}", number);
}

Coverage cover(std::initializer_list<CoveredRange> ranges) {
  Coverage out;
  for (const CoveredRange& range : ranges) out.add(range);
  return out;
}

// The slow twin: every row group by itself.
using Set = std::set<std::pair<std::string, std::uint64_t>>;

Set set_of(const Coverage& coverage) {
  Set out;
  for (const CoveredRange& range : coverage.ranges()) {
    for (std::uint64_t group = range.begin; group < range.end; ++group)
      out.emplace(range.dataset, group);
  }
  return out;
}

Coverage coverage_of(const Set& set) {
  Coverage out;
  for (const auto& [name, group] : set) out.add({name, group, group + 1});
  return out;
}

Set random_set(std::mt19937_64& random) {
  Set out;
  const std::size_t count = random() % 12;
  for (std::size_t i = 0; i < count; ++i) out.emplace(dataset(random() % 3), random() % 8);
  return out;
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Coverage, AgreesWithSets) {
  std::mt19937_64 random(1);
  std::size_t refused = 0;
  for (int round = 0; round < 5000; ++round) {
    const Set a = random_set(random), b = random_set(random);
    Coverage x = coverage_of(a);
    const Coverage y = coverage_of(b);
    Set both, all = a;
    std::ranges::set_intersection(a, b, std::inserter(both, both.end()));
    all.insert(b.begin(), b.end());
    ASSERT_EQ(set_of(x), a);
    ASSERT_EQ(x.row_groups(), a.size());
    ASSERT_EQ(set_of(x.intersection(y)), both);
    ASSERT_EQ(x.contains(y), both == b);
    ASSERT_EQ(Coverage::from_bytes(x.to_bytes()), x);
    ASSERT_EQ(x == y, a == b);
    if (both.empty()) {
      x.add(y);
      ASSERT_EQ(set_of(x), all);
      ASSERT_EQ(x.to_bytes(), coverage_of(all).to_bytes());
    } else {
      ++refused;
      ASSERT_THROW(x.add(y), InputError);
      ASSERT_EQ(set_of(x), a);
    }
  }
  EXPECT_GT(refused, 500u);
}

TEST(Coverage, RefusesWhatIsNone) {
  Coverage coverage;
  EXPECT_THROW(coverage.add({"0123", 0, 1}), InputError);
  EXPECT_THROW(coverage.add({std::string(32, 'A'), 0, 1}), InputError);
  EXPECT_THROW(coverage.add({dataset(1), 2, 1}), InputError);
  coverage.add({dataset(1), 2, 2});
  EXPECT_TRUE(coverage.empty());
}

TEST(Coverage, BytesHaveOneForm) {
  const auto bytes_with = [](std::initializer_list<CoveredRange> ranges) {
    std::vector<std::byte> out;
    for (const CoveredRange& range : ranges) {
      const std::vector<std::byte> one = cover({range}).to_bytes();
      out.insert(out.end(), one.begin(), one.end());
    }
    return out;
  };
  EXPECT_NO_THROW(Coverage::from_bytes(bytes_with({{dataset(1), 0, 1}, {dataset(1), 2, 3}})));
  EXPECT_THROW(Coverage::from_bytes(bytes_with({{dataset(1), 0, 1}, {dataset(1), 1, 2}})),
               DataError);
  EXPECT_THROW(Coverage::from_bytes(bytes_with({{dataset(1), 2, 3}, {dataset(1), 0, 1}})),
               DataError);
  EXPECT_THROW(Coverage::from_bytes(bytes_with({{dataset(2), 0, 1}, {dataset(1), 0, 1}})),
               DataError);
  std::vector<std::byte> cut = bytes_with({{dataset(1), 0, 1}});
  cut.pop_back();
  EXPECT_THROW(Coverage::from_bytes(cut), DataError);
}

MergeInput input(std::string name, Coverage coverage, std::string digest = "d") {
  return {std::move(name), "stats", R"({"features":["a"]})", std::move(digest),
          std::move(coverage)};
}

TEST(MergePlan, TakesWhatIsDisjointInOneOrder) {
  std::vector<MergeInput> inputs = {input("small", cover({{dataset(1), 0, 1}})),
                                    input("large", cover({{dataset(1), 1, 9}})),
                                    input("nothing", {})};
  EXPECT_THAT(plan_merge(inputs).order, ElementsAre(1, 0, 2));
  std::swap(inputs[0], inputs[2]);
  const MergePlan plan = plan_merge(inputs);
  EXPECT_THAT(plan.order, ElementsAre(1, 2, 0));
  EXPECT_EQ(plan.coverage, cover({{dataset(1), 0, 9}}));
}

TEST(MergePlan, NamesEveryConflict) {
  const std::vector<MergeInput> inputs = {
      input("a.h5", cover({{dataset(1), 0, 4}})), input("b.h5", cover({{dataset(1), 2, 5}})),
      input("c.h5", cover({{dataset(2), 0, 2}})), input("d.h5", cover({{dataset(2), 1, 2}}))};
  for (const Overlap overlap : {Overlap::refuse, Overlap::ignore}) {
    const std::string error = error_of([&] { plan_merge(inputs, overlap); });
    EXPECT_THAT(error, HasSubstr("b.h5 and a.h5: dataset " + dataset(1) + ", row groups [2, 4)"));
    const std::string whole = "d.h5 and c.h5: dataset " + dataset(2) + ", row groups [1, 2)";
    EXPECT_EQ(error.find(whole) != std::string::npos, overlap == Overlap::refuse) << error;
  }
}

TEST(MergePlan, IgnoresWhatOthersCoverWholly) {
  const std::vector<MergeInput> inputs = {input("both", cover({{dataset(1), 3, 5}})),
                                          input("left", cover({{dataset(1), 0, 4}})),
                                          input("right", cover({{dataset(1), 4, 8}})),
                                          input("left again", cover({{dataset(1), 0, 4}}))};
  EXPECT_THROW(plan_merge(inputs), InputError);
  const MergePlan plan = plan_merge(inputs, Overlap::ignore);
  EXPECT_THAT(plan.order, ElementsAre(1, 2));
  ASSERT_EQ(plan.skipped.size(), 2u);
  EXPECT_EQ(plan.skipped[0].input, 3u);
  EXPECT_THAT(plan.skipped[0].covered_by, ElementsAre(1));
  EXPECT_EQ(plan.skipped[1].input, 0u);
  EXPECT_THAT(plan.skipped[1].covered_by, ElementsAre(1, 2));
}

TEST(MergePlan, RefusesOneCoverageWithTwoResults) {
  const std::vector<MergeInput> inputs = {input("a", cover({{dataset(1), 0, 4}}), "x"),
                                          input("b", cover({{dataset(1), 0, 4}}), "y")};
  EXPECT_THAT(error_of([&] { plan_merge(inputs, Overlap::ignore); }), HasSubstr("different sums"));
}

TEST(MergePlan, RefusesStatesOfAnotherKind) {
  std::vector<MergeInput> inputs = {input("a.h5", {}), input("b.h5", {})};
  EXPECT_THROW(plan_merge({}), InputError);
  inputs[1].configuration = R"({"fanout":10,"features":["b"]})";
  EXPECT_THAT(error_of([&] { plan_merge(inputs); }),
              HasSubstr(R"(a.h5 and b.h5 (features: ["a"] and ["b"]; fanout: nothing and 10))"));
  inputs[1].kind = "evidence";
  EXPECT_THAT(error_of([&] { plan_merge(inputs); }), HasSubstr("(stats and evidence)"));
}

}  // namespace
}  // namespace trawl::store
