#include <algorithm>

#include "command/cells.hpp"
#include "command/stats/stats.hpp"

namespace trawl::command {
namespace {

const Cells titles = {"path",     "entity", "feature", ">entities", ">records",
                      ">refused", ">mean",  ">sd",     ">low",      ">high"};
// Where nodes have distributions.
const Cells distribution_titles = {">min", ">median", ">max"};
// Where records are flagged; their features have no columns.
const Cells record_titles = {"dataset", ">row"};
// Where entities or records were judged.
const Cells anomaly_titles = {">distance2", ">log_p", ">log_p_adjusted", "flagged"};

Cells distribution_cells(const Json& feature) {
  const auto quantiles = feature.find("quantiles");
  if (quantiles == feature.end()) return Cells(distribution_titles.size());
  return {text_at(feature, "min"), text_at(*quantiles, "0.5"), text_at(feature, "max")};
}

Cells anomaly_cells(const Json& line) {
  const auto found = line.find("anomaly");
  if (found == line.end() || found->is_null()) return Cells(anomaly_titles.size());
  return {text_at(*found, "distance2"), text_at(*found, "log_p"), text_at(*found, "log_p_adjusted"),
          text_at(*found, "flagged")};
}

const Cells pair_titles = {"other", ">correlation"};

// Of as many columns as lines have without pairs.
Cells pair_cells(const Json& line, std::size_t width) {
  Cells cells(width);
  cells[0] = text_of_path(line.at("path"));
  cells[1] = text_of_id(line.at("pair")[0]);
  cells.push_back(text_of_id(line.at("pair")[1]));
  cells.push_back(text_at(line, "correlation"));
  return cells;
}

}  // namespace

std::string format_stats(std::string_view lines, MatchFormat format) {
  if (format == MatchFormat::jsonl) return std::string(lines);
  const std::vector<Json> parsed = parsed_lines(lines);
  const auto any = [&](const char* key) {
    return std::ranges::any_of(parsed, [&](const Json& line) { return line.contains(key); });
  };
  const bool records = any("dataset"), judged = any("anomaly"), paired = any("pair");
  const bool described = std::ranges::any_of(parsed, [](const Json& line) {
    const auto found = line.find("features");
    return found != line.end() && !found->empty() && found->front().contains("quantiles");
  });
  Cells all_titles = titles;
  if (described) append(all_titles, distribution_titles);
  if (records) append(all_titles, record_titles);
  if (judged) append(all_titles, anomaly_titles);
  const std::size_t width = all_titles.size();
  if (paired) append(all_titles, pair_titles);
  std::vector<Cells> rows;
  const auto add = [&](const Json& line, const Json& f) {
    rows.push_back({text_of_path(line.at("path")), text_at(line, "entity"), text_at(f, "feature"),
                    text_at(line, "entities"), text_at(line, "records"), text_at(line, "refused"),
                    text_at(f, "mean"), text_at(f, "sd"), text_at(f, "low"), text_at(f, "high")});
    if (described) append(rows.back(), distribution_cells(f));
    if (records) append(rows.back(), {text_at(line, "dataset"), text_at(line, "row")});
    if (judged) append(rows.back(), anomaly_cells(line));
    if (paired) append(rows.back(), Cells(pair_titles.size()));
  };
  for (const Json& line : parsed) {
    if (line.contains("pair")) {
      rows.push_back(pair_cells(line, width));
      continue;
    }
    if (!line.contains("features")) add(line, Json::object());
    for (const Json& f : line.value("features", Json::array())) add(line, f);
  }
  return print_rows(all_titles, rows, format);
}

}  // namespace trawl::command
