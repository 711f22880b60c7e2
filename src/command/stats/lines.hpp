// Walking through the text of stats.jsonl without making JSON of all of it.
#pragma once

#include <algorithm>
#include <string_view>

#include <trawl/base/json.hpp>

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

// Calls f with each line, with its line feed.
template <class F>
void each_line(std::string_view lines, F f) {
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size() - 1) + 1;
    f(lines.substr(at, end - at));
    at = end;
  }
}

// What follows `key` in the line; empty when it does not have it.
std::string_view after(std::string_view line, std::string_view key);

// The path as the JSON of the line has it: equal paths, equal texts.
std::string_view path_text(std::string_view line);

// Null, and what is not there, as NaN; infinities from {"float":"Infinity"}.
double number_in(const Json& object, const char* key);

}  // namespace trawl::command
