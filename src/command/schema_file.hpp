// Schema files of `trawl ingest --schema`: names and types that override what would be inferred.
//
//   # one column a line, the type last; `not null` quarantines rows without a value
//   origin categorical
//   Arrival Time timestamp not null
//
// or JSON: {"origin": "categorical", "Arrival Time": "timestamp"}, or
// [{"name": "origin", "type": "categorical", "nullable": true}]. Types: int64, float64, boolean,
// date, timestamp, categorical, text. Columns that are not named are inferred.
#pragma once

#include <string_view>
#include <vector>

#include <trawl/base/schema.hpp>

namespace trawl::command {

// InputError naming `where`, the line (or the JSON entry) and what is wrong.
std::vector<ColumnSchema> parse_schema_file(std::string_view text, std::string_view where);

}  // namespace trawl::command
