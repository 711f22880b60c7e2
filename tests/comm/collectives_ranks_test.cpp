#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>

#include "small_pieces.hpp"
#include "support/ranks.hpp"

namespace trawl::test {
namespace {

using Numbers = std::vector<std::uint32_t>;

// Tells rank and position, so that anything out of place shows.
Numbers numbered(int rank, std::size_t count) {
  Numbers items(count);
  std::iota(items.begin(), items.end(), 1000u * static_cast<std::uint32_t>(rank + 1));
  return items;
}

// Lengths with empty ones in between, also beyond one tiny piece and not a multiple of it.
std::size_t uneven(int rank) {
  return rank % 3 == 1 ? 0 : static_cast<std::size_t>(3 + 7 * rank);
}

std::string said_by(int rank) {
  return std::string(uneven(rank), static_cast<char>('a' + rank));
}

TEST(Broadcast, ReplacesItemsAndLengthForEveryRoot) {
  whole_and_in_pieces([] {
    for (int root = 0; root < world().size(); ++root) {
      Numbers items = numbered(world().rank(), uneven(world().rank()));
      world().broadcast(items, root);
      EXPECT_EQ(items, numbered(root, uneven(root)));
    }
  });
}

TEST(Broadcast, ReplacesText) {
  whole_and_in_pieces([] {
    for (int root = 0; root < world().size(); ++root) {
      std::string text = said_by(world().rank());
      world().broadcast(text, root);
      EXPECT_EQ(text, said_by(root));
    }
  });
}

TEST(AllGather, ConcatenatesInRankOrder) {
  whole_and_in_pieces([] {
    const Numbers mine = numbered(world().rank(), uneven(world().rank()));
    const Numbers all = world().all_gather(std::span<const std::uint32_t>(mine));
    Numbers expected;
    for (int rank = 0; rank < world().size(); ++rank) {
      const Numbers theirs = numbered(rank, uneven(rank));
      expected.insert(expected.end(), theirs.begin(), theirs.end());
    }
    EXPECT_EQ(all, expected);
  });
}

TEST(AllGather, OfNothingIsEmpty) {
  EXPECT_TRUE(world().all_gather(std::span<const double>()).empty());
}

struct Odd {
  std::uint8_t a;
  std::uint16_t b;
  std::uint8_t c;
};

TEST(AllGather, TakesValuesOfAnyPlainType) {
  whole_and_in_pieces([] {
    const auto rank = static_cast<std::uint8_t>(world().rank());
    const auto b = static_cast<std::uint16_t>(rank * 300);
    const auto all = world().all_gather_value(Odd{rank, b, 7});
    ASSERT_EQ(all.size(), static_cast<std::size_t>(world().size()));
    for (std::size_t r = 0; r < all.size(); ++r) {
      EXPECT_EQ(all[r].a, r);
      EXPECT_EQ(all[r].b, r * 300);
      EXPECT_EQ(all[r].c, 7);
    }
  });
}

TEST(AllGather, KeepsTextsApart) {
  whole_and_in_pieces([] {
    const auto all = world().all_gather_text(said_by(world().rank()));
    std::vector<std::string> expected;
    for (int rank = 0; rank < world().size(); ++rank) expected.push_back(said_by(rank));
    EXPECT_EQ(all, expected);
  });
}

// What `from` sends to `to`: some pairs say nothing, or only in one direction.
std::vector<std::uint64_t> letter(int from, int to) {
  const auto count = static_cast<std::size_t>((from * 5 + to * 3) % 7);
  return std::vector<std::uint64_t>(count, static_cast<std::uint64_t>(100 * from + to));
}

TEST(Exchange, DeliversEveryPartToItsRank) {
  whole_and_in_pieces([] {
    std::vector<std::vector<std::uint64_t>> parts, expected;
    for (int other = 0; other < world().size(); ++other) {
      parts.push_back(letter(world().rank(), other));
      expected.push_back(letter(other, world().rank()));
    }
    EXPECT_EQ(world().exchange(parts), expected);
  });
}

TEST(Exchange, OfNothingIsEmpty) {
  const auto ranks = static_cast<std::size_t>(world().size());
  const std::vector<std::vector<std::uint8_t>> nothing(ranks);
  EXPECT_EQ(world().exchange(nothing), nothing);
}

TEST(Exchange, KeepsThePiecesOfAPairInOrder) {
  whole_and_in_pieces([] {
    const auto ranks = static_cast<std::size_t>(world().size());
    const std::vector<Numbers> parts(ranks, numbered(world().rank(), 501));
    const auto received = world().exchange(parts);
    ASSERT_EQ(received.size(), ranks);
    for (std::size_t from = 0; from < ranks; ++from) {
      EXPECT_EQ(received[from], numbered(static_cast<int>(from), 501));
    }
  });
}

TEST(Exchange, RefusesAnotherNumberOfParts) {
  const auto ranks = static_cast<std::size_t>(world().size());
  EXPECT_THROW(world().exchange(std::vector<Numbers>(ranks + 1)), Error);
}

TEST(SameEverywhere, SeesOneRankThatDiffers) {
  EXPECT_TRUE(world().same_everywhere("threads = 4"));
  EXPECT_TRUE(world().same_everywhere(""));
  if (world().size() == 1) return;
  for (int odd = 0; odd < world().size(); ++odd) {
    EXPECT_FALSE(world().same_everywhere(world().rank() == odd ? "a" : "b"));
    EXPECT_FALSE(world().same_everywhere(world().rank() == odd ? "" : "b"));
  }
}

}  // namespace
}  // namespace trawl::test
