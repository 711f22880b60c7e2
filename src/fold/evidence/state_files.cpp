#include "fold/evidence/state_files.hpp"

#include <utility>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

namespace trawl::fold {

EvidenceStateFiles::EvidenceStateFiles(EvidenceRequest how,
                                       std::span<const std::filesystem::path> states,
                                       store::Overlap overlap, bool disjoint_ids)
    : OpenedStates(states, evidence_kind, "evidence", "evidence", overlap),
      request(std::move(how)) {
  form = apply_evidence_configuration(inputs[0].configuration, inputs[0].name, request);
  if (plan.order.size() > 1 && !form.ids && !request.columns.id.empty() && !disjoint_ids) {
    throw InputError(fmt::format(
        "{} and {}: these states do not keep the ids of their evidence, so evidence that both hold "
        "would count twice, and nobody could tell. If you know that they share none, `trawl merge "
        "--disjoint-ids` says so; else make them again without --state-without-ids",
        inputs[plan.order[0]].name, inputs[plan.order[1]].name));
  }
}

EvidenceStateCounts EvidenceStateFiles::counts() const {
  EvidenceStateCounts counts;
  for (const std::size_t i : plan.order)
    counts.merge(EvidenceStateCounts::read(readers[i], inputs[i].name));
  return counts;
}

}  // namespace trawl::fold
