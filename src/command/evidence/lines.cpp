#include "command/evidence/lines.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include <trawl/base/text.hpp>

namespace trawl::command {
namespace {

struct Ranked {
  double log_odds;
  std::string_view line;
};

bool before(const Ranked& a, const Ranked& b) {
  return std::tuple(-a.log_odds, a.line.data()) < std::tuple(-b.log_odds, b.line.data());
}

// Of the robust posterior; what does not exist is below all.
double log_odds_in(std::string_view line) {
  const std::string_view rest = after(line, ",\"median\":{\"log_odds\":");
  return parse_double(rest.substr(0, rest.find(',')))
      .value_or(-std::numeric_limits<double>::infinity());
}

}  // namespace

EvidenceSections evidence_sections(std::string_view lines) {
  std::size_t entities = 0;
  each_line(lines, [&](std::string_view line) {
    if (line.starts_with("{\"entity\":")) entities += line.size();
  });
  return {lines.substr(0, entities), lines.substr(entities)};
}

// Inside a text, a quotation mark has a backslash before it: these keys are nowhere else.
EntityHead entity_head(std::string_view line) {
  constexpr std::string_view source = "{\"source\":";
  EntityHead head;
  const std::size_t end = line.find(",\"cut\":[");
  std::string own(line.substr(0, end));
  head.line = Json::parse(own += '}');
  const std::string_view cut = line.substr(end, line.find(",\"sources\":[", end) - end);
  for (std::size_t at = cut.find(source); at != cut.npos; at = cut.find(source, at + 1)) ++head.cut;
  return head;
}

std::vector<std::string_view> strongest(std::string_view entities, std::uint64_t count) {
  std::vector<Ranked> all;
  each_line(entities, [&](std::string_view line) { all.push_back({log_odds_in(line), line}); });
  const std::size_t kept = std::min<std::uint64_t>(count, all.size());
  std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(kept), before);
  std::vector<std::string_view> lines;
  for (std::size_t i = 0; i < kept; ++i) lines.push_back(all[i].line);
  return lines;
}

}  // namespace trawl::command
