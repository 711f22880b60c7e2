// State files of statistics that go together, opened.
#pragma once

#include <filesystem>
#include <span>

#include <trawl/fold/stats.hpp>

#include "fold/opened_states.hpp"
#include "fold/stats/state.hpp"

namespace trawl::fold {

struct StateFiles : OpenedStates {
  // Local. `request` says how to report; what the sums depend on is set from the states.
  // InputError, DataError: as merge_states.
  StateFiles(StatsRequest request, std::span<const std::filesystem::path> states,
             store::Overlap overlap);

  // Of all that the plan merges.
  StateCounts counts() const;

  StatsRequest request;
};

}  // namespace trawl::fold
