#include "fold/stats/state_files.hpp"

#include <utility>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

namespace trawl::fold {

StateFiles::StateFiles(StatsRequest how, std::span<const std::filesystem::path> states,
                       store::Overlap overlap)
    : OpenedStates(states, stats_kind, "statistics", "stats", overlap), request(std::move(how)) {
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
