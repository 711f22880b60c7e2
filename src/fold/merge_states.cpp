#include <algorithm>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/fold/merge_states.hpp>

#include "fold/evidence/state.hpp"
#include "fold/evidence/state_merge.hpp"
#include "fold/stats/state.hpp"
#include "fold/stats/state_merge.hpp"

namespace trawl::fold {
namespace {

struct MergeableKind {
  std::string_view name;
  MergedStates (*merge)(std::span<const std::filesystem::path>, const std::filesystem::path&,
                        const MergeOptions&);
};
constexpr MergeableKind mergeable_kinds[] = {{stats_kind, merge_stats_states},
                                             {evidence_kind, merge_evidence_states}};

}  // namespace

MergedStates merge_states(std::span<const std::filesystem::path> states,
                          const std::filesystem::path& out, const MergeOptions& options) {
  if (states.empty()) throw InputError("nothing to merge: no states are named. Name at least one");
  if (!std::filesystem::exists(states[0]))
    throw InputError(fmt::format("no such file: {} (needed as a state)", states[0].string()));
  const std::string kind = store::StateReader(states[0]).kind();
  const auto known = std::ranges::find(mergeable_kinds, kind, &MergeableKind::name);
  if (known == std::end(mergeable_kinds))
    throw InputError(
        fmt::format("states of kind '{}' cannot be merged: {}", kind, states[0].string()));
  return known->merge(states, out, options);
}

}  // namespace trawl::fold
