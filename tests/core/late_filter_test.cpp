// What stands in for sorted keys: word filters, range maps and candidate tables, against sets and
// plain loops.
#include <algorithm>
#include <limits>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include <trawl/core/filter/candidate_table.hpp>
#include <trawl/core/filter/range_map.hpp>
#include <trawl/core/filter/word_filter.hpp>
#include <trawl/core/scan_program.hpp>

namespace trawl::core {
namespace {

using Keys = std::vector<std::int64_t>;
constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

Keys random_keys(std::size_t count, int bits, unsigned seed) {
  std::mt19937_64 random(seed);
  Keys keys(count);
  for (auto& key : keys) key = static_cast<std::int64_t>(random()) >> (64 - bits);
  return keys;
}

struct OwnedFilter {
  OwnedFilter(std::uint64_t size, WordFilter::Series series) : words(size), filter(words, series) {}
  std::vector<std::uint64_t> words;
  WordFilter filter;
};

constexpr WordFilter::Series both[] = {WordFilter::Series::first, WordFilter::Series::second};

// On every instruction set; restores the best one.
template <class Body>
void on_all_targets(const Body& body) {
  for (const std::string& target : kernel_targets()) {
    force_kernel_target(target);
    body(target);
  }
  force_kernel_target("");
}

TEST(WordFilter, PartsOnAnyTargetFillTheSameBits) {
  const Keys keys = random_keys(3001, 40, 1);
  for (const auto series : both) {
    for (const std::uint64_t size : {1u, 2u, 63u, 1000u}) {
      OwnedFilter one_by_one(size, series);
      for (const std::int64_t key : keys) one_by_one.filter.add({&key, 1});
      on_all_targets([&](const std::string& target) {
        for (const std::uint64_t parts : {1u, 2u, 3u, 7u, 64u}) {
          OwnedFilter owned(size, series);
          for (std::uint64_t part = 0; part < parts; ++part) owned.filter.add(keys, parts, part);
          EXPECT_TRUE(owned.words == one_by_one.words) << target << ", " << parts << " parts";
        }
      });
      for (const std::int64_t key : keys) ASSERT_TRUE(one_by_one.filter.may_contain(key));
    }
  }
}

template <class T>
void expect_screen(const WordFilter& filter, const std::vector<std::uint64_t>& select,
                   std::size_t rows) {
  std::vector<T> values;
  for (const std::int64_t key : random_keys(rows, 40, 3)) values.push_back(static_cast<T>(key));
  std::vector<std::uint64_t> candidates(
      select.begin(), select.begin() + static_cast<std::ptrdiff_t>((rows + 63) / 64));
  if (rows % 64 != 0) candidates.back() &= ~std::uint64_t{0} >> (64 - rows % 64);
  std::vector<std::uint64_t> expected = candidates;
  for (std::size_t row = 0; row < rows; ++row) {
    if (!filter.may_contain(static_cast<std::int64_t>(values[row])))
      expected[row / 64] &= ~(std::uint64_t{1} << (row % 64));
  }
  filter.screen(values.data(), rows, candidates.data());
  EXPECT_EQ(candidates, expected) << rows << " rows of " << sizeof(T) << " bytes";
}

TEST(WordFilter, ScreensAsRowByRow) {
  std::mt19937_64 random(5);
  std::vector<std::uint64_t> dense(20), sparse(20);
  for (std::size_t w = 0; w < 20; ++w) {
    dense[w] = w % 5 == 0 ? 0 : random() | random();
    sparse[w] = random() & random() & random() & random();
  }
  for (const auto series : both) {
    OwnedFilter owned(300, series);
    owned.filter.add(random_keys(2000, 40, 2));
    for (std::int64_t key = -200; key < 200; key += 3) owned.filter.add({&key, 1});
    on_all_targets([&](const std::string&) {
      for (const std::size_t rows : {std::size_t{1}, std::size_t{63}, std::size_t{64},
                                     std::size_t{1000}, std::size_t{1280}}) {
        for (const auto* select : {&dense, &sparse}) {
          expect_screen<std::uint8_t>(owned.filter, *select, rows);
          expect_screen<std::int8_t>(owned.filter, *select, rows);
          expect_screen<std::uint16_t>(owned.filter, *select, rows);
          expect_screen<std::int16_t>(owned.filter, *select, rows);
          expect_screen<std::uint32_t>(owned.filter, *select, rows);
          expect_screen<std::int32_t>(owned.filter, *select, rows);
          expect_screen<std::int64_t>(owned.filter, *select, rows);
        }
      }
    });
  }
}

double measured_rate(const std::vector<const WordFilter*>& filters, const Keys& others) {
  std::vector<std::uint64_t> rows((others.size() + 63) / 64, ~std::uint64_t{0});
  for (const WordFilter* filter : filters)
    filter->screen(others.data(), others.size(), rows.data());
  std::size_t passed = 0;
  for (const std::uint64_t word : rows) passed += static_cast<std::size_t>(std::popcount(word));
  return static_cast<double>(passed) / static_cast<double>(others.size());
}

TEST(WordFilter, RatesAreAsMeasuredAndMultiply) {
  const Keys keys = random_keys(100'000, 62, 7), others = random_keys(1 << 20, 63, 8);
  for (const double bits : {4.0, 6.0, 8.0, 12.0, 16.0}) {
    OwnedFilter first(WordFilter::words_for(keys.size(), bits), both[0]),
        second(WordFilter::words_for(keys.size(), bits), both[1]);
    first.filter.add(keys);
    second.filter.add(keys);
    const double rate = WordFilter::rate_at(bits);
    EXPECT_NEAR(measured_rate({&first.filter}, others) / rate, 1, 0.1) << bits;
    EXPECT_NEAR(measured_rate({&second.filter}, others) / rate, 1, 0.1) << bits;
    if (bits <= 8) {
      EXPECT_NEAR(measured_rate({&first.filter, &second.filter}, others) / (rate * rate), 1, 0.2)
          << bits << ": two filters in series are not independent";
    }
    EXPECT_NEAR(WordFilter::bits_for(rate), bits, 1e-9);
  }
  EXPECT_LE(WordFilter::rate_at(WordFilter::bits_for(0.02)), 0.0200001);
  EXPECT_EQ(WordFilter::words_for(0, 6), 1u);
  EXPECT_LT(WordFilter::words_for(std::uint64_t{1} << 60, 32), std::uint64_t{1} << 32);
}

TEST(RangeMap, SaysNoOnlyWhereNoKeyLies) {
  for (const int bits : {1, 3, 17, 40, 64}) {
    Keys keys = random_keys(500, bits, static_cast<unsigned>(bits));
    if (bits == 64) keys.insert(keys.end(), {lowest, highest});
    const auto [min, max] = std::minmax_element(keys.begin(), keys.end());
    RangeMap map(*min, *max), halves(*min, *max), other(*min, *max);
    map.add(keys);
    halves.add(std::span(keys).first(200));
    other.add(std::span(keys).subspan(200));
    for (std::size_t i = 0; i < other.words().size(); ++i) halves.words()[i] |= other.words()[i];
    EXPECT_TRUE(std::ranges::equal(map.words(), halves.words()));

    const std::set<std::int64_t> sorted(keys.begin(), keys.end());
    // The least range that holds `key`, by the definition: 2^16 equal ranges at most.
    const auto width = static_cast<std::uint64_t>(*max) - static_cast<std::uint64_t>(*min);
    int shift = 0;
    while (width >> shift >= RangeMap::ranges) ++shift;
    const auto range_of = [&](std::int64_t key) {
      return (static_cast<std::uint64_t>(key) - static_cast<std::uint64_t>(*min)) >> shift;
    };
    std::set<std::uint64_t> taken;
    for (const std::int64_t key : keys) taken.insert(range_of(key));
    std::mt19937_64 random(9);
    for (int i = 0; i < 2000; ++i) {
      std::int64_t from =
          random_keys(1, std::min(64, bits + 1), static_cast<unsigned>(random()))[0];
      std::int64_t to =
          i % 2 == 0 ? from
                     : random_keys(1, std::min(64, bits + 1), 77 + static_cast<unsigned>(i))[0];
      if (from > to) std::swap(from, to);
      const bool there =
          sorted.lower_bound(from) != sorted.end() && *sorted.lower_bound(from) <= to;
      bool expected = false;
      const std::int64_t begin = std::max(from, *min), end = std::min(to, *max);
      if (begin <= end) {
        const auto next = taken.lower_bound(range_of(begin));
        expected = next != taken.end() && *next <= range_of(end);
      }
      EXPECT_EQ(map.may_hold(from, to), expected) << from << " to " << to;
      EXPECT_TRUE(expected || !there);
    }
  }
}

TEST(RangeMap, WithoutKeysHoldsNothing) {
  EXPECT_FALSE(RangeMap().may_hold(lowest, highest));
  RangeMap one(5, 5);
  const std::int64_t key = 5;
  one.add({&key, 1});
  EXPECT_TRUE(one.may_hold(lowest, highest));
  EXPECT_TRUE(one.may_hold(5, 5));
  EXPECT_FALSE(one.may_hold(6, highest));
}

// Many keys end learning early: the map is full.
TEST(RangeMap, FullAfterManyKeys) {
  Keys keys;
  for (std::int64_t i = 0; i < 300'000; ++i) keys.push_back((i * 7919) % 65'536 - 30'000);
  RangeMap map(-30'000, 35'535);
  map.add(keys);
  for (std::int64_t key = -30'000; key <= 35'535; key += 13) EXPECT_TRUE(map.may_hold(key, key));
  EXPECT_FALSE(map.may_hold(35'536, highest));
}

TEST(CandidateTable, FindsWhatASetFinds) {
  for (const std::size_t count :
       {std::size_t{0}, std::size_t{1}, std::size_t{33}, std::size_t{5000}}) {
    Keys candidates = random_keys(count, 14, 11);  // many duplicates
    if (count > 33) candidates.insert(candidates.end(), {lowest, highest, 0, -1, 0});
    for (const std::size_t listed :
         {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{10'001}}) {
      Keys list = random_keys(listed, 14, 12);
      if (listed > 1) list.insert(list.begin() + 1, {highest, 0});
      CandidateTable table(candidates);
      const std::size_t half = list.size() / 2;
      table.mark(std::span(list).first(half));
      table.mark(std::span(list).subspan(half));
      const std::set<std::int64_t> set(list.begin(), list.end());
      for (std::size_t i = 0; i < candidates.size(); ++i) {
        ASSERT_EQ(table.found(i), set.contains(candidates[i]))
            << candidates[i] << " of " << count << " against " << listed;
      }
    }
  }
}

}  // namespace
}  // namespace trawl::core
