// Searches generated data through the library.
#include <cstdio>

#include <trawl/fold/search.hpp>

int main() {
  trawl::fold::SearchRequest request;
  request.where = "user_id = 12345 AND action = 'purchase' AND amount > 10000";
  request.inputs = {"gen:transactions?datasets=2&rows=10000&seed=1"};
  trawl::PhaseTimer timer;
  const auto result = trawl::fold::search(request, trawl::comm::Comm::solo(), {}, timer);
  for (const auto& match : result.matches.items()) std::puts(match.line.c_str());
  return result.total.matches == 7 ? 0 : 1;
}
