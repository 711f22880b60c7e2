#include "fold/state_plan.hpp"

#include <utility>

namespace trawl::fold {

std::string predicate_of(const SearchRequest& request, const Opened& opened) {
  return opened.normal_form.empty() ? request.where : opened.normal_form;
}

std::vector<std::string> digests_of(const std::vector<KeyListFacts>& key_lists) {
  std::vector<std::string> digests;
  for (const KeyListFacts& list : key_lists) digests.push_back(list.digest);
  return digests;
}

SearchHooks planning_state(SearchHooks hooks, const comm::Comm& comm, StatePlan plan) {
  hooks.on_plan = [&comm, plan = std::move(plan), then = hooks.on_plan](
                      const Opened& opened, const std::vector<KeyListFacts>& lists,
                      const std::vector<Work>& work) {
    comm.agree("planning the state", [&] { plan(opened, lists); });
    if (then) then(opened, lists, work);
  };
  return hooks;
}

}  // namespace trawl::fold
