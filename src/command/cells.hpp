// Lines of stats.jsonl as rows of texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <trawl/base/json.hpp>

#include "command/search.hpp"

namespace trawl::command {

using Cells = std::vector<std::string>;

inline void append(Cells& cells, const Cells& more) {
  cells.insert(cells.end(), more.begin(), more.end());
}

std::vector<Json> parsed_lines(std::string_view lines);
// A value as a cell; empty for null, and for null pointers.
std::string text_of(const Json* value);
// Empty for null and for what the object does not have.
std::string text_at(const Json& object, const char* key);
std::string text_of_path(const Json& path);
// 7, or a text as it is, of an entity in a line.
std::string text_of_id(const Json& id);

// A table, or CSV. A title that begins with '>' is of numbers.
std::string print_rows(const Cells& titles, const std::vector<Cells>& rows, MatchFormat format);

}  // namespace trawl::command
