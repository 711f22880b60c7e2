#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "command/csv_text.hpp"
#include "command/search.hpp"

namespace trawl::command {
namespace {

// A column narrower than this is never cut in a table; longer values make wide lines rather than
// lose anything.
constexpr std::size_t widest_padding = 40;

struct Table {
  std::vector<std::string> header{"dataset", "row"};
  std::vector<std::vector<Json>> rows;
};

// Columns in the order in which matches first show them: datasets may have different ones.
Table table_of(std::string_view lines) {
  Table table;
  std::map<std::string, std::size_t> position;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    const Json match = Json::parse(lines.substr(at, end - at));
    std::vector<Json> row{match.at("dataset"), match.at("row")};
    for (const auto& [name, value] : match.at("values").items()) {
      const auto [found, fresh] = position.emplace(name, table.header.size());
      if (fresh) table.header.push_back(name);
      if (row.size() <= found->second) row.resize(found->second + 1);
      row[found->second] = value;
    }
    table.rows.push_back(std::move(row));
    at = end + 1;
  }
  return table;
}

// What JSON wraps in an object ({"float":"NaN"}) is shown by its content.
std::string text_of(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object() && value.size() == 1 && value.begin()->is_string())
    return value.begin()->get<std::string>();
  return value.dump();
}

std::string csv(const Table& table) {
  std::string out;
  const auto line = [&](auto&& field_of, std::size_t fields) {
    for (std::size_t i = 0; i < fields; ++i) out += (i == 0 ? "" : ",") + field_of(i);
    out += "\r\n";
  };
  line([&](std::size_t i) { return csv_field(table.header[i]); }, table.header.size());
  for (const auto& row : table.rows) {
    line(
        [&](std::size_t i) {
          return i < row.size() && !row[i].is_null() ? csv_field(text_of(row[i])) : std::string();
        },
        table.header.size());
  }
  return out;
}

// A value on one line: control characters as JSON writes them, NULL by its name.
std::string cell(const std::vector<Json>& row, std::size_t i) {
  if (i >= row.size() || row[i].is_null()) return "NULL";
  const std::string text = text_of(row[i]);
  const bool plain = std::none_of(text.begin(), text.end(),
                                  [](char c) { return static_cast<unsigned char>(c) < 32; });
  return plain ? text : Json(text).dump();
}

// Code points, which is what most terminals give one place each.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string table_text(const Table& table) {
  std::vector<std::size_t> widths;
  std::vector<bool> right;
  for (std::size_t i = 0; i < table.header.size(); ++i) {
    std::size_t widest = width(table.header[i]);
    bool numbers = true;
    for (const auto& row : table.rows) {
      widest = std::max(widest, width(cell(row, i)));
      numbers = numbers && (i >= row.size() || row[i].is_null() || row[i].is_number());
    }
    widths.push_back(std::min(widest, widest_padding));
    right.push_back(numbers);
  }
  std::string out;
  const auto line = [&](auto&& text_at) {
    std::string text;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string value = text_at(i);
      const std::string padding(widths[i] - std::min(widths[i], width(value)), ' ');
      text += (i == 0 ? "" : "  ") + (right[i] ? padding + value : value + padding);
    }
    out += text.substr(0, text.find_last_not_of(' ') + 1) + '\n';
  };
  line([&](std::size_t i) { return table.header[i]; });
  for (const auto& row : table.rows) line([&](std::size_t i) { return cell(row, i); });
  return out;
}

}  // namespace

std::string format_matches(std::string_view lines, MatchFormat format) {
  if (format == MatchFormat::jsonl) return std::string(lines);
  const Table table = table_of(lines);
  if (format == MatchFormat::csv) return csv(table);
  return table.rows.empty() ? "no matches\n" : table_text(table);
}

}  // namespace trawl::command
