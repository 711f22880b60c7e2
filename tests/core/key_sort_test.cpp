// Sort, filter fill and prefix search of key lists against their obvious twins, on keys that are
// hard for them.
#include <algorithm>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <trawl/core/filter/key_set.hpp>
#include <trawl/core/filter/key_sort.hpp>

namespace trawl::core {
namespace {

using Keys = std::vector<std::int64_t>;
constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

// Lists by name, of about `count` keys.
std::vector<std::pair<std::string, Keys>> lists(std::size_t count) {
  std::mt19937_64 random(count);
  const auto make = [&](const std::function<std::int64_t(std::size_t)>& key) {
    Keys keys(count);
    for (std::size_t i = 0; i < count; ++i) keys[i] = key(i);
    return keys;
  };
  const auto any = [&] { return static_cast<std::int64_t>(random()); };
  const auto at = [](std::size_t i) { return static_cast<std::int64_t>(i); };
  Keys ends = make([&](std::size_t) { return any() % 1000; });
  ends.insert(ends.end(), {lowest, highest, lowest, 0});
  return {
      {"whole range", make([&](std::size_t) { return any(); })},
      {"user ids", make([&](std::size_t) { return any() >> 24; })},
      {"many duplicates", make([&](std::size_t) { return any() % 100; })},
      {"all equal", make([&](std::size_t) { return -7; })},
      {"dense", make([&](std::size_t i) { return at((i * 7919) % count); })},
      {"two clusters", make([&](std::size_t) {
         const std::int64_t key = any() & 0xffff;
         return (random() & 1) != 0 ? lowest + key : highest - key;
       })},
      {"one far away", make([&](std::size_t i) { return i == 1 ? highest : any() & 0xfffff; })},
      {"powers", make([&](std::size_t) { return any() >> (random() % 64); })},
      {"sorted", make([&](std::size_t i) { return at(i / 2) - 100; })},
      {"sorted but for the end", make([&](std::size_t i) { return i + 1 < count ? at(i) : -1; })},
      {"reversed", make([&](std::size_t i) { return highest - at(i); })},
      {"small and both ends", ends}};
}

constexpr std::size_t counts[] = {1, 2, 40, 1000, 50000, 300000};

Keys sorted(Keys keys, int threads) {
  Keys space(keys.size());
  keys.resize(sort_distinct(keys, space, threads));
  return keys;
}
Keys sorted_reference(Keys keys) {
  keys.resize(sort_distinct_reference(keys));
  return keys;
}

TEST(KeySort, EqualsStdSort) {
  EXPECT_TRUE(sorted({}, 2).empty());
  for (const std::size_t count : counts) {
    for (const auto& [name, keys] : lists(count)) {
      const Keys expected = sorted_reference(keys);
      for (const int threads : {1, 2, 3}) {
        ASSERT_EQ(sorted(keys, threads), expected)
            << name << ", " << count << " keys, " << threads << " threads";
      }
    }
  }
}

TEST(KeySort, FilterFilledAtOnceEqualsOneByOne) {
  for (const std::size_t count : counts) {
    for (const auto& [name, keys] : lists(count)) {
      const std::uint64_t words = MembershipFilter::blocks_for(count, 0.001) * 8;
      std::vector<std::uint64_t> expected(words), hashes;
      for (const std::int64_t key : keys) {
        hashes.push_back(hash_key(key));
        MembershipFilter(expected).add(hashes.back());
      }
      for (const int threads : {1, 2, 3}) {
        std::vector<std::uint64_t> by_keys(words), by_hashes(words);
        MembershipFilter(by_keys).add_all(std::span<const std::int64_t>(keys), threads);
        MembershipFilter(by_hashes).add_all(std::span<const std::uint64_t>(hashes), threads);
        ASSERT_EQ(by_keys, expected) << name << ", " << count;
        ASSERT_EQ(by_hashes, expected) << name << ", " << count;
      }
    }
  }
}

TEST(KeySort, PartsOfAFilterTileItsBlocks) {
  std::mt19937_64 random(1);
  for (const std::uint64_t blocks : {1u, 2u, 7u, 64u, 1001u}) {
    for (const std::uint64_t parts : {1u, 2u, 3u, 8u, 100u}) {
      EXPECT_EQ(MembershipFilter::part_begin(blocks, parts, 0), 0u);
      EXPECT_EQ(MembershipFilter::part_begin(blocks, parts, parts), blocks);
      for (int i = 0; i < 200; ++i) {
        const std::uint64_t part = MembershipFilter::part_of(random(), blocks, parts);
        ASSERT_LT(part, parts);
        ASSERT_LT(MembershipFilter::part_begin(blocks, parts, part),
                  MembershipFilter::part_begin(blocks, parts, part + 1));
      }
    }
  }
}

// Keys, their neighbours, both ends of the range and strangers.
Keys probes(const Keys& keys) {
  std::mt19937_64 random(9);
  Keys all{lowest, highest, 0, keys.front(), keys.back()};
  for (int i = 0; i < 3000; ++i) {
    const auto key = static_cast<std::uint64_t>(keys[random() % keys.size()]);
    for (const std::uint64_t near : {key - 1, key, key + 1, random()})
      all.push_back(static_cast<std::int64_t>(near));
  }
  return all;
}

TEST(KeySort, SearchByPrefixEqualsBinarySearch) {
  for (const std::size_t count : counts) {
    for (const auto& [name, unsorted] : lists(count)) {
      const Keys keys = sorted_reference(unsorted);
      for (const int parts : {1, 2, 5}) {
        std::vector<std::uint32_t> entries(PrefixTable::entries_for(keys), 0xdeadbeef);
        PrefixTable table;
        if (!entries.empty()) table = PrefixTable(keys, entries);
        for (int part = 0; part < parts && !entries.empty(); ++part) table.fill(keys, parts, part);
        EXPECT_LE(entries.size(), keys.size() / 2 + 2);
        const KeySet set(keys, {}, table);
        const Keys values = probes(keys);
        std::vector<std::uint64_t> rows((values.size() + 63) / 64, 0x5555aaaaffff0001);
        std::vector<std::uint64_t> expected(rows.size());
        if (values.size() % 64 != 0) rows.back() &= (std::uint64_t{1} << values.size() % 64) - 1;
        for (std::size_t i = 0; i < values.size(); ++i) {
          const bool found = std::binary_search(keys.begin(), keys.end(), values[i]);
          ASSERT_EQ(set.contains(values[i]), found) << name << ", " << values[i];
          if (found) expected[i / 64] |= rows[i / 64] & std::uint64_t{1} << (i % 64);
          const std::int64_t max = values[(i + 1) % values.size()];
          const auto first = std::lower_bound(keys.begin(), keys.end(), values[i]);
          ASSERT_EQ(set.any_between(values[i], max), first != keys.end() && *first <= max)
              << name << ", " << values[i] << " to " << max;
        }
        set.keep(values.data(), values.size(), rows.data());
        ASSERT_EQ(rows, expected) << name << ", " << count;
      }
    }
  }
}

}  // namespace
}  // namespace trawl::core
