// merge_states of states of statistics.
#pragma once

#include <trawl/fold/merge_states.hpp>

namespace trawl::fold {

MergedStates merge_stats_states(std::span<const std::filesystem::path> states,
                                const std::filesystem::path& out, const MergeOptions& options);

}  // namespace trawl::fold
