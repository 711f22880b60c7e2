#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "command/cells.hpp"
#include "command/evidence/evidence.hpp"

namespace trawl::command {
namespace {

const Cells titles = {"entity",   ">log_odds",   ">p",        ">low",     ">high",
                      ">trimmed", ">plain",      ">sources",  ">cut",     ">distrusted",
                      ">records", ">duplicates", ">withheld", ">refused", ">clamped",
                      ">log_p",   ">log_not_p",  "guarantee"};

struct Line {
  Json json;
  std::string_view text;
  double log_odds = 0;  // robust
};

// Also of {"float":"-Infinity"}; what does not exist is below all.
double number_of(const Json& value) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (value.is_number()) return value.get<double>();
  if (!value.is_object()) return -infinity;
  return value.begin()->get<std::string>().starts_with('-') ? -infinity : infinity;
}

std::vector<Line> entities_in(std::string_view lines) {
  std::vector<Line> out;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    const std::string_view text = lines.substr(at, end + 1 - at);
    at = end + 1;
    if (!text.starts_with("{\"entity\":")) break;  // equivocations are last
    Json json = Json::parse(text);
    const double log_odds = number_of(json.at("median").at("log_odds"));
    out.push_back({std::move(json), text, log_odds});
  }
  return out;
}

void keep_strongest(std::vector<Line>& lines, std::uint64_t top) {
  std::ranges::stable_sort(lines, std::ranges::greater(), &Line::log_odds);
  if (lines.size() > top) lines.resize(top);
}

// For people six digits are enough.
std::string number_at(const Json& line, const char* posterior, const char* name,
                      MatchFormat format) {
  const Json& of = line.at(posterior);
  if (format != MatchFormat::table || !of.at(name).is_number()) return text_at(of, name);
  return fmt::format("{:.6g}", of.at(name).get<double>());
}

Cells cells_of(const Json& line, MatchFormat format) {
  const auto number = [&](const char* posterior, const char* name = "log_odds") {
    return number_at(line, posterior, name, format);
  };
  return {text_at(line, "entity"),
          number("median"),
          number("median", "p"),
          number("low"),
          number("high"),
          number("trimmed_mean"),
          number("plain"),
          text_at(line.at("over_sources"), "sources"),
          std::to_string(line.at("cut").size()),
          text_at(line, "distrusted"),
          text_at(line, "records"),
          text_at(line, "duplicates"),
          text_at(line, "withheld"),
          text_at(line, "refused"),
          text_at(line, "clamped"),
          number("median", "log_p"),
          number("median", "log_not_p"),
          text_at(line, "guarantee")};
}

}  // namespace

std::string format_evidence(std::string_view lines, MatchFormat format,
                            std::optional<std::uint64_t> top) {
  if (format == MatchFormat::jsonl && !top) return std::string(lines);
  std::vector<Line> entities = entities_in(lines);
  if (top) keep_strongest(entities, *top);
  if (format == MatchFormat::jsonl) {
    std::string out;
    for (const Line& line : entities) out += line.text;
    return out;
  }
  std::vector<Cells> rows;
  for (const Line& line : entities) rows.push_back(cells_of(line.json, format));
  return print_rows(titles, rows, format);
}

}  // namespace trawl::command
