// LIKE patterns in the canonical form of Condition::pattern: backslash escapes %, _ and itself,
// nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trawl::core {

// Rewrites a pattern whose escape character is `escape` (one character; empty: none) as the
// canonical form. Nothing when the escape stands before something other than %, _ or itself, or at
// the end.
std::optional<std::string> canonical_pattern(std::string_view pattern, std::string_view escape);

// The literal text before the first wildcard; `whole` when there is no wildcard at all.
struct LiteralPrefix {
  std::string text;
  bool whole = false;
};
LiteralPrefix literal_prefix(std::string_view canonical);

// The pattern and ESCAPE clause as predicate text: 'a%', or '5\%%' ESCAPE '\'.
std::string pattern_text(std::string_view canonical);

}  // namespace trawl::core
