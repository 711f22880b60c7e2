// Untrusted text within HTML.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace trawl::command::html {

// Text for an element or a quoted attribute: nothing in it is markup. What is not UTF-8, and
// control characters, become U+FFFD.
std::string escaped(std::string_view text);

// At most `code_points` of the text, and then an ellipsis; not escaped.
std::string shortened(std::string_view text, std::size_t code_points = 60);

// A name from the data: shortened, escaped, and with its writing direction kept to itself, so that
// it cannot reorder what stands around it. The title has more of a long name.
std::string name(std::string_view text);

}  // namespace trawl::command::html
