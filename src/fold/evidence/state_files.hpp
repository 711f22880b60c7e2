// State files of evidence that go together, opened.
#pragma once

#include <filesystem>
#include <span>

#include <trawl/fold/evidence.hpp>

#include "fold/evidence/state.hpp"
#include "fold/evidence/state_record.hpp"
#include "fold/opened_states.hpp"

namespace trawl::fold {

struct EvidenceStateFiles : OpenedStates {
  // Local. `request` says how to report; what the sums depend on is set from the states.
  // InputError, DataError: as merge_states.
  EvidenceStateFiles(EvidenceRequest request, std::span<const std::filesystem::path> states,
                     store::Overlap overlap, bool disjoint_ids);

  bool priors() const { return !request.columns.prior.empty(); }
  SumRules sum_rules() const { return {request.rules.max_log_odds, form.by_type}; }
  // Of all that the plan merges.
  EvidenceStateCounts counts() const;

  EvidenceRequest request;
  EvidenceStateForm form;
};

}  // namespace trawl::fold
