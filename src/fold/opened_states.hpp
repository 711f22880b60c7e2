// State files of one kind, opened, and how they go together.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include <trawl/store/state_file.hpp>
#include <trawl/store/state_merge.hpp>

namespace trawl::fold {

struct OpenedStates {
  // Local. `what` and `command` are for the error when one is of another kind than `kind`.
  // InputError, DataError: as merge_states.
  OpenedStates(std::span<const std::filesystem::path> states, std::string_view kind,
               std::string_view what, std::string_view command, store::Overlap overlap);

  // Local. Checks those that the plan merges (state_check.hpp), on `threads`; of several ranks,
  // each its share. DataError: damaged.
  void check(int threads, int rank = 0, int ranks = 1) const;

  std::vector<store::StateReader> readers;
  std::vector<store::MergeInput> inputs;
  store::MergePlan plan;
};

}  // namespace trawl::fold
