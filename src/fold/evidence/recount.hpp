// The slow twin of screening and collecting: evidence from rows that come one by one, as plain
// values, all kept in memory until those of one identity are together.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <trawl/fold/evidence.hpp>

#include "fold/stats/recount.hpp"

namespace trawl::fold {

// `request` must live as long; `names` of datasets. `configuration`: what evidence_configuration()
// says.
std::unique_ptr<Recount> make_recount(const EvidenceRequest& request,
                                      std::vector<std::string> names, std::string configuration);

}  // namespace trawl::fold
