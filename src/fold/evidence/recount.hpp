// Evidence made again: all rows are kept in memory until those of one identity are together.
#pragma once

#include "fold/recount.hpp"

namespace trawl::fold {

// Of the body of a certificate.
std::unique_ptr<Recount> make_evidence_recount(const Json& body);

}  // namespace trawl::fold
