// One tree over the leaves of any number of ranks: root, total and proofs of one process.
#include <gtest/gtest.h>

#include <trawl/base/error.hpp>
#include <trawl/core/exact/exact_sum.hpp>
#include <trawl/core/integrity/sum_proof.hpp>
#include <trawl/fold/sum_tree.hpp>

#include "support/ranks.hpp"

namespace trawl::fold {
namespace {

const core::SumKind& kind() {
  static const core::SumKind sums = core::sum_kind<core::ExactSum>("sum");
  return sums;
}

std::string key_of(std::uint64_t i) {
  return "key " + std::to_string(100'000 + i);
}
std::vector<std::byte> state_of(std::uint64_t i) {
  core::ExactSum sum;
  sum.add(1e300 / static_cast<double>(i + 1));
  sum.add(-1e-300 * static_cast<double>(i));
  return sum.to_bytes();
}
LeafSource leaves(std::uint64_t begin, std::uint64_t end) {
  return [begin, end](const auto& add) {
    for (std::uint64_t i = begin; i < end; ++i) add(bytes_of(key_of(i)), state_of(i));
  };
}

TEST(SumTreeOfRanks, IsThatOfOneProcess) {
  const comm::Comm& world = test::world();
  const std::vector<std::uint64_t> watched = {0, 1, 313, 511, 512, 999};
  constexpr std::uint64_t count = 1000;
  const auto rank = static_cast<std::uint64_t>(world.rank());
  const auto size = static_cast<std::uint64_t>(world.size());
  // Even shares; shares that grow; everything on the last rank.
  const auto cuts = {
      std::pair(count * rank / size, count * (rank + 1) / size),
      std::pair(count * rank * rank / (size * size),
                count * (rank + 1) * (rank + 1) / (size * size)),
      std::pair(std::uint64_t{0}, rank + 1 == size ? count : 0),
  };
  std::vector<std::optional<core::SumTree>> trees;
  for (const auto& [begin, end] : cuts)
    trees.push_back(make_sum_tree(kind(), end - begin, leaves(begin, end), watched, world));
  const auto solo = make_sum_tree(kind(), count, leaves(0, count), watched, comm::Comm::solo());
  for (const auto& tree : trees) {
    ASSERT_EQ(tree.has_value(), world.is_root());
    if (!tree) continue;
    EXPECT_EQ(tree->root, solo->root);
    EXPECT_EQ(tree->total, solo->total);
    EXPECT_EQ(tree->proofs, solo->proofs);
    ASSERT_EQ(tree->proofs.size(), watched.size());
    for (const core::SumProof& proof : tree->proofs)
      EXPECT_EQ(core::check_proof(proof, kind(), tree->root), tree->total);
  }
}

TEST(SumTreeOfRanks, LeavesOutOfOrderFailEverywhere) {
  const comm::Comm& world = test::world();
  std::string error;
  try {
    make_sum_tree(kind(), 2, leaves(0, 2), {}, world);  // the same keys on all ranks
  } catch (const CollectiveError& e) {
    error = e.what();
  }
  EXPECT_EQ(error.empty(), world.size() == 1) << error;
  const auto twice = [](const auto& add) {
    for (int i = 0; i < 2; ++i) add(bytes_of("a"), state_of(0));
  };
  EXPECT_THROW(make_sum_tree(kind(), 2, twice, {}, world), CollectiveError);
}

}  // namespace
}  // namespace trawl::fold
