// Baselines of entities that outliers among them cannot bend.
#pragma once

#include <string>

#include <trawl/comm/comm.hpp>

#include "fold/stats/judges.hpp"

namespace trawl::fold {

// Collective. A message for Judges, the same on all ranks: for each of `plain` the deterministic
// reweighted MCD (core/stats/mcd.hpp) of the mean vectors of the entities below it. Judges are
// dealt out over the ranks by their numbers of entities, and the means of one judge are gathered on
// its rank: in all 8 d + 4 bytes for each entity and judge above it, twice while they move; at its
// rank 4 times the means of the judges that are made at once, one for each thread. The largest
// parent must fit. Left out: where no estimate could be reweighted.
template <class Sums>
std::string robust_judges(const Judges& plain, const EntityTable<Sums>& table, const Hang& hang,
                          int threads, const comm::Comm& comm);

}  // namespace trawl::fold
