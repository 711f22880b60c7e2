// How the ranks of a group are spread over nodes.
#pragma once

#include <functional>

#include <trawl/comm/comm.hpp>

namespace trawl::comm {

// Which node a rank is on, by any number; empty: those ranks share a node that MPI says can share
// memory.
using NodeOfRank = std::function<int(int rank)>;

// Collective over `comm`. The same ranks with nodes as told: how tests see several nodes on one
// machine. Ranks of one played node must share a real one. The group lives until the session ends.
Comm with_nodes(const Comm& comm, const NodeOfRank& node_of_rank);

}  // namespace trawl::comm
