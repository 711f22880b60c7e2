#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include <trawl/fold/plan.hpp>

namespace trawl::fold {
namespace {

using Random = std::mt19937_64;

std::vector<Work> random_work(Random& random) {
  std::vector<Work> work;
  for (std::uint64_t dataset = 0; dataset < random() % 12; ++dataset) {
    std::uint64_t at = random() % 3;
    for (std::uint64_t pieces = random() % 3; pieces > 0; --pieces) {
      const std::uint64_t end = at + 1 + random() % 40;
      work.push_back({dataset, at, end, random() % 1000});
      at = end + 1 + random() % 3;
    }
  }
  return work;
}

// Every row group by itself, in order.
std::vector<std::pair<std::uint64_t, std::uint64_t>> groups_of(std::span<const Work> work) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> groups;
  for (const Work& piece : work) {
    for (std::uint64_t group = piece.begin; group < piece.end; ++group)
      groups.emplace_back(piece.dataset, group);
  }
  return groups;
}

std::vector<Work> joined(const std::vector<std::vector<Work>>& shares) {
  std::vector<Work> all;
  for (const auto& share : shares) all.insert(all.end(), share.begin(), share.end());
  return all;
}

TEST(Plan, SharesTogetherAreTheWorkForAnyNumberOfRanks) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Random random(seed);
    const auto work = random_work(random);
    for (const int ranks : {1, 2, 3, 4, 7, 8, 100}) {
      const auto shares = assign(work, ranks);
      ASSERT_EQ(shares.size(), static_cast<std::size_t>(ranks));
      ASSERT_EQ(groups_of(joined(shares)), groups_of(work))
          << "seed " << seed << ", ranks " << ranks;
    }
  }
}

TEST(Plan, SharesAreEvenUpToOneRowGroupAndTheSlack) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Random random(seed);
    auto work = random_work(random);
    std::uint64_t total = 0, heaviest = 1;
    for (Work& piece : work) {
      piece.weight = std::max<std::uint64_t>(piece.weight, 1);
      total += piece.weight * piece.groups();
      heaviest = std::max(heaviest, piece.weight);
    }
    for (const int ranks : {2, 3, 4, 8}) {
      for (const auto& share : assign(work, ranks)) {
        std::uint64_t weight = 0;
        for (const Work& piece : share) weight += piece.weight * piece.groups();
        const double fair = static_cast<double>(total) / ranks;
        ASSERT_LE(static_cast<double>(weight), fair * 1.05 + 2 * static_cast<double>(heaviest))
            << "seed " << seed;
      }
    }
  }
}

TEST(Plan, OneDatasetIsSharedAndManyEqualOnesStayWhole) {
  for (const auto& share : assign(std::vector<Work>{{0, 0, 16, 100}}, 4))
    EXPECT_EQ(count_groups(share), 4u);
  std::vector<Work> many;
  for (std::uint64_t dataset = 0; dataset < 8; ++dataset)
    many.push_back({dataset, 0, 16, 100 + dataset % 2});
  for (const auto& share : assign(many, 4)) {
    for (const Work& piece : share)
      EXPECT_EQ(piece.groups(), 16u) << "a dataset was cut although whole ones balance";
  }
}

TEST(Plan, SplitTakeAndSubtractLoseNothing) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Random random(seed);
    const auto work = random_work(random);
    const std::uint64_t size = 1 + random() % 10;
    const auto pieces = split(work, size);
    ASSERT_EQ(groups_of(pieces), groups_of(work));
    for (const Work& piece : pieces) ASSERT_LE(piece.groups(), size);

    const Prefix prefix = take(work, random() % (count_groups(work) + 2));
    ASSERT_EQ(groups_of(joined({prefix.first, prefix.rest})), groups_of(work));

    auto finished = pieces;
    std::shuffle(finished.begin(), finished.end(), random);
    finished.resize(finished.size() / 2);
    auto both = groups_of(joined({subtract(work, finished), finished}));
    std::sort(both.begin(), both.end());
    ASSERT_EQ(both, groups_of(work)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace trawl::fold
