// The state of a population that is spread over the ranks, as a file.
#pragma once

#include <optional>
#include <string>

#include <trawl/comm/comm.hpp>
#include <trawl/fold/stats.hpp>

#include "fold/stats/population.hpp"
#include "fold/stats/state_root.hpp"

namespace trawl::fold {

// Collective. Writes request.state from a population that was exchanged, whose root_of is `root`
// on root: the same bytes for any
// number of ranks. Root writes; ranks send their entities in pieces of some MiB, one rank after the
// other. Returns what was written, on root. Errors (as CollectiveError): it exists and must not be
// overwritten, or cannot be written; then there is no file.
template <class Sums>
store::WrittenState write_state(const StatsRequest& request, const std::string& configuration,
                                const Population<Sums>& population, const SearchResult& search,
                                const std::optional<StateRoot>& root, const comm::Comm& comm);

}  // namespace trawl::fold
