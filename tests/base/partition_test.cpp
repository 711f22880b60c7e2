#include <algorithm>
#include <limits>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include <trawl/base/partition.hpp>

namespace trawl {
namespace {

__extension__ typedef __int128 int128;

TEST(Slice, TilesEvenlyAndKnowsTheOwner) {
  for (std::uint64_t count = 0; count < 60; ++count) {
    for (int parts = 1; parts < 20; ++parts) {
      std::uint64_t next = 0;
      for (int part = 0; part < parts; ++part) {
        const Slice s = slice(count, parts, part);
        ASSERT_EQ(s.begin, next);
        ASSERT_GE(s.size(), count / static_cast<std::uint64_t>(parts));
        ASSERT_LE(s.size(), count / static_cast<std::uint64_t>(parts) + 1);
        for (std::uint64_t item = s.begin; item < s.end; ++item)
          ASSERT_EQ(owner(count, parts, item), part);
        next = s.end;
      }
      ASSERT_EQ(next, count);
    }
  }
}

TEST(Slice, HoldsForHugeCounts) {
  const std::uint64_t count = std::numeric_limits<std::uint64_t>::max();
  for (const int parts : {1, 2, 3, 1000, std::numeric_limits<int>::max()}) {
    EXPECT_EQ(slice(count, parts, 0).begin, 0u);
    EXPECT_EQ(slice(count, parts, parts - 1).end, count);
    for (const int part : {0, parts / 2, parts - 1}) {
      const Slice s = slice(count, parts, part);
      EXPECT_EQ(owner(count, parts, s.begin), part);
      EXPECT_EQ(owner(count, parts, s.end - 1), part);
    }
  }
}

// Offsets tile the items, and each slice is within one item of its fair share (exact, in
// parts-ths).
void expect_fair(const std::vector<std::uint64_t>& weights, int parts, unsigned seed) {
  const auto offsets = cut_by_weight(weights, parts);
  ASSERT_EQ(offsets.size(), static_cast<std::size_t>(parts) + 1) << seed;
  ASSERT_EQ(offsets.front(), 0u) << seed;
  ASSERT_EQ(offsets.back(), weights.size()) << seed;
  ASSERT_TRUE(std::is_sorted(offsets.begin(), offsets.end())) << seed;
  int128 total = 0, largest = 0;
  for (const std::uint64_t w : weights) {
    total += w;
    largest = std::max<int128>(largest, w);
  }
  for (std::size_t p = 0; p + 1 < offsets.size(); ++p) {
    int128 weight = 0;
    for (std::uint64_t i = offsets[p]; i < offsets[p + 1]; ++i) weight += weights[i];
    const int128 off = weight * parts - total;
    ASSERT_LE(off < 0 ? -off : off, largest * parts) << "seed " << seed << " slice " << p;
  }
}

TEST(CutByWeight, RandomWeightsAreCutFairly) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<std::uint64_t> weights(random() % 40);
    const std::uint64_t kind = random() % 4;
    for (std::uint64_t& w : weights) {
      w = kind == 0   ? random() % 3
          : kind == 1 ? random()  // sums beyond 64 bits
          : kind == 2 ? (random() % 8 == 0 ? 1'000'000 : random() % 10)
                      : 1;
    }
    expect_fair(weights, 1 + static_cast<int>(random() % 20), seed);
  }
}

TEST(CutByWeight, EqualWeightsThatDivideAreEqualSlices) {
  EXPECT_EQ(cut_by_weight(std::vector<std::uint64_t>(12, 7), 4),
            (std::vector<std::uint64_t>{0, 3, 6, 9, 12}));
}

TEST(CutByWeight, WithoutWeightItCutsByNumber) {
  EXPECT_EQ(cut_by_weight(std::vector<std::uint64_t>(4, 0), 2),
            (std::vector<std::uint64_t>{0, 2, 4}));
  EXPECT_EQ(cut_by_weight({}, 3), (std::vector<std::uint64_t>{0, 0, 0, 0}));
}

TEST(CutByWeight, OneHeavyItemGoesToOnePart) {
  const std::vector<std::uint64_t> weights = {1, 1, 1000, 1, 1};
  const auto offsets = cut_by_weight(weights, 3);
  EXPECT_EQ(std::count_if(offsets.begin(), offsets.end(), [](auto o) { return o <= 2; }) +
                std::count_if(offsets.begin(), offsets.end(), [](auto o) { return o >= 3; }),
            4);
  expect_fair(weights, 3, 0);
}

}  // namespace
}  // namespace trawl
