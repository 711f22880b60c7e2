// Which entities behave alike: lines of pairs, the most correlated below each parent and those that
// were named.
#pragma once

#include <string>

#include <trawl/comm/comm.hpp>
#include <trawl/fold/stats.hpp>

#include "fold/stats/nodes.hpp"

namespace trawl::fold {

// Collective. Root: the lines; elsewhere nothing. `request.pairs` must be; `nodes`: all of them, on
// root. Similar pairs by parent, in a parent the most correlated first:
//   {"pair":[a,b],"path":[parent],"varying":n,"correlation":r}
// then named pairs by their ids, with where both are below the node that they share:
//   {"pair":[a,b],"paths":[[...],[...]],"path":[node],"varying":n,"correlation":r or null}
// InputError (as CollectiveError): no entities, fewer than 3 features, unknown names.
template <class Sums>
std::string report_pairs(const StatsRequest& request, const EntityTable<Sums>& table,
                         const NodeMap<Sums>& nodes, const Hang& hang, const comm::Comm& comm,
                         PairCounts& counts);

}  // namespace trawl::fold
