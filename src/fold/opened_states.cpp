#include "fold/opened_states.hpp"

#include <fmt/format.h>

#include <trawl/base/error.hpp>

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

}  // namespace trawl::fold
