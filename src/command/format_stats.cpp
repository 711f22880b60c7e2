#include <algorithm>

#include "command/stats.hpp"
#include "command/stats_cells.hpp"

namespace trawl::command {
namespace {

const Cells titles = {"path",     "entity", "feature", ">entities", ">records",
                      ">refused", ">mean",  ">sd",     ">low",      ">high"};
const Cells anomaly_titles = {">distance2", ">log_p", ">log_p_adjusted", "flagged"};

Cells anomaly_cells(const Json& line) {
  const auto found = line.find("anomaly");
  if (found == line.end() || found->is_null()) return Cells(anomaly_titles.size());
  return {text_at(*found, "distance2"), text_at(*found, "log_p"), text_at(*found, "log_p_adjusted"),
          text_at(*found, "flagged")};
}

void append(Cells& cells, const Cells& more) {
  cells.insert(cells.end(), more.begin(), more.end());
}

}  // namespace

std::string format_stats(std::string_view lines, MatchFormat format) {
  if (format == MatchFormat::jsonl) return std::string(lines);
  const std::vector<Json> parsed = parsed_lines(lines);
  const bool judged =
      std::ranges::any_of(parsed, [](const Json& line) { return line.contains("anomaly"); });
  Cells all_titles = titles;
  if (judged) append(all_titles, anomaly_titles);
  std::vector<Cells> rows;
  for (const Json& line : parsed) {
    for (const Json& f : line.at("features")) {
      rows.push_back({text_of_path(line.at("path")), text_at(line, "entity"), text_at(f, "feature"),
                      text_at(line, "entities"), text_at(line, "records"), text_at(line, "refused"),
                      text_at(f, "mean"), text_at(f, "sd"), text_at(f, "low"), text_at(f, "high")});
      if (judged) append(rows.back(), anomaly_cells(line));
    }
  }
  return print_rows(all_titles, rows, format);
}

}  // namespace trawl::command
