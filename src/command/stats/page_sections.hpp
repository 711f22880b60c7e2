// The sections of the page of `trawl stats`. Each gives markup.
#pragma once

#include <string>

#include <trawl/base/json.hpp>
#include <trawl/fold/stats.hpp>

#include "command/stats/page_data.hpp"

namespace trawl::command {

// Headline figures, and what was looked at and how.
std::string page_figures(const fold::StatsRequest& request, const Json& report);
std::string page_about(const fold::StatsRequest& request, const Json& report);

// Per feature: mean and interval of all rows, and how the means of entities are distributed.
std::string page_features(const StatsPageData& data, const fold::StatsRequest& request);

// The tree, as far as there is room: the children with the most flagged, then the largest.
std::string page_tree(const StatsPageData& data, const fold::StatsRequest& request);

// The most unusual, with what drives them, beside those they were compared with.
std::string page_flagged_entities(const StatsPageData& data, const fold::StatsRequest& request,
                                  std::uint64_t flagged);
std::string page_flagged_records(const StatsPageData& data, const fold::StatsRequest& request,
                                 std::uint64_t flagged);

// A path as markup: "All", or its names.
std::string page_path(const Json& path);

}  // namespace trawl::command
