// `trawl stats --html`: the result as one page for people (src/command/html).
#pragma once

#include <string>
#include <string_view>

#include <trawl/base/json.hpp>
#include <trawl/fold/stats.hpp>

namespace trawl::command {

// Root. `lines`: stats.jsonl; `report`: what --json prints of the run. Holds nothing that depends
// on when, where or on how many ranks it was made. Below 2 MB for any number of nodes, entities and
// features: what is not shown is counted. O(bytes of the lines), and memory for the nodes.
std::string stats_page(std::string_view lines, const fold::StatsRequest& request,
                       const Json& report);

}  // namespace trawl::command
