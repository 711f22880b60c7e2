// The screen of identities against plain counting.
#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "fold/evidence/candidate.hpp"
#include "fold/evidence/names.hpp"
#include "fold/evidence/screen.hpp"

namespace trawl::fold {
namespace {

using comm::Comm;

std::vector<std::uint64_t> random_hashes(std::uint64_t seed, std::size_t rows, double copies) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> hashes;
  for (std::size_t i = 0; i < rows; ++i) {
    const bool copy = i > 0 && std::uniform_real_distribution<>()(random) < copies;
    hashes.push_back(copy ? hashes[random() % i] : random());
  }
  return hashes;
}

bool may_repeat(const IdentityScreen& screen, std::uint64_t hash) {
  bool out = false;
  screen.may_repeat({&hash, 1}, {&out, 1});
  return out;
}

std::map<std::uint64_t, int> counted(std::span<const std::uint64_t> hashes) {
  std::map<std::uint64_t, int> counts;
  for (const std::uint64_t hash : hashes) ++counts[hash];
  return counts;
}

// Every one that has a copy may repeat. How many others may do so, too.
std::size_t false_repeats(const IdentityScreen& screen, std::span<const std::uint64_t> hashes) {
  std::size_t others = 0;
  for (const auto& [hash, count] : counted(hashes)) {
    const bool may = may_repeat(screen, hash);
    EXPECT_TRUE(may || count == 1);
    others += may && count == 1;
  }
  return others;
}

// All rows go through all windows; thread `t` marks every n-th of them.
void fill(IdentityScreen& screen, std::span<const std::uint64_t> hashes, std::size_t threads = 1) {
  for (std::uint64_t left = screen.windows(); left > 0; --left) {
    std::vector<std::thread> crew;
    for (std::size_t t = 0; t < threads; ++t) {
      crew.emplace_back([&, t] {
        std::vector<std::uint64_t> mine;
        for (std::size_t i = t; i < hashes.size(); i += threads) mine.push_back(hashes[i]);
        screen.mark(mine);
      });
    }
    for (std::thread& thread : crew) thread.join();
    screen.share();
    if (left > 1) screen.next_window();
  }
}

TEST(IdentityScreen, FindsAllThatRepeatForAnyThreads) {
  for (const std::uint64_t words : {1u, 7u, 300u, 2000u}) {
    const auto hashes = random_hashes(words, 4000, 0.1);
    for (const std::size_t threads : {1u, 2u, 5u}) {
      IdentityScreen screen(Comm::solo(), words);
      fill(screen, hashes, threads);
      const std::size_t others = false_repeats(screen, hashes);
      if (words == 1) {
        EXPECT_GT(others, 3000u) << "nothing is proved by one word";
      }
    }
  }
}

// Two threads with the same rows at the same time: one of them comes second.
TEST(IdentityScreen, FindsRowsThatAreMarkedAtTheSameTime) {
  const auto hashes = random_hashes(4, 100'000, 0);
  IdentityScreen screen(Comm::solo(), hashes.size());
  std::vector<std::thread> crew;
  for (int t = 0; t < 2; ++t) crew.emplace_back([&] { screen.mark(hashes); });
  for (std::thread& thread : crew) thread.join();
  screen.share();
  for (const std::uint64_t hash : hashes) ASSERT_TRUE(may_repeat(screen, hash));
}

TEST(IdentityScreen, RarelyTakesAUniqueOneForACopy) {
  const auto hashes = random_hashes(3, 600'000, 0.02);
  IdentityScreen screen(Comm::solo(), hashes.size() / IdentityScreen::rows_per_word);
  fill(screen, hashes);
  const std::size_t others = false_repeats(screen, hashes);
  EXPECT_LT(static_cast<double>(others), 0.008 * static_cast<double>(hashes.size()));
  EXPECT_GT(others, 0u);
}

TEST(IdentityScreen, FindsAllThatRepeatInAnyNumberOfWindows) {
  const auto hashes = random_hashes(8, 6000, 0.1);
  for (const std::uint64_t words : {1u, 10u, 301u}) {
    for (const std::uint64_t bytes : {0u, 8u, 16u, 50u, 1000u, 3000u, 100'000u}) {
      IdentityScreen screen(Comm::solo(), words, bytes);
      EXPECT_EQ(screen.windows() == 1, words == 1 || bytes >= words * 10);
      fill(screen, hashes);
      false_repeats(screen, hashes);
      const auto many = std::make_unique<bool[]>(hashes.size());
      screen.may_repeat(hashes, {many.get(), hashes.size()});
      for (std::size_t i = 0; i < hashes.size(); ++i)
        ASSERT_EQ(many[i], may_repeat(screen, hashes[i]));
    }
  }
}

TEST(RepeatFilter, FoldsToWhatItsHashesNeed) {
  std::mt19937_64 random(3);
  for (const std::size_t count : {0u, 1u, 1000u, 40'000u}) {
    const auto hashes = random_hashes(count, count, 0.3);
    RepeatFilter filter(Comm::solo(), 1 << 15);
    for (const std::uint64_t hash : hashes) filter.add(hash);
    filter.fold();
    for (const std::uint64_t hash : hashes) ASSERT_TRUE(filter.contains(hash));
    EXPECT_LE(filter.words(), std::max<std::size_t>(128, count));
    int others = 0;
    for (int i = 0; i < 100'000; ++i) others += filter.contains(random()) ? 1 : 0;
    EXPECT_LT(others, 500);
  }
}

TEST(RepeatFilter, StaysAsLargeAsItIsWhenItIsFull) {
  for (const std::uint64_t words : {1u, 3u, 255u, 300u}) {
    RepeatFilter filter(Comm::solo(), words);
    const std::uint64_t before = filter.words();
    EXPECT_GE(before, words);
    for (const std::uint64_t hash : random_hashes(words, 10 * words, 0)) filter.add(hash);
    filter.fold();
    EXPECT_EQ(filter.words(), before);
  }
}

TEST(IdentityScreen, KnowsBitsOfTwoPartsInAnyOrder) {
  std::mt19937_64 random(1);
  for (const std::size_t count : {1u, 2u, 3u, 8u}) {
    std::vector<std::vector<std::uint64_t>> parts(count, std::vector<std::uint64_t>(3));
    std::map<std::size_t, std::size_t> set;
    for (auto& part : parts) {
      for (std::size_t bit = 0; bit < 192; ++bit) {
        if (random() % 3 != 0) continue;
        part[bit / 64] |= std::uint64_t{1} << bit % 64;
        ++set[bit];
      }
    }
    for (int order = 0; order < 5; ++order) {
      std::ranges::shuffle(parts, random);
      const auto two = bits_of_two(parts);
      for (std::size_t bit = 0; bit < 192; ++bit)
        ASSERT_EQ(two[bit / 64] >> bit % 64 & 1, set[bit] >= 2 ? 1 : 0);
    }
  }
}

TEST(Candidate, BytesAreOrderedAsRecordsAndReadBack) {
  const std::vector<evidence::Key> keys = {
      std::int64_t{-5},     std::int64_t{0},        std::int64_t{7},  std::string(),
      std::string("\0", 1), std::string("\0\0", 2), std::string("a"), std::string("a\0", 2),
      std::string("a\1"),   std::string("\xff")};
  std::mt19937_64 random(2);
  const auto draw = [&] {
    Candidate c{keys[random() % keys.size()],
                keys[random() % keys.size()],
                keys[random() % keys.size()],
                {},
                {random() % 3, random()}};
    if (random() % 4 != 0) c.content.type = keys[random() % keys.size()];
    if (random() % 4 != 0) c.content.time = static_cast<std::int64_t>(random() % 5) - 2;
    c.content.log_odds = random() % 3 << 62;
    c.content.weight = random() % 3;
    return c;
  };
  const auto order = [](const Candidate& c) {
    return std::tuple(c.entity, c.source, c.id, c.content.type, c.content.time, c.content.log_odds,
                      c.content.weight, c.place);
  };
  for (int trial = 0; trial < 20000; ++trial) {
    const Candidate a = draw(), b = draw();
    std::string of_a, of_b;
    append_candidate(of_a, a);
    append_candidate(of_b, b);
    ASSERT_EQ(of_a < of_b, order(a) < order(b));
    const CandidateBytes split = split_candidate(of_a);
    ASSERT_EQ(order(read_candidate(split)), order(a));
    ASSERT_EQ(split.identity == split_candidate(of_b).identity,
              std::tie(a.entity, a.source, a.id) == std::tie(b.entity, b.source, b.id));
    for (std::size_t size = 0; size < of_a.size(); size += 3)
      ASSERT_FALSE(of_b == of_a.substr(0, size));
  }
}

TEST(Names, NumbersInTheOrderOfTheirComing) {
  ColumnBuilder builder({"x", Type::text, Lane::text, true, nullptr});
  std::vector<std::string> seen;
  std::mt19937_64 random(4);
  for (int i = 0; i < 5000; ++i) builder.append(std::to_string(random() % 700));
  const ColumnView view = builder.view();
  NameReader reader(&view);
  Names names;
  for (std::size_t row = 0; row < view.rows; ++row) {
    const std::string text(view.text(row));
    const auto found = std::ranges::find(seen, text);
    const auto want = static_cast<std::uint32_t>(found - seen.begin());
    if (found == seen.end()) seen.push_back(text);
    ASSERT_EQ(names.number(reader, row), want);
    ASSERT_EQ(names.number(evidence::Key(text)), want);
    ASSERT_EQ(names[want], evidence::Key(text));
    ASSERT_EQ(names.hash(want), stats::hash_of(evidence::Key(text)));
    ASSERT_EQ(reader.word(row), quick_hash(evidence::Key(text)));
  }
  EXPECT_EQ(names.size(), seen.size());
}

TEST(Names, OfNumbersAreNumberedAsByAMap) {
  std::mt19937_64 random(5);
  Names names;
  std::map<evidence::Key, std::uint32_t> want;
  const auto expected = [&](const evidence::Key& name) {
    return want.try_emplace(name, static_cast<std::uint32_t>(want.size())).first->second;
  };
  for (int round = 0; round < 20; ++round) {
    ColumnBuilder builder({"x", Type::int64, Lane::i64, false, nullptr});
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < 300; ++row) {
      const auto small = static_cast<std::int64_t>(random() % 700) - 20;
      const auto some = static_cast<std::int64_t>(random() % 50);
      builder.append(random() % 2 != 0 ? small : (some << 57) + (std::int64_t{1} << 20) - 2);
      if (random() % 8 != 0) rows.push_back(row);
    }
    const ColumnView view = builder.view();
    NameReader reader(&view);
    std::vector<std::uint64_t> words(rows.size());
    std::vector<std::uint32_t> numbers(rows.size());
    reader.words(rows, words);
    names.numbers(reader, rows, words, numbers);
    for (std::size_t i = 0; i < rows.size(); ++i)
      ASSERT_EQ(numbers[i], expected(view.integer(rows[i])));
    if (round % 3 != 0) continue;
    // Texts of the same column of other datasets.
    const evidence::Key text = std::to_string(random() % 10);
    ASSERT_EQ(names.number(text), expected(text));
  }
  EXPECT_EQ(names.size(), want.size());
}

}  // namespace
}  // namespace trawl::fold
