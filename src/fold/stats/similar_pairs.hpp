// The most correlated pairs of entities below every parent.
#pragma once

#include <string>

#include <trawl/comm/comm.hpp>
#include <trawl/fold/stats.hpp>

#include "fold/stats/nodes.hpp"

namespace trawl::fold {

// Collective. Root: the lines (pairs.hpp); elsewhere nothing. Root makes known how the profiles of
// each parent are measured, every rank makes those of its own entities, and the profiles of one
// parent come together on one rank: O(entities x features) bytes in one exchange.
template <class Sums>
std::string similar_pairs(const StatsRequest& request, const EntityTable<Sums>& table,
                          const NodeMap<Sums>& nodes, const Hang& hang, const comm::Comm& comm,
                          PairCounts& counts);

// {"pair":[a,b],`more`"path":[...],"varying":n,"correlation":r}
std::string pair_line(const stats::EntityId& a, const stats::EntityId& b, const std::string& more,
                      const stats::Path& path, std::size_t varying, double correlation);

}  // namespace trawl::fold
