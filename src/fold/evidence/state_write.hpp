// The state of a run of evidence, as a file.
#pragma once

#include <trawl/comm/comm.hpp>
#include <trawl/fold/evidence.hpp>

#include "fold/evidence/population.hpp"

namespace trawl::fold {

// What a run keeps a state for.
class EvidenceStateJob {
 public:
  EvidenceStateJob(const EvidenceRequest& request, const comm::Comm& comm)
      : request_(request), comm_(comm) {}

  bool wanted() const { return !request_.state.empty() || request_.entities_root; }

  // Hooks that also check, before the first row is read, that a state can be written.
  SearchHooks hooked(SearchHooks hooks);

  // Collective. The root, and the state if one is asked for, of a population that was resolved and
  // reported in `result`. Reads the rows once more if identities are kept. The same bytes for any
  // number of ranks. Errors (as CollectiveError): the file exists and must not be overwritten, or
  // cannot be written; the data changed. Then there is no file.
  void write(EvidencePopulation& population, const SearchHooks& hooks, PhaseTimer& timer,
             EvidenceResult& result);

 private:
  const EvidenceRequest& request_;
  const comm::Comm& comm_;
  std::string configuration_;
};

}  // namespace trawl::fold
