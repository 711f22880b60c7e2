#include <fmt/format.h>

#include "command/cells.hpp"
#include "command/evidence/evidence.hpp"
#include "command/evidence/fields.hpp"
#include "command/evidence/lines.hpp"

namespace trawl::command {
namespace {

// What fits on a screen, the most important first; CSV has all.
const Cells table_titles = {
    "entity",        ">log_odds", ">p",          ">low",       ">high",
    ">trimmed",      ">plain",    ">sources",    ">cut",       ">distrusted",
    ">unregistered", ">records",  ">duplicates", ">withheld",  ">refused",
    ">clamped",      ">capped",   ">log_p",      ">log_not_p", "guarantee"};

// For people six digits are enough.
std::string number_at(const Json& line, const char* posterior, const char* name) {
  const Json& of = line.at(posterior);
  if (!of.at(name).is_number()) return text_at(of, name);
  return fmt::format("{:.6g}", of.at(name).get<double>());
}

Cells table_cells(const EntityHead& head) {
  const Json& line = head.line;
  const auto number = [&](const char* posterior, const char* name = "log_odds") {
    return number_at(line, posterior, name);
  };
  Cells cells = {text_of_id(line.at("entity")),
                 number("median"),
                 number("median", "p"),
                 number("low"),
                 number("high"),
                 number("trimmed_mean"),
                 number("plain"),
                 text_at(line.at("over_sources"), "sources"),
                 std::to_string(head.cut)};
  for (const char* name : {"distrusted", "unregistered", "records", "duplicates", "withheld",
                           "refused", "clamped", "capped_groups"})
    cells.push_back(text_at(line, name));
  append(cells,
         {number("median", "log_p"), number("median", "log_not_p"), text_at(line, "guarantee")});
  return cells;
}

Cells csv_titles() {
  Cells titles = {"entity"};
  for (const EvidenceField& field : evidence_fields()) titles.push_back(field.name);
  titles.push_back("cut");
  return titles;
}

Cells csv_cells(const EntityHead& head) {
  Cells cells = {text_of_id(head.line.at("entity"))};
  for (const EvidenceField& field : evidence_fields())
    cells.push_back(text_of(field.find(head.line)));
  cells.push_back(std::to_string(head.cut));
  return cells;
}

}  // namespace

std::string format_evidence(std::string_view lines, MatchFormat format,
                            std::optional<std::uint64_t> top) {
  if (format == MatchFormat::jsonl && !top) return std::string(lines);
  const std::string_view entities = evidence_sections(lines).entities;
  const bool csv = format == MatchFormat::csv;
  std::string out;
  std::vector<Cells> rows;
  const auto add = [&](std::string_view line) {
    if (format == MatchFormat::jsonl) {
      out += line;
    } else {
      const EntityHead head = entity_head(line);
      rows.push_back(csv ? csv_cells(head) : table_cells(head));
    }
  };
  if (top) {
    for (const std::string_view line : strongest(entities, *top)) add(line);
  } else {
    each_line(entities, add);
  }
  if (format == MatchFormat::jsonl) return out;
  return print_rows(csv ? csv_titles() : table_titles, rows, format);
}

}  // namespace trawl::command
