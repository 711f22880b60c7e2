#include "command/shares.hpp"

#include <atomic>
#include <cstdint>
#include <numeric>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace trawl::command {
namespace {

TEST(ShareOf, GivesEveryItemToOnePartAndBalances) {
  const unsigned seed = 7;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::uint64_t> weights(random() % 40);
    for (auto& weight : weights) weight = random() % 1000;
    const int parts = 1 + static_cast<int>(random() % 9);
    std::multiset<std::size_t> given;
    std::uint64_t heaviest_part = 0;
    for (int part = 0; part < parts; ++part) {
      std::uint64_t load = 0;
      std::size_t before = 0;
      for (const std::size_t item : share_of(weights, parts, part)) {
        EXPECT_TRUE(load == 0 || item > before);
        before = item;
        given.insert(item);
        load += weights[item] + 1;
      }
      heaviest_part = std::max(heaviest_part, load);
    }
    ASSERT_EQ(given.size(), weights.size());
    ASSERT_EQ(std::set<std::size_t>(given.begin(), given.end()).size(), weights.size());
    // Any list schedule is within average + heaviest item.
    std::uint64_t total = 0, heaviest = 0;
    for (const auto weight : weights) {
      total += weight + 1;
      heaviest = std::max(heaviest, weight + 1);
    }
    ASSERT_LE(heaviest_part, total / static_cast<std::uint64_t>(parts) + heaviest);
  }
}

TEST(ShareOf, SpreadsItemsWithoutWeight) {
  const std::vector<std::uint64_t> weights(6, 0);
  for (int part = 0; part < 3; ++part) EXPECT_EQ(share_of(weights, 3, part).size(), 2u);
}

TEST(ForEachParallel, DoesEveryItemOnce) {
  for (const int threads : {0, 1, 2, 5}) {
    std::vector<std::atomic<int>> done(97);
    for_each_parallel(done.size(), threads, [&](std::size_t i) { ++done[i]; });
    for (const auto& count : done) ASSERT_EQ(count, 1);
  }
  for_each_parallel(0, 4, [](std::size_t) { FAIL(); });
}

TEST(ForEachParallel, HandsTheFirstExceptionBack) {
  std::atomic<int> done = 0;
  try {
    for_each_parallel(1000, 1, [&](std::size_t i) {
      if (i == 5) throw std::runtime_error("item 5");
      ++done;
    });
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()), "item 5");
  }
  EXPECT_EQ(done, 5);
  EXPECT_THROW(for_each_parallel(50, 3, [](std::size_t) { throw std::runtime_error("all"); }),
               std::runtime_error);
}

}  // namespace
}  // namespace trawl::command
