// JSON as text, byte for byte as the library would write it, without making its tree: certificates
// of thousands of datasets have megabytes of it.
#pragma once

#include <string>
#include <string_view>

namespace trawl::fold {

// Appends the text as a JSON string; bytes that are not UTF-8 become U+FFFD, as in canonical_text.
void append_quoted(std::string& out, std::string_view text);

// Appends canonical JSON as `Json::dump(1)` would print it inside `depth` objects or arrays.
// O(bytes).
void append_indented(std::string& out, std::string_view canonical, std::size_t depth = 0);

}  // namespace trawl::fold
