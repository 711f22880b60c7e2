// From what is known of the matching rows to what is said about them.
#pragma once

#include <string>
#include <vector>

#include <trawl/comm/comm.hpp>
#include <trawl/fold/evidence.hpp>

#include "fold/evidence/population.hpp"

namespace trawl::fold {

// Local. InputError: sources are registered, and there is no column of them.
void check_registered(const EvidenceRequest& request);

// Collective. Lines and counts in `result` (root), from a population that was resolved. `names` of
// datasets, as Places number them; none where places are not known. InputError (as
// CollectiveError): an entity with two priors.
void report(const EvidenceRequest& request, const EvidencePopulation& population,
            const std::vector<std::string>& names, const comm::Comm& comm, EvidenceResult& result);

}  // namespace trawl::fold
