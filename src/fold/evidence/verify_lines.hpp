// What can be checked of a run's evidence.jsonl without its data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/json.hpp>

namespace trawl::fold {

// Local. Everything that does not hold: order, counts of sources that add up to those of entities
// and to what the certificate (`body`) counts, and with the rows that match.
std::vector<std::string> verify_evidence_lines(std::string_view lines, const Json& body);

}  // namespace trawl::fold
