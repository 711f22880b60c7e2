// What a state is planned by, before the first row is read.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <trawl/comm/comm.hpp>
#include <trawl/fold/search.hpp>

namespace trawl::fold {

// In normal form; as it was written when no dataset could be opened.
std::string predicate_of(const SearchRequest& request, const Opened& opened);
std::vector<std::string> digests_of(const std::vector<KeyListFacts>& key_lists);

// `hooks` that call `plan` on all ranks once the datasets are known, before their own on_plan; what
// it throws, all ranks throw. `comm` must live as long.
using StatePlan = std::function<void(const Opened&, const std::vector<KeyListFacts>&)>;
SearchHooks planning_state(SearchHooks hooks, const comm::Comm& comm, StatePlan plan);

}  // namespace trawl::fold
