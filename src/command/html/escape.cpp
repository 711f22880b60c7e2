#include "command/html/escape.hpp"

#include <algorithm>

#include <trawl/base/text.hpp>

namespace trawl::command::html {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

// C0 but tab and line feed, DEL and C1: none is allowed in HTML, or shown.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (first < 0x20) return first != '\t' && first != '\n';
  if (first == 0x7f) return true;
  return character.size() == 2 && first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

void append_character(std::string& out, std::string_view character) {
  switch (character[0]) {
    case '&':
      out += "&amp;";
      return;
    case '<':
      out += "&lt;";
      return;
    case '>':
      out += "&gt;";
      return;
    case '"':
      out += "&quot;";
      return;
    case '\'':
      out += "&#39;";
      return;
    default:
      out += invalid_utf8(character) || is_control(character) ? replacement : character;
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = std::min(code_point_bytes(text, at), text.size() - at);
    append_character(out, text.substr(at, bytes));
    at += bytes;
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t code_points) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < code_points && at < text.size(); ++i)
    at += std::min(code_point_bytes(text, at), text.size() - at);
  std::string out(text.substr(0, at));
  if (at < text.size()) out += "\u2026";
  return out;
}

std::string name(std::string_view text) {
  const std::string shown = shortened(text);
  if (shown == text) return "<bdi>" + escaped(shown) + "</bdi>";
  return "<bdi title=\"" + escaped(shortened(text, 300)) + "\">" + escaped(shown) + "</bdi>";
}

}  // namespace trawl::command::html
