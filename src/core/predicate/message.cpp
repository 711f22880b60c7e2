#include "core/predicate/message.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <trawl/base/error.hpp>

namespace trawl::core {
namespace {

constexpr std::size_t context_bytes = 60;  // shown on either side of the place

bool continues_code_point(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0u) == 0x80u;
}

// Moves `at` forward to the beginning of a code point.
std::size_t align(std::string_view text, std::size_t at) {
  while (at < text.size() && continues_code_point(text[at])) ++at;
  return at;
}

struct Excerpt {
  std::string before, place, after;
};

Excerpt excerpt(std::string_view text, SourceSpan span) {
  const std::size_t begin = std::min<std::size_t>(span.begin, text.size());
  const std::size_t newline = begin == 0 ? std::string_view::npos : text.rfind('\n', begin - 1);
  const std::size_t line_begin = newline == std::string_view::npos ? 0 : newline + 1;
  const std::size_t line_end = std::min(text.find('\n', begin), text.size());
  std::size_t from = line_begin;
  std::size_t to = line_end;
  const std::size_t end = std::clamp<std::size_t>(span.end, begin, line_end);
  if (begin - from > context_bytes) from = align(text, begin - context_bytes);
  if (to - begin > 2 * context_bytes) to = align(text, begin + 2 * context_bytes);
  Excerpt result;
  result.before = (from > line_begin ? "... " : "") + std::string(text.substr(from, begin - from));
  result.place = text.substr(begin, std::min(end, to) - begin);
  result.after = text.substr(begin + result.place.size(), to - begin - result.place.size());
  if (to < line_end) result.after += " ...";
  return result;
}

// Blanks as wide as `text`; a tab stays a tab, so that the caret lands right whatever its width.
std::string blanks(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (!continues_code_point(c)) result += c == '\t' ? '\t' : ' ';
  }
  return result;
}

}  // namespace

std::string quoted_for_message(std::string_view text) {
  constexpr std::size_t longest = 60;
  if (text.size() <= longest) return fmt::format("'{}'", text);
  return fmt::format("'{}...'", text.substr(0, align(text, longest - 3)));
}

void fail_at(std::string_view predicate, SourceSpan span, const std::string& what) {
  const Excerpt shown = excerpt(predicate, span);
  const std::size_t width = blanks(shown.place).size();
  throw InputError(fmt::format("{}\n  {}{}{}\n  {}^{}", what, shown.before, shown.place,
                               shown.after, blanks(shown.before),
                               std::string(width > 1 ? width - 1 : 0, '~')));
}

}  // namespace trawl::core
