// Walking through the text of a result without making JSON of all of it.
#pragma once

#include <algorithm>
#include <string_view>

#include <trawl/base/json.hpp>

namespace trawl::command {

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

// Null, and what is not there, as NaN; infinities from {"float":"Infinity"}.
double number_in(const Json& object, const char* key);

}  // namespace trawl::command
