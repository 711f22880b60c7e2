#include "command/config_text.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include <trawl/base/text.hpp>

namespace trawl::command {

namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool needs_quotes(std::string_view value) {
  return value != trim(value) || value.starts_with("$'") || std::ranges::any_of(value, is_control);
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\\':
    case '\'':
      out += '\\';
      break;
    default:
      if (is_control(c)) {
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        return;
      }
  }
  out += c;
}

std::string quote(std::string_view value) {
  std::string out = "$'";
  for (const char c : value) append_escaped(out, c);
  return out + "'";
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// One escape after its backslash; moves `at` past it. Nothing when there is no such escape.
std::optional<char> unescape(std::string_view text, std::size_t& at) {
  if (at >= text.size()) return std::nullopt;
  const char c = text[at++];
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '\\':
    case '\'':
      return c;
    case 'x':
      break;
    default:
      return std::nullopt;
  }
  if (at + 2 > text.size()) return std::nullopt;
  const int high = hex_digit(text[at]);
  const int low = hex_digit(text[at + 1]);
  at += 2;
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

// `text` begins with $'. Nothing when it is not well-formed.
std::optional<std::string> unquote(std::string_view text) {
  std::string out;
  std::size_t at = 2;
  while (at < text.size() && text[at] != '\'') {
    if (text[at] != '\\') {
      out += text[at++];
      continue;
    }
    const std::optional<char> c = unescape(text, ++at);
    if (!c) return std::nullopt;
    out += *c;
  }
  if (at + 1 != text.size()) return std::nullopt;
  return out;
}

}  // namespace

std::vector<ConfigEntry> parse_config(std::string_view text, std::string_view where,
                                      std::vector<std::string>& problems) {
  std::vector<ConfigEntry> entries;
  std::size_t number = 0;
  for (const std::string& whole : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(whole);
    if (line.empty() || line[0] == '#') continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || trim(line.substr(0, equals)).empty()) {
      problems.push_back(
          fmt::format("{}:{}: '{}' is not of the form key = value", where, number, line));
      continue;
    }
    const std::string_view value = trim(line.substr(equals + 1));
    std::optional<std::string> plain(value);
    if (value.starts_with("$'")) plain = unquote(value);
    if (!plain) {
      problems.push_back(
          fmt::format("{}:{}: {} is not a well-formed $'...' text", where, number, value));
      continue;
    }
    entries.push_back({number, std::string(trim(line.substr(0, equals))), *plain});
  }
  return entries;
}

std::string canonical_config(const Options& options) {
  std::string out;
  for (const Option& option : options.all()) {
    // A required option that was not given is not a setting.
    for (const std::string& value : option.get()) {
      if (option.required && value.empty()) continue;
      const std::string text = needs_quotes(value) ? quote(value) : value;
      out += text.empty() ? fmt::format("{} =\n", option.name)
                          : fmt::format("{} = {}\n", option.name, text);
    }
  }
  return out;
}

}  // namespace trawl::command
