#include "command/stats/lines.hpp"

namespace trawl::command {

StatsSections sections_of(std::string_view lines) {
  std::size_t nodes = 0, entities = 0, pairs = 0;
  each_line(lines, [&](std::string_view line) {
    if (line.starts_with(pair_key)) {
      pairs += line.size();
    } else if (after(line, dataset_key).empty()) {
      (after(line, entity_key).empty() ? nodes : entities) += line.size();
    }
  });
  return {lines.substr(0, nodes), lines.substr(nodes, entities),
          lines.substr(nodes + entities, pairs), lines.substr(nodes + entities + pairs)};
}

std::string_view path_text(std::string_view line) {
  constexpr std::string_view begin = "{\"path\":";
  // What may follow it, in nodes, entities and records.
  for (const std::string_view next :
       {std::string_view(",\"entities\":"), entity_key, records_key, dataset_key}) {
    const std::size_t end = line.find(next);
    if (end != line.npos) return line.substr(begin.size(), end - begin.size());
  }
  return {};
}

}  // namespace trawl::command
