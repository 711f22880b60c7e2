#include "fold/json_text.hpp"

#include <algorithm>

#include <trawl/base/json.hpp>

namespace trawl::fold {
namespace {

bool is_plain(char c) {
  return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

// One past the string that begins at `begin`.
std::size_t end_of_string(std::string_view text, std::size_t begin) {
  for (std::size_t at = begin + 1; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\') ++at;
  }
  return text.size();
}

// One past the number or word that begins at `begin`.
std::size_t end_of_word(std::string_view text, std::size_t begin) {
  const std::size_t end = text.find_first_of(",]}", begin);
  return end == std::string_view::npos ? text.size() : end;
}

void new_line(std::string& out, std::size_t depth) {
  out += '\n';
  out.append(depth, ' ');
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  if (!std::ranges::all_of(text, is_plain)) {
    out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

void append_indented(std::string& out, std::string_view canonical, std::size_t depth) {
  for (std::size_t at = 0; at < canonical.size();) {
    const char c = canonical[at];
    const char next = at + 1 < canonical.size() ? canonical[at + 1] : '\0';
    if ((c == '{' && next == '}') || (c == '[' && next == ']')) {
      out.append({c, next});
      at += 2;
      continue;
    }
    if (c == '"' || (c != '{' && c != '[' && c != '}' && c != ']' && c != ',' && c != ':')) {
      const std::size_t end = c == '"' ? end_of_string(canonical, at) : end_of_word(canonical, at);
      out += canonical.substr(at, end - at);
      at = end;
      continue;
    }
    if (c == '}' || c == ']') new_line(out, --depth);
    out += c;
    if (c == ':') out += ' ';
    if (c == '{' || c == '[') new_line(out, ++depth);
    if (c == ',') new_line(out, depth);
    ++at;
  }
}

}  // namespace trawl::fold
