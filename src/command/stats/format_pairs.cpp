#include <algorithm>

#include "command/cells.hpp"
#include "command/stats/stats.hpp"

namespace trawl::command {

std::string format_pairs(std::string_view lines, MatchFormat format) {
  std::string text;
  std::vector<Cells> rows;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size() - 1) + 1;
    const std::string_view line = lines.substr(at, end - at);
    at = end;
    if (!line.starts_with("{\"pair\":")) continue;
    text += line;
    if (format == MatchFormat::jsonl) continue;
    const Json pair = Json::parse(line);
    rows.push_back({text_of_path(pair.at("path")), text_of_id(pair.at("pair")[0]),
                    text_of_id(pair.at("pair")[1]), text_at(pair, "varying"),
                    text_at(pair, "correlation")});
  }
  if (format == MatchFormat::jsonl) return text;
  return print_rows({"path", "entity", "other", ">varying", ">correlation"}, rows, format);
}

}  // namespace trawl::command
