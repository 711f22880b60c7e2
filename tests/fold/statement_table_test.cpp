// The table of statements against a map of plain sums.
#include "fold/evidence/statement_table.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace trawl::fold {
namespace {

using evidence::Contribution;
using evidence::GroupSums;

std::vector<std::byte> bytes_of_sums(const GroupSums& sums) {
  std::vector<std::byte> out;
  sums.append_bytes(out);
  return out;
}

// How many there are of each.
struct Names {
  std::uint32_t entities, sources, types;
};

// Adds records of such names, phase after phase, in batches of odd sizes.
void expect_map_of_sums(const std::vector<Names>& phases, std::mt19937_64& random) {
  StatementTable table;
  std::map<StatementName, GroupSums> want;
  for (const Names& names : phases) {
    std::vector<Stated> records;
    for (int i = 0; i < 20'000; ++i) {
      const auto draw = [&](std::uint32_t below) {
        return static_cast<std::uint32_t>(random() % below);
      };
      const StatementName name{draw(names.entities), draw(names.sources), draw(names.types)};
      // Now and then what no window holds.
      const int exponent = random() % 16 == 0 ? -300 : static_cast<int>(random() % 20);
      const Contribution c{std::ldexp(static_cast<double>(random()) - 0x1p63, exponent - 64), 0.5,
                           random() % 2 == 0, evidence::Refusal::none};
      records.push_back({name, c});
      want[name].add(c);
      if (random() % 200 != 0 && i + 1 < 20'000) continue;
      table.add(records);
      records.clear();
    }
    ASSERT_EQ(table.size(), want.size());
    auto next = want.begin();
    table.each([&](const StatementName& name, GroupSums&& sums) {
      ASSERT_NE(next, want.end());
      ASSERT_EQ(name, next->first);
      ASSERT_EQ(bytes_of_sums(sums), bytes_of_sums(next->second));
      ++next;
    });
    ASSERT_EQ(next, want.end());
  }
  table.clear();
  EXPECT_EQ(table.size(), 0u);
  table.each([](const StatementName&, GroupSums&&) { FAIL(); });
}

TEST(StatementTable, IsAMapOfSums) {
  std::mt19937_64 random(6);
  for (const std::uint32_t names : {1u, 3u, 40u, 300u})
    expect_map_of_sums({{names, names, std::min(names, 3u)}, {names, names, 3}}, random);
}

TEST(StatementTable, IsOneWhetherPairsAreManyOrFew) {
  std::mt19937_64 random(7);
  const Names dense{120, 30, 1}, denser{125, 31, 1}, wide{100, 900, 1},
      sparse{1'000'000, 50'000, 1}, typed{120, 30, 2};
  expect_map_of_sums({dense, denser, {200, 40, 1}}, random);
  expect_map_of_sums({dense, wide, dense}, random);
  expect_map_of_sums({dense, sparse, dense}, random);
  expect_map_of_sums({dense, typed, dense}, random);
  expect_map_of_sums({sparse, dense}, random);
  expect_map_of_sums({{5, 9'000, 1}, {9'000, 5, 1}}, random);
}

TEST(StatementGrid, KeepsWhatItHasWhileItIsStretched) {
  std::mt19937_64 random(8);
  StatementGrid grid;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> want;
  std::size_t entities = 1, sources = 1;
  EXPECT_FALSE(grid.in_use());
  for (std::uint32_t step = 1; step < 600; ++step) {
    entities = std::max(entities, step / 3 + random() % 3);
    sources = std::max(sources, step / 9 + random() % 2);
    grid.stretch(entities, sources);
    const auto entity = static_cast<std::uint32_t>(random() % entities);
    const auto source = static_cast<std::uint32_t>(random() % sources);
    ASSERT_TRUE(grid.covers(entity, source));
    ASSERT_EQ(grid.at(entity, source), want[std::pair(entity, source)]);
    grid.at(entity, source) = want[std::pair(entity, source)] = step;
    for (const auto& [pair, kept] : want) ASSERT_EQ(grid.at(pair.first, pair.second), kept);
  }
  EXPECT_FALSE(grid.covers(static_cast<std::uint32_t>(entities), 0));
}

}  // namespace
}  // namespace trawl::fold
