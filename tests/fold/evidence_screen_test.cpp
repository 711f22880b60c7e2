// The screen of identities against plain counting.
#include <array>
#include <map>
#include <memory>
#include <random>
#include <set>
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

// How often each bit is hit, counted.
class Counting {
 public:
  Counting(std::uint64_t blocks, const std::vector<std::uint64_t>& hashes) : blocks_(blocks) {
    for (const std::uint64_t hash : hashes) {
      for (const auto& bit : bits(hash)) ++hits_[bit];
    }
  }
  bool may_repeat(std::uint64_t hash) const {
    for (const auto& bit : bits(hash)) {
      if (hits_.at(bit) < 2) return false;
    }
    return true;
  }

 private:
  using Bit = std::array<std::uint64_t, 2>;
  std::set<Bit> bits(std::uint64_t hash) const {
    __extension__ using Wide = unsigned __int128;
    const auto block = static_cast<std::uint64_t>((Wide{hash} * blocks_) >> 64);
    std::set<Bit> bits;
    for (int digit = 0; digit < 5; ++digit, hash /= 64) bits.insert({block, hash % 64});
    return bits;
  }
  std::uint64_t blocks_;
  std::map<Bit, int> hits_;
};

TEST(IdentityScreen, IsWhatCountingSaysForAnyThreads) {
  for (const std::uint64_t blocks : {1u, 7u, 300u}) {
    const auto hashes = random_hashes(blocks, 4000, 0.1);
    const Counting counting(blocks, hashes);
    for (const std::size_t threads : {1u, 2u, 5u}) {
      IdentityScreen screen(Comm::solo(), blocks);
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
      for (const std::uint64_t hash : hashes)
        ASSERT_EQ(screen.may_repeat(hash), counting.may_repeat(hash)) << blocks << " " << threads;
    }
  }
}

TEST(IdentityScreen, NeverTakesACopyForUniqueAndRarelyTheOtherWayRound) {
  const auto hashes = random_hashes(3, 200'000, 0.05);
  IdentityScreen screen(Comm::solo(), hashes.size() / IdentityScreen::rows_per_block);
  screen.mark(hashes);
  screen.share();
  std::map<std::uint64_t, int> counts;
  for (const std::uint64_t hash : hashes) ++counts[hash];
  std::size_t unique = 0, wrong = 0;
  for (const auto& [hash, count] : counts) {
    if (count > 1) {
      ASSERT_TRUE(screen.may_repeat(hash));
      continue;
    }
    ++unique;
    wrong += screen.may_repeat(hash);
  }
  EXPECT_LT(static_cast<double>(wrong), 0.006 * static_cast<double>(unique));
  EXPECT_GT(wrong, 0u);
}

// All rows go through all windows.
void fill(IdentityScreen& screen, std::span<const std::uint64_t> hashes) {
  for (std::uint64_t left = screen.windows(); left > 0; --left) {
    screen.mark(hashes);
    screen.share();
    if (left == 1) break;
    screen.test(hashes);
    screen.next_window();
  }
}

TEST(IdentityScreen, IsTheSameInAnyNumberOfWindows) {
  const auto hashes = random_hashes(8, 6000, 0.1), others = random_hashes(9, 3000, 0);
  for (const std::uint64_t blocks : {1u, 10u, 301u}) {
    IdentityScreen whole(Comm::solo(), blocks);
    fill(whole, hashes);
    EXPECT_EQ(whole.windows(), 1u);
    for (const std::uint64_t at_once : {0u, 1u, 4u, 7u, 150u, 300u, 1000u}) {
      IdentityScreen screen(Comm::solo(), blocks, at_once);
      ASSERT_GE(screen.windows() * std::max<std::uint64_t>(at_once, 1), blocks);
      fill(screen, hashes);
      const auto many = std::make_unique<bool[]>(hashes.size());
      screen.may_repeat(hashes, {many.get(), hashes.size()});
      for (std::size_t i = 0; i < hashes.size(); ++i) {
        ASSERT_EQ(screen.may_repeat(hashes[i]), whole.may_repeat(hashes[i]))
            << blocks << " " << at_once;
        ASSERT_EQ(many[i], screen.may_repeat(hashes[i]));
      }
    }
  }
}

TEST(NodeHashes, IsASet) {
  for (const std::size_t count : {0u, 1u, 5u, 40'000u}) {
    auto hashes = random_hashes(count, count, 0.3);
    // As those of a window: of one range.
    for (std::uint64_t& hash : hashes) hash >>= 20;
    if (count > 1) hashes[0] = 0;
    const std::set<std::uint64_t> want(hashes.begin(), hashes.end());
    const NodeHashes got(Comm::solo(), hashes);
    for (const std::uint64_t hash : want) ASSERT_TRUE(got.contains(hash));
    std::mt19937_64 random(3);
    for (int i = 0; i < 20'000; ++i) {
      const std::uint64_t hash = (random() >> 20) | 2;
      ASSERT_EQ(got.contains(hash), want.contains(hash));
    }
  }
}

// Words of blocks in which parts of the rows are marked one by one.
std::vector<std::uint64_t> words_of(std::span<const std::uint64_t> hashes, std::uint64_t blocks) {
  std::vector<std::uint64_t> all(blocks * IdentityScreen::words_per_block);
  for (const std::uint64_t hash : hashes) {
    __extension__ using Wide = unsigned __int128;
    const auto block = static_cast<std::size_t>((Wide{hash} * blocks) >> 64);
    std::vector<std::uint64_t> one(all.size());
    for (std::size_t i = 0; i < 5; ++i) one[block * 2] |= std::uint64_t{1} << (hash >> 6 * i & 63);
    merge_blocks(all, one);
  }
  return all;
}

TEST(IdentityScreen, MergesInAnyTree) {
  const auto hashes = random_hashes(9, 300, 0.2);
  const std::span all(hashes);
  const auto whole = words_of(all, 5);
  std::mt19937_64 random(1);
  for (int trial = 0; trial < 50; ++trial) {
    std::vector<std::vector<std::uint64_t>> parts;
    for (std::size_t begin = 0; begin < all.size();) {
      const std::size_t size = std::min<std::size_t>(random() % 90, all.size() - begin);
      parts.push_back(words_of(all.subspan(begin, size), 5));
      begin += size;
    }
    while (parts.size() > 1) {
      std::swap(parts[random() % parts.size()], parts.back());
      const auto last = std::move(parts.back());
      parts.pop_back();
      merge_blocks(parts[random() % parts.size()], last);
    }
    ASSERT_EQ(parts[0], whole);
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
