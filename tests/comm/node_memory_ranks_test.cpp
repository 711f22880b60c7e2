#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <trawl/base/error.hpp>

#include "played_nodes.hpp"
#include "small_pieces.hpp"

namespace trawl::test {
namespace {

using comm::Comm;
using comm::NodeMemory;

// Shared memory is refused where its folder cannot be found.
void forbid_shared_memory() {
  comm::limits().shared_memory_folder = "/no/such/folder";
}

void check_made(const Comm& comm, const NodeMemory& memory, std::size_t bytes, bool may_share) {
  const bool needs_window = comm.max(static_cast<std::uint64_t>(comm.node_size())) > 1;
  EXPECT_EQ(memory.shared(), may_share || !needs_window);
  EXPECT_EQ(memory.bytes().size(), bytes);
}

using Check = std::function<void(const Comm&, NodeMemory&)>;

void for_memories(std::size_t bytes, const Check& check) {
  whole_and_in_pieces([&] {
    for (const bool may_share : {true, false}) {
      SCOPED_TRACE(may_share ? "shared" : "private");
      const KeepLimits keep;
      if (!may_share) forbid_shared_memory();
      for_layouts([&](const Layout& layout) {
        NodeMemory memory(layout.comm, bytes);
        check_made(layout.comm, memory, bytes, may_share);
        check(layout.comm, memory);
        memory.release();
        EXPECT_TRUE(memory.bytes().empty());
      });
    }
  });
}

template <class T>
std::vector<T> copy_of(std::span<const T> items) {
  return {items.begin(), items.end()};
}

TEST(NodeMemory, IsZeroedAlignedAndMayBeEmpty) {
  for (const std::size_t bytes : {0u, 1u, 63u, 64u, 100'003u}) {
    for_memories(bytes, [](const Comm&, NodeMemory& memory) {
      const auto all = memory.bytes();
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(all.data()) % 64, 0u);
      const auto zero = [](std::byte byte) { return byte == std::byte{0}; };
      EXPECT_TRUE(std::all_of(all.begin(), all.end(), zero));
    });
  }
}

TEST(NodeMemory, IsOneCopyPerNodeOrOnePerRank) {
  for_memories(8 * 64, [](const Comm& comm, NodeMemory& memory) {
    const auto slots = memory.as<std::uint64_t>();
    slots[static_cast<std::size_t>(comm.rank())] = 7;
    memory.fence();
    const auto seen = copy_of<std::uint64_t>(slots);
    const auto on_node = comm.node().all_gather_value(comm.rank());
    std::vector<std::uint64_t> expected(slots.size());
    for (const int rank : on_node) {
      if (memory.shared() || rank == comm.rank()) expected[static_cast<std::size_t>(rank)] = 7;
    }
    EXPECT_EQ(seen, expected);
  });
}

TEST(NodeMemory, MergeOrMakesAllCopiesTheUnion) {
  constexpr std::size_t bytes = 1003;  // not a whole number of words
  for_memories(bytes, [](const Comm& comm, NodeMemory& memory) {
    const auto mine = memory.as<std::uint8_t>();
    std::vector<std::uint8_t> expected(bytes);
    for (std::size_t i = 0; i < bytes; ++i) {
      expected[i] = static_cast<std::uint8_t>(i * 7 + 1);
      if (i % static_cast<std::size_t>(comm.size()) == static_cast<std::size_t>(comm.rank())) {
        mine[i] = expected[i];
      }
    }
    memory.merge_or();
    EXPECT_EQ(copy_of<std::uint8_t>(mine), expected);
  });
}

TEST(NodeMemory, ShareFromCopiesThatStretchOfThatRank) {
  constexpr std::size_t bytes = 301, begin = 37, end = 290;
  for_memories(bytes, [](const Comm& comm, NodeMemory& memory) {
    const auto mine = memory.as<std::uint8_t>();
    for (int from = 0; from < comm.size(); ++from) {
      const auto mark = static_cast<std::uint8_t>(from + 1);
      if (comm.rank() == from) std::fill(mine.begin() + begin, mine.begin() + end, mark);
      memory.share_from(from, begin, end);
      std::vector<std::uint8_t> expected(bytes);
      std::fill(expected.begin() + begin, expected.begin() + end, mark);
      EXPECT_EQ(copy_of<std::uint8_t>(mine), expected);
      comm.barrier();  // before the next rank writes into what is being compared
    }
  });
}

// Bytes outside the stretch keep what each copy had.
TEST(NodeMemory, ShareFromLeavesTheRestAlone) {
  for_memories(3, [](const Comm& comm, NodeMemory& memory) {
    const auto mine = memory.as<std::uint8_t>();
    const bool writes = !memory.shared() || comm.node_rank() == 0;
    const auto of_copy = static_cast<std::uint8_t>(
        memory.shared() ? comm.node().max(static_cast<std::uint64_t>(comm.rank())) : comm.rank());
    if (writes) std::fill(mine.begin(), mine.end(), of_copy);
    const auto copies = comm.all_gather_value(of_copy);
    memory.share_from(comm.size() - 1, 1, 2);
    EXPECT_EQ(mine[0], of_copy);
    EXPECT_EQ(mine[1], copies.back());
    EXPECT_EQ(mine[2], of_copy);
    memory.share_from(0, 2, 2);
    EXPECT_EQ(mine[2], of_copy);
    EXPECT_THROW(memory.share_from(0, 2, 4), Error);
    EXPECT_THROW(memory.share_from(0, 2, 1), Error);
  });
}

TEST(Barrier, HoldsEverybodyUntilTheLastHasCome) {
  NodeMemory memory(world(), sizeof(int));
  const std::atomic_ref<int> arrived(memory.as<int>()[0]);
  if (world().rank() == world().size() - 1) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ++arrived;
  world().barrier();
  EXPECT_EQ(arrived.load(), world().size());
}

TEST(NodeMemory, IsPrivateWhenThereIsTooLittleSpace) {
  const KeepLimits keep;
  comm::limits().shared_memory_folder = "/proc";  // a file system without any space
  const NodeMemory memory(world(), 4096);
  EXPECT_EQ(memory.shared(), world().size() == 1);
}

TEST(NodeMemory, IsPrivateEverywhereWhenOneRankCannotShare) {
  const KeepLimits keep;
  if (world().rank() == world().size() - 1) forbid_shared_memory();
  const NodeMemory memory(world(), 4096);
  EXPECT_EQ(memory.shared(), world().size() == 1);
}

// Nothing is released here: the session has to end well all the same.
TEST(NodeMemory, MovesAndMayBeLeftToTheSession) {
  NodeMemory first(world(), 256);
  NodeMemory second = std::move(first);
  EXPECT_EQ(second.bytes().size(), 256u);
  NodeMemory third(world(), 64);
  third = std::move(second);
  EXPECT_EQ(third.bytes().size(), 256u);
  EXPECT_TRUE(third.shared());
}

}  // namespace
}  // namespace trawl::test
