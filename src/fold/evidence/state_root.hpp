// The sum tree over the entities of a state of evidence. A leaf's key: evidence_leaf_key; its sum:
// evidence::Total.
#pragma once

#include <optional>
#include <string>

#include <trawl/comm/comm.hpp>
#include <trawl/core/integrity/sum_tree.hpp>

#include "fold/evidence/state_entity.hpp"
#include "fold/stats/state_root.hpp"

namespace trawl::fold {

// Its name has the configuration but for `ids`: sums do not depend on which records are kept beside
// them.
core::SumKind evidence_sums(const std::string& configuration);

// Collective. The root, on root, of entities that are on their owners. The same for any number of
// ranks and threads.
std::optional<StateRoot> root_of(const SortedEvidence& entities, const std::string& configuration,
                                 int threads, const comm::Comm& comm);

}  // namespace trawl::fold
