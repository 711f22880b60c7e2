#include "fold/stats/state_files.hpp"

#include <utility>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

namespace trawl::fold {

StateFiles::StateFiles(StatsRequest how, std::span<const std::filesystem::path> states,
                       store::Overlap overlap)
    : request(std::move(how)) {
  for (const std::filesystem::path& path : states) {
    if (!std::filesystem::exists(path))
      throw InputError(fmt::format("no such file: {} (needed as a state)", path.string()));
    readers.emplace_back(path);
    inputs.push_back(readers.back().merge_input());
    if (inputs.back().kind != stats_kind) {
      throw InputError(
          fmt::format("no state of statistics: {} (it is of kind '{}'). Name state "
                      "files that `trawl stats --state` wrote",
                      path.string(), inputs.back().kind));
    }
  }
  plan = store::plan_merge(inputs, overlap);
  apply_configuration(inputs[0].configuration, inputs[0].name, request);
}

StateCounts StateFiles::counts() const {
  const StatsColumns columns(request);
  const std::size_t size = columns.features.size() + columns.keys.size();
  StateCounts counts(size);
  for (const std::size_t i : plan.order)
    counts.merge(StateCounts::read(readers[i], inputs[i].name, size));
  return counts;
}

}  // namespace trawl::fold
