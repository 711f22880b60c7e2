// The parts of stats.jsonl, and where its lines say what.
#pragma once

#include <string_view>

#include "command/json_lines.hpp"

namespace trawl::command {

// A quote within a text is escaped in JSON, so these bytes begin a member and nothing else.
inline constexpr std::string_view entity_key = ",\"entity\":";
inline constexpr std::string_view dataset_key = ",\"dataset\":";
inline constexpr std::string_view records_key = ",\"records\":";

inline constexpr std::string_view pair_key = "{\"pair\":";

// Lines of nodes come first, then entities, pairs, and records (fold::StatsResult::lines).
struct StatsSections {
  std::string_view nodes, entities, pairs, records;
};
StatsSections sections_of(std::string_view lines);  // O(bytes)

// The path as the JSON of the line has it: equal paths, equal texts.
std::string_view path_text(std::string_view line);

}  // namespace trawl::command
