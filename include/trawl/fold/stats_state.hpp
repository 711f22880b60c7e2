// State files of `trawl stats`: reporting from them without the data they were made of. What is in
// them: docs/formats/state.md. Merging them: merge_states.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <trawl/base/digest.hpp>
#include <trawl/comm/comm.hpp>
#include <trawl/fold/stats.hpp>
#include <trawl/store/state_file.hpp>
#include <trawl/store/state_merge.hpp>

namespace trawl::fold {

// Datasets of equal content, which count twice, as pairs of positions in `opened`; the first of
// each is the first of its content. Datasets without rows, and those that failed, are none. O(n log
// n).
std::vector<std::pair<std::size_t, std::size_t>> same_data(const Opened& opened);

struct StatesReport {
  std::vector<store::MergeInput> inputs;
  store::MergePlan plan;
  StatsRequest request;  // with what the states say
  StatsResult stats;     // of its search only the status, and of the total only rows and matches
};

// Collective. What `stats` would have reported of all data that `states` cover: the same lines,
// byte for byte. Of `request` only what concerns the report counts (fanout, confidence, correlate,
// ..., and threads); what the sums depend on comes from the states. Errors (as CollectiveError) as
// merge_states. Every rank reads all states, and keeps its own entities.
StatesReport report_states(StatsRequest request, std::span<const std::filesystem::path> states,
                           const comm::Comm& comm);

}  // namespace trawl::fold
