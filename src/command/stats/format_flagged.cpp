#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include <trawl/base/text.hpp>

#include "command/cells.hpp"
#include "command/stats/stats.hpp"

namespace trawl::command {
namespace {

// Also of {"float":"-inf"}.
double number_at(const Json& object, const char* key) {
  const Json& value = object.at(key);
  if (value.is_number()) return value.get<double>();
  return value.begin()->get<std::string>().starts_with('-')
             ? -std::numeric_limits<double>::infinity()
             : std::numeric_limits<double>::infinity();
}

struct Flagged {
  double log_p, squared_distance;
  Json line;
  std::string_view text;

  // The most unusual first; equal ones as they come.
  bool operator<(const Flagged& other) const {
    return std::pair(log_p, -squared_distance) < std::pair(other.log_p, -other.squared_distance);
  }
};

std::vector<Flagged> flagged_of(std::string_view lines) {
  std::vector<Flagged> flagged;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    const std::string_view text = lines.substr(at, end + 1 - at);
    at = end + 1;
    Json line = Json::parse(text);
    const auto anomaly = line.find("anomaly");
    if (anomaly == line.end() || anomaly->is_null() || !anomaly->at("flagged").get<bool>())
      continue;
    const double log_p = number_at(*anomaly, "log_p");
    const double squared_distance = number_at(*anomaly, "distance2");
    flagged.push_back({log_p, squared_distance, std::move(line), text});
  }
  std::ranges::stable_sort(flagged, std::less());
  return flagged;
}

// "amount +7.2, hour -1.3": in standard deviations from the mean of the baseline.
std::string text_of_drivers(const Json& drivers) {
  std::string text;
  for (const Json& driver : drivers) {
    text += text.empty() ? "" : ", ";
    text += text_at(driver, "feature");
    if (driver.at("z").is_number()) text += fmt::format(" {:+.1f}", driver.at("z").get<double>());
  }
  return text;
}

// For people four digits are enough.
std::string text_of_number(const Json& object, const char* key, MatchFormat format) {
  return format == MatchFormat::table ? fmt::format("{:.4g}", number_at(object, key))
                                      : text_at(object, key);
}

}  // namespace

std::string format_flagged(std::string_view lines, MatchFormat format) {
  const std::vector<Flagged> flagged = flagged_of(lines);
  if (format == MatchFormat::jsonl) {
    std::string out;
    for (const Flagged& entry : flagged) out += entry.text;
    return out;
  }
  const bool records = std::ranges::any_of(
      flagged, [](const Flagged& entry) { return entry.line.contains("dataset"); });
  std::vector<Cells> rows;
  for (const Flagged& entry : flagged) {
    const Json& anomaly = entry.line.at("anomaly");
    rows.push_back({text_of_path(entry.line.at("path")), text_at(entry.line, "entity")});
    if (records) append(rows.back(), {text_at(entry.line, "dataset"), text_at(entry.line, "row")});
    append(rows.back(),
           {text_of_path(anomaly.at("baseline")),
            text_at(anomaly,
                    entry.line.contains("dataset") ? "baseline_records" : "baseline_entities"),
            text_of_number(anomaly, "distance2", format), text_of_number(anomaly, "log_p", format),
            text_of_number(anomaly, "log_p_adjusted", format),
            text_of_drivers(anomaly.at("drivers"))});
  }
  Cells titles = {"path", "entity"};
  if (records) append(titles, {"dataset", ">row"});
  append(titles,
         {"baseline", ">baseline_size", ">distance2", ">log_p", ">log_p_adjusted", "drivers"});
  return print_rows(titles, rows, format);
}

}  // namespace trawl::command
