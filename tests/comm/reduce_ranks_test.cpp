#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "small_pieces.hpp"
#include "support/ranks.hpp"

namespace trawl::test {
namespace {

using Words = std::vector<std::uint64_t>;
using Combine = std::function<std::uint64_t(std::uint64_t, std::uint64_t)>;

std::uint64_t mixed(std::uint64_t value) {  // splitmix64 (Steele, Lea, Flood 2014)
  value += 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

Words words_of(int rank, std::size_t count) {
  Words words(count);
  for (std::size_t i = 0; i < count; ++i) words[i] = mixed(1000 * static_cast<unsigned>(rank) + i);
  return words;
}

Words expected(std::size_t count, const Combine& combine) {
  Words all = words_of(0, count);
  for (int rank = 1; rank < world().size(); ++rank) {
    const Words theirs = words_of(rank, count);
    std::transform(all.begin(), all.end(), theirs.begin(), all.begin(), combine);
  }
  return all;
}

template <class Reduce>
void expect_reduced(Reduce&& reduce, const Combine& combine) {
  whole_and_in_pieces([&] {
    for (const std::size_t count : {0u, 1u, 2u, 3u, 101u}) {
      Words words = words_of(world().rank(), count);
      reduce(words);
      EXPECT_EQ(words, expected(count, combine));
    }
  });
}

TEST(AllSum, IsModulo64Bits) {
  expect_reduced([](Words& words) { world().all_sum(words); }, std::plus<>{});
}

TEST(AllMax, IsElementWise) {
  expect_reduced([](Words& words) { world().all_max(words); },
                 [](std::uint64_t a, std::uint64_t b) { return std::max(a, b); });
}

TEST(AllOr, IsElementWise) {
  expect_reduced([](Words& words) { world().all_or(words); }, std::bit_or<>{});
}

TEST(Sum, OfOneValuePerRank) {
  const auto ranks = static_cast<std::uint64_t>(world().size());
  EXPECT_EQ(world().sum(static_cast<std::uint64_t>(world().rank()) + 1), ranks * (ranks + 1) / 2);
}

TEST(Max, OfOneIntegerPerRank) {
  for (int top = 0; top < world().size(); ++top) {
    const std::uint64_t mine = world().rank() == top ? ~std::uint64_t{0} : 5;
    EXPECT_EQ(world().max(mine), ~std::uint64_t{0});
  }
}

TEST(Max, OfDoublesIsExactAndOrdersZerosAndNan) {
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double least = std::numeric_limits<double>::denorm_min();
  const std::vector<double> ascending = {std::copysign(nan, -1.0),
                                         -infinity,
                                         -1e300,
                                         -1.5,
                                         -least,
                                         -0.0,
                                         0.0,
                                         least,
                                         0.1,
                                         1e300,
                                         infinity,
                                         std::copysign(nan, 1.0)};
  for (std::size_t low = 0; low + 1 < ascending.size(); ++low) {
    for (int top = 0; top < world().size(); ++top) {
      const double got = world().max(ascending[world().rank() == top ? low + 1 : low]);
      const double want = ascending[low + 1];
      EXPECT_EQ(std::bit_cast<std::uint64_t>(got), std::bit_cast<std::uint64_t>(want));
    }
  }
}

}  // namespace
}  // namespace trawl::test
