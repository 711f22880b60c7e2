// What can be checked of the lines of pairs without the data.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <trawl/base/json.hpp>
#include <trawl/core/stats/tree.hpp>

namespace trawl::fold {

// Local. Everything that does not hold of the lines of pairs, in their order: that they are the
// ones that were asked for (`body`: of the certificate), as many as it counts, correlations in [-1,
// 1], in canonical order, of nodes that there are.
std::vector<std::string> verify_pair_lines(const std::vector<Json>& lines, const Json& body,
                                           const std::function<bool(const stats::Path&)>& is_node);

}  // namespace trawl::fold
