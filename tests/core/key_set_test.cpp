#include <limits>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "core/scan_support.hpp"

namespace trawl::core {
namespace {

TEST(KeySet, IntegersAnswerLikeStdSet) {
  std::mt19937_64 rng(3);
  for (const std::size_t count : {0u, 1u, 2u, 3u, 7u, 64u, 100u, 1000u}) {
    std::vector<std::int64_t> keys;
    for (std::size_t i = 0; i < count; ++i)
      keys.push_back(static_cast<std::int64_t>(rng() % 1500) - 700);
    if (count > 2)
      keys.insert(keys.end(), {std::numeric_limits<std::int64_t>::min(),
                               std::numeric_limits<std::int64_t>::max()});
    const std::set<std::int64_t> expected(keys.begin(), keys.end());
    const test::OwnedKeys owned(keys, 0.01);
    ASSERT_EQ(owned.set().size(), expected.size());
    EXPECT_FALSE(owned.set().holds_text());
    for (std::int64_t key = -900; key < 900; ++key)
      ASSERT_EQ(owned.set().contains(key), expected.contains(key)) << key;
    for (const std::int64_t key : keys) ASSERT_TRUE(owned.set().contains(key));
    for (int i = 0; i < 500; ++i) {
      const std::int64_t min = static_cast<std::int64_t>(rng() % 1600) - 800;
      const std::int64_t max = min + static_cast<std::int64_t>(rng() % 20) - 5;
      const auto first = expected.lower_bound(min);
      ASSERT_EQ(owned.set().any_between(min, max), first != expected.end() && *first <= max)
          << min << " .. " << max;
    }
  }
}

TEST(KeySet, TextAnswersLikeStdSet) {
  std::mt19937_64 rng(4);
  const auto random_text = [&] {
    std::string text;
    for (std::size_t i = rng() % 4; i > 0; --i) text += "ab\xff\0"[rng() % 4];
    return text;
  };
  for (const std::size_t count : {0u, 1u, 2u, 5u, 30u}) {
    std::set<std::string> keys;
    for (std::size_t i = 0; i < count; ++i) keys.insert(random_text());
    const test::OwnedKeys owned(keys, 0.01);
    EXPECT_TRUE(owned.set().holds_text());
    ASSERT_EQ(owned.set().size(), keys.size());
    for (int i = 0; i < 500; ++i) {
      const std::string a = random_text(), b = random_text();
      ASSERT_EQ(owned.set().contains(a), keys.contains(a));
      const auto first = keys.lower_bound(a);
      ASSERT_EQ(owned.set().any_between(a, b), first != keys.end() && *first <= b);
      ASSERT_EQ(owned.set().any_between(a, std::nullopt), first != keys.end());
    }
  }
}

}  // namespace
}  // namespace trawl::core
