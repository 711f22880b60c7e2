#include <vector>

#include <gtest/gtest.h>

#include "played_nodes.hpp"

namespace trawl::test {
namespace {

std::vector<int> ranks_on_node_of(const Layout& layout, int rank) {
  std::vector<int> ranks;
  for (int r = 0; r < world().size(); ++r) {
    if (layout.node_of_rank(r) == layout.node_of_rank(rank)) ranks.push_back(r);
  }
  return ranks;
}

std::vector<int> leading_ranks(const Layout& layout) {
  std::vector<int> ranks;
  for (int r = 0; r < world().size(); ++r) {
    if (ranks_on_node_of(layout, r).front() == r) ranks.push_back(r);
  }
  return ranks;
}

TEST(Node, OfThisMachineHoldsAllRanks) {
  EXPECT_EQ(world().node_size(), world().size());
  EXPECT_EQ(world().node_rank(), world().rank());
  EXPECT_EQ(world().node().size(), world().size());
}

TEST(Node, HoldsTheRanksOfTheNodeInRankOrder) {
  for_layouts([](const Layout& layout) {
    const comm::Comm node = layout.comm.node();
    const auto members = node.all_gather_value(world().rank());
    EXPECT_EQ(members, ranks_on_node_of(layout, world().rank()));
    EXPECT_EQ(node.rank(), layout.comm.node_rank());
    EXPECT_EQ(node.size(), layout.comm.node_size());
    EXPECT_EQ(node.node().size(), node.size());
    EXPECT_EQ(node.leaders().size(), 1);
  });
}

TEST(Leaders, AreTheFirstRanksOfTheNodes) {
  for_layouts([](const Layout& layout) {
    const comm::Comm leaders = layout.comm.leaders();
    const auto members = leaders.all_gather_value(world().rank());
    const bool leads = layout.comm.node_rank() == 0;
    EXPECT_EQ(members, leads ? leading_ranks(layout) : std::vector<int>{world().rank()});
    EXPECT_EQ(leaders.node().size(), 1);
    EXPECT_EQ(leaders.leaders().size(), leaders.size());
  });
}

}  // namespace
}  // namespace trawl::test
