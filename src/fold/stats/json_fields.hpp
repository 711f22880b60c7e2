// Pieces of the lines of stats.jsonl.
#pragma once

#include <string>
#include <string_view>

#include <trawl/core/stats/entity_id.hpp>
#include <trawl/core/stats/tree.hpp>

namespace trawl::fold {

// The shortest text that reads back as the same double; null for NaN: there is no number.
void append_number(std::string& out, double value);
// ,"name":value
void append_field(std::string& out, std::string_view name, double value);
// ["name","name"]
void append_path(std::string& out, const stats::Path& path);
void append_id(std::string& out, const stats::EntityId& id);

}  // namespace trawl::fold
