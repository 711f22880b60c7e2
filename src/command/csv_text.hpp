// CSV as RFC 4180 writes it.
#pragma once

#include <string>
#include <string_view>

namespace trawl::command {

// One field, quoted only where needed. The empty text is quoted, so that it is not mistaken for "no
// value".
inline std::string csv_field(std::string_view text) {
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos)
    return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  quoted += '"';
  return quoted;
}

}  // namespace trawl::command
