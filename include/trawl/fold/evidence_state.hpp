// Reporting from state files of `trawl evidence`, without the data they were made of. What is in
// them: docs/formats/state.md. Merging them: merge_states.hpp.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include <trawl/comm/comm.hpp>
#include <trawl/fold/evidence.hpp>
#include <trawl/store/state_merge.hpp>

namespace trawl::fold {

struct EvidenceStatesReport {
  std::vector<store::MergeInput> inputs;
  store::MergePlan plan;
  EvidenceRequest request;      // with what the states say
  EvidenceResult evidence;      // of its search only the status, and of the total rows and matches
  std::uint64_t retracted = 0;  // rows: matches = records + duplicates + withheld + refused + these
};

// Collective. What `evidence` would have reported of all data that `states` cover: the same lines,
// but that equivocations do not say where their records are. Of `request` only what concerns the
// report counts (prior, cap, share of liars, policy, confidence, and threads); what the sums depend
// on comes from the states. Errors (as CollectiveError) as merge_states; InputError: a cap on
// groups, and the states do not keep types apart. Every rank reads all states, and keeps its own
// entities.
EvidenceStatesReport report_evidence_states(EvidenceRequest request,
                                            std::span<const std::filesystem::path> states,
                                            const comm::Comm& comm);

// Local. What sources are called in a state: for lists of them. InputError, DataError as
// merge_states.
struct StateSources {
  std::string column;          // empty: there is none
  bool whole_numbers = false;  // names are numbers: those of the first entity are
};
StateSources sources_in_state(const std::filesystem::path& state);

}  // namespace trawl::fold
