#include "fold/opened_states.hpp"

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/parallel.hpp>

#include "fold/state_check.hpp"

namespace trawl::fold {

OpenedStates::OpenedStates(std::span<const std::filesystem::path> states, std::string_view kind,
                           std::string_view what, std::string_view command,
                           store::Overlap overlap) {
  for (const std::filesystem::path& path : states) {
    if (!std::filesystem::exists(path))
      throw InputError(fmt::format("no such file: {} (needed as a state)", path.string()));
    readers.emplace_back(path);
    inputs.push_back(readers.back().merge_input());
    if (inputs.back().kind != kind) {
      throw InputError(
          fmt::format("no state of {}: {} (it is of kind '{}'). Name state files that "
                      "`trawl {} --state` wrote",
                      what, path.string(), inputs.back().kind, command));
    }
  }
  plan = store::plan_merge(inputs, overlap);
}

void OpenedStates::check(int threads, int rank, int ranks) const {
  std::vector<std::size_t> mine;
  for (std::size_t k = 0; k < plan.order.size(); ++k) {
    if (k % static_cast<std::size_t>(ranks) == static_cast<std::size_t>(rank))
      mine.push_back(plan.order[k]);
  }
  parallel_for(mine.size(), threads,
               [&](std::size_t k) { check_state(readers[mine[k]], inputs[mine[k]].name); });
}

}  // namespace trawl::fold
