// The audit: a sample of what was pruned is scanned all the same. A match there is a defect, and
// loud.
#pragma once

#include <optional>
#include <span>

#include <trawl/fold/search.hpp>

namespace trawl::fold {

// Collective. `pruned` is this rank's ledger of pruned row groups. When anything was pruned and
// `share` > 0, at least one row group is audited. The same sample for any number of ranks.
AuditResult audit_pruned(const Opened& opened, const Ledger& pruned, double share,
                         std::optional<std::span<const std::int64_t>> late, int threads,
                         const comm::Comm& comm);

}  // namespace trawl::fold
