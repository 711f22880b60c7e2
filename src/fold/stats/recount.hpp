// Statistics made again: every record is added alone. With --records all rows are kept in memory,
// and all are tested.
#pragma once

#include "fold/recount.hpp"

namespace trawl::fold {

// Of the body of a certificate.
std::unique_ptr<Recount> make_stats_recount(const Json& body);

}  // namespace trawl::fold
