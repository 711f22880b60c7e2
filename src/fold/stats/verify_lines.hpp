// What can be checked of a run's stats.jsonl without its data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/json.hpp>

namespace trawl::fold {

// Local. Everything that does not hold: order, parents, and counts of records and entities that add
// up from entities through all nodes to what the certificate (`body`) says of the rows.
std::vector<std::string> verify_stats_lines(std::string_view lines, const Json& body);

}  // namespace trawl::fold
