// Random joins, leaves, moves, additions and removals, in a tree and in its slow twin.
#include <gtest/gtest.h>

#include "core/tree_support.hpp"

namespace trawl::stats {
namespace {

template <class Sums>
class AnyTreeMoves : public testing::Test {};
using Forms = testing::Types<core::ExactSums, core::FixedSums>;
TYPED_TEST_SUITE(AnyTreeMoves, Forms);

constexpr std::size_t features = 2;

// A tree and its twin, changed alike.
template <class Sums>
class Pair {
 public:
  Pair(std::uint64_t seed, TreeShape shape, std::uint64_t ids)
      : tree(configuration<Sums>(features), shape),
        twin(features, shape),
        rng_(seed),
        ids_(ids),
        levels_(shape.levels.size()) {}

  void step() {
    const EntityId id = random_id();
    const auto place = twin.entities.find(id);
    const bool known = place != twin.entities.end();
    const auto kind = rng_() % 10;
    if (!known) {
      if (kind < 5) return join(id);
      return add(id, random_path());
    }
    if (kind < 3) return leave(id);
    if (kind < 6) return levels_ > 0 ? move(id) : leave(id);
    if (kind < 8) return remove(id);
    add(id, place->second.path);
  }

  BasicTree<Sums> tree;
  SlowTree<Sums> twin;

 private:
  EntityId random_id() {
    const auto number = static_cast<std::int64_t>(rng_() % ids_);
    if (number % 3 == 0) return "agent " + std::to_string(number);
    return number - 20;
  }
  Path random_path() {
    Path path;
    while (path.size() < levels_) path.push_back(std::to_string(rng_() % 4));
    return path;
  }

  void join(const EntityId& id) {
    const Path path = random_path();
    tree.join(id, path);
    twin.entities[id].path = path;
  }
  void leave(const EntityId& id) {
    tree.leave(id);
    twin.entities.erase(id);
  }
  void move(const EntityId& id) {
    const Path path = random_path();
    tree.move(id, path);
    twin.entities[id].path = path;
  }
  void add(const EntityId& id, const Path& path) {
    auto& entity = twin.entities[id];
    entity.path = path;
    std::vector<double> rows;
    for (auto records = 1 + rng_() % 3; records > 0; --records) {
      entity.records.push_back(random_record(rng_, features));
      rows.insert(rows.end(), entity.records.back().begin(), entity.records.back().end());
    }
    tree.add(id, path, rows);
  }
  void remove(const EntityId& id) {
    auto& records = twin.entities[id].records;
    if (records.empty()) return;
    std::swap(records[rng_() % records.size()], records.back());
    tree.remove(id, records.back());
    records.pop_back();
  }

  Rng rng_;
  std::uint64_t ids_;
  std::size_t levels_;
};

// Reads now and then, as far as the random numbers want it: laziness must not show.
template <class Sums>
void expect_same_as_twin(std::uint64_t seed, const TreeShape& shape, std::uint64_t ids, int steps) {
  Pair<Sums> pair(seed, shape, ids);
  Rng rng(seed + 1);
  for (int step = 0; step < steps; ++step) {
    pair.step();
    if (rng() % 50 == 0) pair.tree.root();
    if (rng() % 300 != 0) continue;
    ASSERT_EQ(nodes_of(pair.tree), pair.twin.nodes()) << step;
  }
  ASSERT_EQ(nodes_of(pair.tree), pair.twin.nodes());
  auto rebuilt = pair.twin.rebuilt();
  EXPECT_EQ(pair.tree.to_bytes(), rebuilt.to_bytes());
}

TYPED_TEST(AnyTreeMoves, AllNodesAreThoseOfTheirRecords) {
  expect_same_as_twin<TypeParam>(1, {.levels = {"region", "site"}}, 60, 3000);
  expect_same_as_twin<TypeParam>(2, {.levels = {"site"}}, 8, 1000);
  // The numbers of entities go to and fro over 2, 4, 8, 16, 32.
  expect_same_as_twin<TypeParam>(3, {.fanout = 2}, 80, 3000);
  expect_same_as_twin<TypeParam>(4, {.fanout = 2}, 6, 1000);
  expect_same_as_twin<TypeParam>(5, {.fanout = 3}, 40, 1000);
}

// Nothing is read before the end.
TYPED_TEST(AnyTreeMoves, HundredThousandLeaveTheRootAsIfRebuilt) {
  for (const TreeShape& shape : {TreeShape{.levels = {"region", "site"}}, TreeShape{.fanout = 4}}) {
    Pair<TypeParam> pair(7, shape, 1500);
    for (int step = 0; step < 100'000; ++step) pair.step();
    auto rebuilt = pair.twin.rebuilt();
    EXPECT_GT(pair.tree.size(), 300u);
    EXPECT_EQ(pair.tree.root().to_bytes(), rebuilt.root().to_bytes());
    EXPECT_EQ(pair.tree.to_bytes(), rebuilt.to_bytes());
  }
}

TYPED_TEST(AnyTreeMoves, WhenAllHaveLeftNothingRemains) {
  Pair<TypeParam> pair(8, {.levels = {"site"}}, 50);
  for (int step = 0; step < 2000; ++step) pair.step();
  pair.tree.root();
  const auto entities = pair.twin.entities;
  for (const auto& [id, entity] : entities) pair.tree.leave(id);
  BasicTree<TypeParam> nothing(configuration<TypeParam>(features), {.levels = {"site"}});
  EXPECT_EQ(nodes_of(pair.tree), nodes_of(nothing));
  EXPECT_EQ(pair.tree.to_bytes(), nothing.to_bytes());
}

}  // namespace
}  // namespace trawl::stats
