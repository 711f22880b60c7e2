#include <cstdint>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "command/key_bijection.hpp"

namespace trawl::command {
namespace {

TEST(KeyBijection, HitsEveryValueOnce) {
  for (const int bits : {2, 3, 7, 16, 17}) {
    for (const std::uint64_t seed : {0u, 1u, 42u}) {
      const KeyBijection bijection(seed, bits);
      std::vector<bool> seen(std::size_t{1} << bits);
      for (std::uint64_t i = 0; i < seen.size(); ++i) {
        const std::uint64_t key = bijection(i);
        ASSERT_LT(key, seen.size());
        ASSERT_FALSE(seen[key]) << "bits " << bits << " seed " << seed << " counter " << i;
        seen[key] = true;
      }
    }
  }
}

TEST(KeyBijection, SpreadsConsecutiveCounters) {
  const KeyBijection bijection(7);
  constexpr int bins = 64;
  constexpr int keys = 64000;
  std::vector<int> counts(bins);
  for (std::uint64_t i = 0; i < keys; ++i) ++counts[bijection(i) >> 34];
  for (const int count : counts) {
    EXPECT_NEAR(count, keys / bins, 200);  // six standard deviations
  }
}

TEST(KeyBijection, DependsOnTheSeed) {
  const KeyBijection a(1), b(2);
  int equal = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) equal += a(i) == b(i);
  EXPECT_EQ(equal, 0);
}

}  // namespace
}  // namespace trawl::command
