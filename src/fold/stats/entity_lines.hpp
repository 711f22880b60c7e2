// The lines of all entities of one rank, in their order.
#pragma once

#include <string>

#include <trawl/fold/stats.hpp>

#include "fold/stats/anomalies.hpp"
#include "fold/stats/entity_table.hpp"
#include "fold/stats/nodes.hpp"

namespace trawl::fold {

// Local, on all threads of the request. Appends to `out`, which grows to about what it will need at
// once. With `orders`, each line stands behind the bytes that it is ordered by, for
// lines_in_order(); else they are as they will be read. `anomalies`: null when not wanted.
template <class Sums>
void append_entity_lines(std::string& out, const StatsRequest& request,
                         const EntityTable<Sums>& table, const Hang& hang,
                         const EntityAnomalies<Sums>* anomalies, bool orders);

}  // namespace trawl::fold
