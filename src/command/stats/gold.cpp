#include "command/stats/gold.hpp"

#include <set>
#include <utility>

#include <trawl/base/file.hpp>

#include "command/stats/lines.hpp"

namespace trawl::command {
namespace {

// Numbers come before texts.
bool ends_with_text(std::string_view entities) {
  if (entities.empty()) return false;
  entities.remove_suffix(1);
  const std::size_t before = entities.rfind('\n');
  const std::string_view last = entities.substr(before == entities.npos ? 0 : before + 1);
  const char first = last[last.find(entity_key) + entity_key.size()];
  return first == '"' || first == '{';
}

GoldFacts facts_of(const StatsSections& sections, std::size_t levels) {
  std::vector<std::set<std::string>> names(levels);
  each_line(sections.nodes, [&](std::string_view line) {
    const Json parsed = Json::parse(line);
    const Json& path = parsed.at("path");
    if (path.size() > names.size()) names.resize(path.size());
    if (!path.empty()) names[path.size() - 1].insert(text_from(path.back()));
  });
  GoldFacts facts{ends_with_text(sections.entities), {}};
  for (const auto& level : names) facts.levels.emplace_back(level.begin(), level.end());
  return facts;
}

}  // namespace

void check_gold(const fold::StatsRequest& request, const fs::path& folder, bool overwrite) {
  const GoldFacts facts{false, std::vector<Categories>(request.levels.size())};
  check_names(node_table(request, facts));
  if (!request.group_by.empty()) check_names(entity_table(request, facts));
  if (request.pairs) check_names(pair_table(request, facts));
  if (request.anomalies && request.anomalies->records) check_names(record_table(request, facts));
  check_gold_place(folder, overwrite);
}

std::vector<store::WrittenDataset> write_gold(std::string_view lines,
                                              const fold::StatsRequest& request,
                                              const fs::path& folder, bool overwrite) {
  check_gold(request, folder, overwrite);
  const StatsSections sections = sections_of(lines);
  const GoldFacts facts = facts_of(sections, request.levels.size());
  std::vector<GoldPart> parts{{node_table(request, facts), sections.nodes}};
  if (!request.group_by.empty()) parts.push_back({entity_table(request, facts), sections.entities});
  if (request.pairs) parts.push_back({pair_table(request, facts), sections.pairs});
  if (request.anomalies && request.anomalies->records)
    parts.push_back({record_table(request, facts), sections.records});
  return write_layer(parts, folder, overwrite);
}

}  // namespace trawl::command
