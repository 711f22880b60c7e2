// From what is known of the matching rows to what is said about them.
#pragma once

#include <string>

#include <trawl/comm/comm.hpp>
#include <trawl/fold/stats.hpp>

#include "fold/stats/nodes.hpp"
#include "fold/stats/population.hpp"

namespace trawl::fold {

// What records are to be judged by, in a second pass over them.
struct RecordJudges {
  std::string message;  // root: for Judges; empty unless records are to be judged
  Hang hang;
};

// Collective. Fills all of `result` but its search and its anomalies among records, from a
// population that was exchanged.
template <class Sums>
RecordJudges report(const StatsRequest& request, const Population<Sums>& population,
                    const comm::Comm& comm, StatsResult& result);

}  // namespace trawl::fold
