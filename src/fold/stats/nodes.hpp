// The inner nodes of a hierarchy from the moments of its entities, and their way up to root.
#pragma once

#include <cstdint>
#include <map>

#include <trawl/comm/comm.hpp>
#include <trawl/core/stats/node.hpp>
#include <trawl/core/stats/tree.hpp>

#include "fold/stats/entity_key.hpp"
#include "fold/stats/entity_table.hpp"

namespace trawl::fold {

// By path: parents first, siblings by name. The root is always there.
template <class Sums>
using NodeMap = std::map<stats::Path, stats::Node<Sums>>;

// How entities hang below inner nodes.
struct Hang {
  bool balanced = false;    // by the digits of their ids' hashes; else by the paths of their keys
  std::size_t fanout = 10;  // of a balanced tree
  std::size_t depth = 0;    // of the nodes right above entities
};

// Of the node right above an entity, or of records without one.
stats::Path parent_path(const EntityKey& key, const Hang& hang);

// Local. The nodes above the entities of `table`, as far as these say. Keys without an entity are
// records of a node itself.
template <class Sums>
NodeMap<Sums> nodes_above(const EntityTable<Sums>& table, const Hang& hang, int threads = 1);

// Collective. The union of all ranks' nodes, nodes of equal path merged, in O(log ranks) messages.
// Root only; elsewhere the map is empty.
template <class Sums>
NodeMap<Sums> merge_nodes(NodeMap<Sums> mine, const comm::Comm& comm);

}  // namespace trawl::fold
