// The entity table and the nodes above it against core's Tree, which adds record by record.
#include "fold/stats/entity_table.hpp"

#include <map>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include <trawl/core/stats/tree.hpp>

#include "fold/stats/entity_key.hpp"
#include "fold/stats/nodes.hpp"

namespace trawl::fold {
namespace {

struct Record {
  EntityKey key;
  std::vector<double> values;
};

EntityKey random_key(std::mt19937_64& random, bool levels) {
  const auto n = static_cast<std::int64_t>(random() % 300);
  EntityKey key;
  key.id = n % 3 == 0 ? stats::EntityId("agent " + std::to_string(n)) : stats::EntityId(n - 100);
  if (levels) key.path = {"r" + std::to_string(n % 4), "s" + std::to_string(n % 10)};
  return key;
}

std::vector<Record> random_records(bool levels, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Record> records(20'000);
  for (Record& record : records) {
    record.key = random_key(random, levels);
    const double size = std::ldexp(1.0, static_cast<int>(random() % 80) - 40);
    record.values = {size, -0.5 * size + 1, random() % 500 == 0 ? HUGE_VAL : 3.25};
  }
  return records;
}

// As a piece of work hands it over.
EntityBatch batch_of(std::span<const Record> records) {
  std::map<std::string, std::uint32_t> numbers;
  EntityBatch batch;
  for (const Record& record : records) {
    const auto [found, fresh] =
        numbers.try_emplace(record.key.to_bytes(), static_cast<std::uint32_t>(numbers.size()));
    if (fresh) {
      batch.keys.push_back(found->first);
      batch.hashes.push_back(stats::hash_of(*record.key.id));
    }
    batch.entities.push_back(found->second);
    batch.rows.insert(batch.rows.end(), record.values.begin(), record.values.end());
  }
  return batch;
}

template <class Sums>
void fill(EntityTable<Sums>& table, const std::vector<Record>& records, std::size_t piece,
          int threads) {
  std::vector<std::jthread> crew;
  for (int t = 0; t < threads; ++t) {
    crew.emplace_back([&, t] {
      for (std::size_t i = static_cast<std::size_t>(t) * piece; i < records.size();
           i += static_cast<std::size_t>(threads) * piece) {
        const std::size_t size = std::min(piece, records.size() - i);
        table.add(batch_of(std::span(records).subspan(i, size)));
      }
    });
  }
}

template <class Sums>
void expect_nodes_of_the_tree(typename Sums::Configuration configuration, bool levels) {
  const std::vector<Record> records = random_records(levels, 5);
  stats::TreeShape shape{{}, 3};
  if (levels) shape.levels = {"region", "site"};
  stats::BasicTree<Sums> tree(configuration, shape);
  for (const Record& record : records) tree.add(*record.key.id, record.key.path, record.values);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, std::size_t{7000}}) {
    for (const int threads : {1, 4}) {
      EntityTable<Sums> table(configuration);
      fill(table, records, piece, threads);
      ASSERT_EQ(table.size(), tree.size());
      table.each([&](const std::string& key, const core::Moments<Sums>& moments) {
        EXPECT_EQ(moments, tree.entity(*EntityKey::from_bytes(key).id));
      });
      const auto nodes = nodes_above(table, {!levels, 3, stats::balanced_depth(table.size(), 3)});
      auto next = nodes.begin();
      tree.visit([&](const stats::Path& path, const stats::Node<Sums>& node) {
        ASSERT_NE(next, nodes.end());
        EXPECT_EQ(next->first, path);
        EXPECT_EQ(next->second, node);
        ++next;
      });
      EXPECT_EQ(next, nodes.end());
    }
  }
}

TEST(EntityTable, NodesAreThoseOfTheTreeWithLevels) {
  expect_nodes_of_the_tree<core::ExactSums>(3, true);
  expect_nodes_of_the_tree<core::FixedSums>({-20, -3, 0}, true);
}

TEST(EntityTable, NodesAreThoseOfTheBalancedTree) {
  expect_nodes_of_the_tree<core::ExactSums>(3, false);
  expect_nodes_of_the_tree<core::FixedSums>({-20, -3, 0}, false);
}

TEST(EntityKey, BytesReadBackAndAreOrderedAsIdsAndPathsAre) {
  std::vector<EntityKey> keys;
  for (const std::int64_t n : {INT64_MIN, std::int64_t{-2}, std::int64_t{0}, INT64_MAX})
    keys.push_back({stats::EntityId(n), {}});
  using namespace std::string_literals;
  for (const std::string& text : {""s, "\0"s, "\0\0"s, "a"s, "a\0b"s, "ab"s, "\xff"s}) {
    keys.push_back({stats::EntityId(text), {}});
    keys.push_back({stats::EntityId(text), {"p"}});
    keys.push_back({stats::EntityId(text), {"p", "a"}});
    keys.push_back({stats::EntityId(text), {"pa"}});
  }
  for (const EntityKey& a : keys) {
    const EntityKey read = EntityKey::from_bytes(a.to_bytes());
    EXPECT_EQ(read.id, a.id);
    EXPECT_EQ(read.path, a.path);
    for (const EntityKey& b : keys) {
      EXPECT_EQ(a.sort_bytes() < b.sort_bytes(),
                std::pair(*a.id, a.path) < std::pair(*b.id, b.path));
    }
  }
}

}  // namespace
}  // namespace trawl::fold
