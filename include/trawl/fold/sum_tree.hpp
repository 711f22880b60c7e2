// One sum tree over the states that the ranks hold.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include <trawl/comm/comm.hpp>
#include <trawl/core/integrity/sum_tree.hpp>

namespace trawl::fold {

// Local. Calls `add` for each leaf of the rank's share, in ascending order of keys.
using LeafSource = std::function<void(const std::function<void(Bytes key, Bytes sum)>& add)>;

// Collective. The tree over all ranks' leaves, those of lower ranks first; on root, nothing on
// others. `count`: how many leaves this rank's source has. Leaves at the positions in `watched`
// (over all ranks, the same on all) get proofs. The same for any shares. DataError, as
// CollectiveError on all ranks, when keys do not ascend or a state is not canonical.
std::optional<core::SumTree> make_sum_tree(const core::SumKind& kind, std::uint64_t count,
                                           const LeafSource& leaves,
                                           std::span<const std::uint64_t> watched,
                                           const comm::Comm& world);

// Collective. The same of ranges that ranks have built: they must touch, in the order of ranks.
std::optional<core::SumTree> join_sum_trees(const core::SumKind& kind, core::SumTreeRange mine,
                                            const comm::Comm& world);

// Collective. How many leaves lower ranks have, when this one has `count`.
std::uint64_t leaves_before(std::uint64_t count, const comm::Comm& world);

}  // namespace trawl::fold
