// JSON, for the files of this program. Writing is canonical: keys in the order given, shortest
// doubles, no spaces.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <trawl/base/column.hpp>
#include <trawl/base/type.hpp>

namespace trawl {

using Json = nlohmann::ordered_json;  // keeps the order in which keys were written

// Parses; DataError with byte offset and `where` when it is not JSON.
Json parse_json(std::string_view text, std::string_view where);

// Canonical text of one value, appended to `out`: null, numbers, true/false, ISO dates and times,
// strings. What JSON has no word for becomes an object: {"float":"NaN"}, {"bytes":"<hex>"} for text
// that is not UTF-8.
void append_json(std::string& out, const Value& value, Type type);
void append_json_string(std::string& out, std::string_view text);
// The text that append_json_string wrote as `json`. DataError for what it would not have written.
std::string text_from(const Json& json);

}  // namespace trawl
