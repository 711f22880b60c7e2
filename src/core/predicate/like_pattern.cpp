#include "core/predicate/like_pattern.hpp"

#include "core/predicate/print.hpp"

namespace trawl::core {
namespace {

bool is_wildcard(char c) {
  return c == '%' || c == '_';
}

}  // namespace

std::optional<std::string> canonical_pattern(std::string_view pattern, std::string_view escape) {
  std::string result;
  const auto append_literally = [&](std::string_view text) {
    if (is_wildcard(text[0]) || text == "\\") result += '\\';
    result += text;
  };
  for (std::size_t i = 0; i < pattern.size();) {
    if (!escape.empty() && pattern.substr(i).starts_with(escape)) {
      i += escape.size();
      const std::string_view rest = pattern.substr(i);
      const bool itself = rest.starts_with(escape);
      if (!itself && (rest.empty() || !is_wildcard(rest[0]))) return std::nullopt;
      const std::string_view taken = itself ? escape : rest.substr(0, 1);
      append_literally(taken);
      i += taken.size();
    } else if (pattern[i] == '\\') {
      append_literally("\\");
      ++i;
    } else {
      result += pattern[i++];
    }
  }
  return result;
}

LiteralPrefix literal_prefix(std::string_view canonical) {
  LiteralPrefix prefix;
  for (std::size_t i = 0; i < canonical.size(); ++i) {
    if (is_wildcard(canonical[i])) return prefix;
    if (canonical[i] == '\\') ++i;
    prefix.text += canonical[i];
  }
  prefix.whole = true;
  return prefix;
}

std::string pattern_text(std::string_view canonical) {
  std::string plain;
  for (std::size_t i = 0; i < canonical.size(); ++i) {
    if (canonical[i] == '\\' && is_wildcard(canonical[++i])) {
      return string_text(canonical) + " ESCAPE '\\'";
    }
    plain += canonical[i];
  }
  return string_text(plain);
}

}  // namespace trawl::core
