// What a tree promises: where entities are, what is refused, bytes.
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>

#include "core/tree_support.hpp"

namespace trawl::stats {
namespace {

template <class Sums>
class AnyTree : public testing::Test {};
using Forms = testing::Types<core::ExactSums, core::FixedSums>;
TYPED_TEST_SUITE(AnyTree, Forms);

using Row = std::vector<double>;

template <class Sums>
BasicTree<Sums> tree_of(TreeShape shape, std::size_t features = 1) {
  return BasicTree<Sums>(configuration<Sums>(features), std::move(shape));
}

const TreeShape sites{.levels = {"region", "site"}};

TYPED_TEST(AnyTree, CountsEachLevel) {
  auto tree = tree_of<TypeParam>(sites, 2);
  tree.add("a", {"east", "1"}, Row{1, 10, 3, 30});
  tree.add("b", {"east", "2"}, Row{8, 80});
  tree.add(7, {"west", "1"}, Row{5, std::nan("")});
  tree.join(8, {"west", "1"});

  EXPECT_EQ(tree.depth(), 2u);
  EXPECT_EQ(tree.children({}), (Path{"east", "west"}));
  EXPECT_EQ(tree.children({"east"}), (Path{"1", "2"}));
  EXPECT_EQ(tree.entities({"west", "1"}), (std::vector<EntityId>{7, 8}));
  EXPECT_TRUE(tree.entities({"west"}).empty());
  EXPECT_EQ(tree.path_of("b"), (Path{"east", "2"}));

  const auto& root = tree.root();
  EXPECT_EQ(root.entities, 4);
  EXPECT_EQ(root.within.count(), 3);
  EXPECT_EQ(root.within.refused_values(1).nan, 1);
  EXPECT_EQ(root.within.mean(0), 4);
  EXPECT_EQ(root.between.count(), 2);
  EXPECT_EQ(root.between.mean(0), 5);  // of 2 and 8
  EXPECT_TRUE(root.squared_records == 5);
  EXPECT_EQ(tree.node({"west"}).entities, 2);
  EXPECT_EQ(tree.entity(7).refused(), 1);
}

TYPED_TEST(AnyTree, DepthFollowsTheNumberOfEntities) {
  EXPECT_EQ(balanced_depth(0, 10), 0u);
  EXPECT_EQ(balanced_depth(99, 10), 0u);
  EXPECT_EQ(balanced_depth(100, 10), 1u);
  EXPECT_EQ(balanced_depth(999'999, 10), 4u);
  EXPECT_EQ(balanced_depth(1'000'000, 10), 5u);
  EXPECT_EQ(balanced_depth(std::numeric_limits<std::uint64_t>::max(), 2), 62u);

  auto tree = tree_of<TypeParam>({.fanout = 12});
  for (std::int64_t id = 0; id < 143; ++id) tree.add(id, {}, Row{static_cast<double>(id)});
  EXPECT_EQ(tree.entities({}).size(), 143u);
  tree.join(143);
  EXPECT_EQ(tree.children({}).size(), 12u);
  EXPECT_EQ(tree.children({}).front(), "00");
  std::size_t below = 0;
  for (const auto& name : tree.children({})) below += tree.entities({name}).size();
  EXPECT_EQ(below, 144u);
  tree.leave(3);
  EXPECT_TRUE(tree.children({}).empty());
}

// Entities that join move no other, but for the digits that all paths get at their end.
TYPED_TEST(AnyTree, PathsOfABalancedTreeOnlyGrow) {
  auto tree = tree_of<TypeParam>({.fanout = 3});
  std::map<EntityId, Path> paths;
  for (std::int64_t id = 0; id < 400; ++id) {
    tree.join(id);
    for (auto& [known, path] : paths) {
      const Path now = tree.path_of(known);
      ASSERT_LE(path.size(), now.size());
      ASSERT_TRUE(std::equal(path.begin(), path.end(), now.begin()));
      path = now;
    }
    paths[id] = tree.path_of(id);
  }
  for (const auto& [id, path] : paths) {
    const auto there = tree.entities(path);
    EXPECT_TRUE(std::binary_search(there.begin(), there.end(), id));
  }
}

TYPED_TEST(AnyTree, NodesAboveTheBottomKeepTheirBytesWhenItDeepens) {
  auto tree = tree_of<TypeParam>({.fanout = 3});
  Rng rng(1);
  for (std::int64_t id = 0; id < 26; ++id) tree.add(id, {}, Row{static_cast<double>(rng() % 100)});
  const auto before = nodes_of(tree);
  tree.join(1000);
  const auto deeper = nodes_of(tree);
  EXPECT_GT(deeper.size(), before.size());
  tree.leave(1000);
  EXPECT_EQ(nodes_of(tree), before);
  tree.set_entities_elsewhere(1);
  const auto again = nodes_of(tree);
  for (const auto& [path, node] : before) EXPECT_EQ(again.at(path), node);
  EXPECT_EQ(again.size(), deeper.size());
}

// Parts of one tree, each with some of the entities, merge node by node.
TYPED_TEST(AnyTree, NodesOfPartsMergeToThoseOfTheWhole) {
  auto whole = tree_of<TypeParam>({.fanout = 3});
  std::vector<BasicTree<TypeParam>> parts;
  for (int part = 0; part < 4; ++part) parts.push_back(tree_of<TypeParam>({.fanout = 3}));
  Rng rng(2);
  for (std::int64_t id = 0; id < 100; ++id) {
    const Row record{static_cast<double>(rng() % 1000)};
    whole.add(id, {}, record);
    parts[hash_of(id) % 4].add(id, {}, record);
  }
  std::map<Path, Node<TypeParam>> merged;
  for (auto& part : parts) {
    part.set_entities_elsewhere(100 - part.size());
    part.visit([&](const Path& path, const auto& node) {
      merged.try_emplace(path, configuration<TypeParam>(1)).first->second.merge(node);
    });
  }
  EXPECT_EQ(merged, nodes_of(whole));
}

TYPED_TEST(AnyTree, MergesDisjointAndOverlappingTrees) {
  auto a = tree_of<TypeParam>(sites), b = tree_of<TypeParam>(sites),
       both = tree_of<TypeParam>(sites);
  a.add("x", {"east", "1"}, Row{1, 2});
  a.add("y", {"east", "2"}, Row{3});
  b.add("x", {"east", "1"}, Row{4});
  b.add("z", {"west", "1"}, Row{5});
  both.add("x", {"east", "1"}, Row{4, 2, 1});
  both.add("z", {"west", "1"}, Row{5});
  both.add("y", {"east", "2"}, Row{3});
  a.root();
  a.merge(b);
  EXPECT_EQ(a.to_bytes(), both.to_bytes());
  EXPECT_EQ(nodes_of(a), nodes_of(both));

  auto twice = tree_of<TypeParam>(sites);
  twice.merge(b);
  twice.merge(b);
  b.merge(b);
  EXPECT_EQ(nodes_of(b), nodes_of(twice));
  EXPECT_EQ(b.to_bytes(), twice.to_bytes());
}

TYPED_TEST(AnyTree, RefusesWhatCannotBe) {
  auto tree = tree_of<TypeParam>(sites);
  tree.add("x", {"east", "1"}, Row{1, 2});
  const auto bytes = tree.to_bytes();
  EXPECT_THROW(tree.join("x", {"east", "1"}), InputError);
  EXPECT_THROW(tree.join("y", {"east"}), InputError);
  EXPECT_THROW(tree.add("x", {"east", "2"}, Row{1}), InputError);
  EXPECT_THROW(tree.move("x", {"east"}), InputError);
  EXPECT_THROW(tree.move("y", {"east", "1"}), InputError);
  EXPECT_THROW(tree.leave("y"), InputError);
  EXPECT_THROW(tree.remove("y", Row{1}), InputError);
  EXPECT_THROW(tree.remove("x", (Row{1, 2, 3})), InputError);
  EXPECT_THROW(tree.remove("x", (Row{1, 3})), InputError);
  EXPECT_THROW(tree.remove("x", Row{std::nan("")}), InputError);
  EXPECT_THROW(tree.update("y", Row{1}), InputError);
  EXPECT_THROW(tree.node({"west"}), InputError);
  EXPECT_THROW(tree.path_of("y"), InputError);
  EXPECT_THROW(tree.merge(tree_of<TypeParam>({.levels = {"site"}})), InputError);
  EXPECT_THROW(tree.merge(tree_of<TypeParam>(sites, 2)), InputError);
  auto elsewhere = tree_of<TypeParam>(sites);
  elsewhere.add("w", {"east", "1"}, Row{1});
  elsewhere.add("x", {"west", "1"}, Row{1});
  EXPECT_THROW(tree.merge(elsewhere), InputError);
  EXPECT_EQ(tree.to_bytes(), bytes);
  EXPECT_EQ(tree.root().entities, 1);

  auto balanced = tree_of<TypeParam>({});
  balanced.join(1);
  EXPECT_THROW(balanced.join(2, {"3"}), InputError);
  EXPECT_THROW(balanced.move(1, {}), InputError);
  EXPECT_THROW(tree_of<TypeParam>({.fanout = 1}), InputError);
  EXPECT_THROW(tree_of<TypeParam>({.fanout = 1001}), InputError);
}

template <class Sums>
BasicTree<Sums> some_tree(const TreeShape& shape, const Path& path) {
  auto tree = tree_of<Sums>(shape, 2);
  tree.add("text", path, Row{1, 2, 3, 4});
  tree.add("", path, Row{1, std::nan("")});
  tree.add(-5, path, Row{0.5, -8});
  tree.join(std::numeric_limits<std::int64_t>::max(), path);
  return tree;
}

TYPED_TEST(AnyTree, ComesBackFromItsBytes) {
  for (const bool levels : {true, false}) {
    auto tree = some_tree<TypeParam>(levels ? sites : TreeShape{.fanout = 2},
                                     levels ? Path{"east", ""} : Path{});
    const auto bytes = tree.to_bytes();
    auto back = BasicTree<TypeParam>::from_bytes(bytes);
    EXPECT_EQ(back.to_bytes(), bytes);
    EXPECT_EQ(nodes_of(back), nodes_of(tree));
    const auto node = tree.root().to_bytes();
    EXPECT_EQ(Node<TypeParam>::from_bytes(node).to_bytes(), node);
  }
}

// Bytes either are refused or would be written again.
TYPED_TEST(AnyTree, RefusesDamagedBytes) {
  auto tree = some_tree<TypeParam>(sites, {"east", "1"});
  const auto bytes = tree.to_bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(BasicTree<TypeParam>::from_bytes(Bytes(bytes).first(size)), DataError) << size;
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto damaged = bytes;
    damaged[at] ^= std::byte{1} << (at % 8);
    try {
      EXPECT_EQ(BasicTree<TypeParam>::from_bytes(damaged).to_bytes(), damaged) << at;
    } catch (const DataError&) {
    }
  }
  const auto node = tree.root().to_bytes();
  for (std::size_t size = 0; size < node.size(); ++size) {
    EXPECT_THROW(Node<TypeParam>::from_bytes(Bytes(node).first(size)), DataError) << size;
  }
}

}  // namespace
}  // namespace trawl::stats
