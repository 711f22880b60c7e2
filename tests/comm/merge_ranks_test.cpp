#include <string>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>

#include "small_pieces.hpp"
#include "support/ranks.hpp"

namespace trawl::test {
namespace {

std::string said_by(int rank) {
  if (rank % 3 == 2) return "";
  return "<" + std::string(static_cast<std::size_t>(rank * 9), 'x') + std::to_string(rank) + ">";
}

std::string concatenated(std::string a, std::string b) {
  return a + b;
}

TEST(MergeToRoot, KeepsRankOrder) {
  whole_and_in_pieces([] {
    const std::string merged = world().merge_to_root(said_by(world().rank()), concatenated);
    std::string expected;
    for (int rank = 0; world().is_root() && rank < world().size(); ++rank) {
      expected += said_by(rank);
    }
    EXPECT_EQ(merged, expected);
  });
}

TEST(MergeToRoot, MergesOncePerOtherRankAndInLogarithmicRounds) {
  std::uint64_t calls = 0;
  world().merge_to_root("x", [&](std::string a, std::string b) {
    ++calls;
    return a + b;
  });
  EXPECT_EQ(world().sum(calls), static_cast<std::uint64_t>(world().size() - 1));
  std::uint64_t rounds = 0;
  while ((1 << rounds) < world().size()) ++rounds;
  EXPECT_LE(calls, rounds);
}

std::string text_of_failed_merge() {
  const auto merge = [](std::string a, std::string b) -> std::string {
    if (b == "<1>" || world().rank() == 2) throw DataError("cannot merge " + b);
    return a + b;
  };
  try {
    world().merge_to_root("<" + std::to_string(world().rank()) + ">", merge);
    return "did not throw";
  } catch (const CollectiveError& error) {
    return error.what();
  }
}

// Merges throw on rank 0 and, from four ranks on, on rank 2; the tree still ends everywhere.
TEST(MergeToRoot, ThrowsTheSameEverywhereWhenAMergeThrows) {
  if (world().size() == 1) return;
  const std::string failed = world().size() > 3 ? "2" : "1";
  EXPECT_EQ(text_of_failed_merge(), "merge failed on " + failed + " of " +
                                        std::to_string(world().size()) +
                                        " ranks; rank 0: cannot merge <1>");
  const std::string after = world().merge_to_root("y", concatenated);
  const auto ranks = static_cast<std::size_t>(world().size());
  EXPECT_EQ(after, world().is_root() ? std::string(ranks, 'y') : "");
}

}  // namespace
}  // namespace trawl::test
