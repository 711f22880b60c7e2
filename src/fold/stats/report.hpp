// From what is known of the matching rows to what is said about them.
#pragma once

#include <trawl/comm/comm.hpp>
#include <trawl/fold/stats.hpp>

#include "fold/stats/population.hpp"

namespace trawl::fold {

// Collective. Fills all of `result` but its search, from a population that was exchanged.
template <class Sums>
void report(const StatsRequest& request, const Population<Sums>& population, const comm::Comm& comm,
            StatsResult& result);

}  // namespace trawl::fold
