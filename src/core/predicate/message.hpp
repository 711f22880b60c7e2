// Error messages that point into the predicate.
#pragma once

#include <string>
#include <string_view>

#include <trawl/core/predicate/predicate.hpp>

namespace trawl::core {

// Throws InputError: `what`, then the line of the predicate that `span` begins on (its
// surroundings, when it is long), then a caret under the first character of `span` and tildes under
// the rest.
[[noreturn]] void fail_at(std::string_view predicate, SourceSpan span, const std::string& what);

// "'text'", shortened in the middle when it is long.
std::string quoted_for_message(std::string_view text);

}  // namespace trawl::core
