#include <algorithm>

#include <trawl/base/json.hpp>

#include "command/csv_text.hpp"
#include "command/stats.hpp"
#include "command/text_table.hpp"

namespace trawl::command {
namespace {

// '>': numbers, to the right.
constexpr std::string_view titles[] = {"path",     "entity", "feature", ">entities", ">records",
                                       ">refused", ">mean",  ">sd",     ">low",      ">high"};

// Empty for null and for what the line does not have.
std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "";
  if (found->is_string()) return found->get<std::string>();
  if (found->is_object())
    return found->begin()->is_string() ? found->begin()->get<std::string>() : "";
  if (found->is_number_float()) return to_text(found->get<double>());
  return found->dump();
}

std::string text_of_path(const Json& path) {
  std::string text;
  for (const Json& name : path) {
    text += '/';
    text += name.is_string() ? name.get<std::string>() : name.dump();  // {"bytes":"<hex>"}
  }
  return text.empty() ? "/" : text;
}

std::vector<std::vector<std::string>> rows_of(std::string_view lines) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    const Json node = Json::parse(lines.substr(at, end - at));
    for (const Json& f : node.at("features")) {
      rows.push_back({text_of_path(node.at("path")), text_at(node, "entity"), text_at(f, "feature"),
                      text_at(node, "entities"), text_at(node, "records"), text_at(node, "refused"),
                      text_at(f, "mean"), text_at(f, "sd"), text_at(f, "low"), text_at(f, "high")});
    }
    at = end + 1;
  }
  return rows;
}

std::string csv(const std::vector<std::vector<std::string>>& rows) {
  std::string out;
  for (const std::string_view title : titles) {
    out += out.empty() ? "" : ",";
    out += title.starts_with('>') ? title.substr(1) : title;
  }
  out += "\r\n";
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += ',';
      if (!row[i].empty()) out += csv_field(row[i]);
    }
    out += "\r\n";
  }
  return out;
}

}  // namespace

std::string format_stats(std::string_view lines, MatchFormat format) {
  if (format == MatchFormat::jsonl) return std::string(lines);
  const auto rows = rows_of(lines);
  if (format == MatchFormat::csv) return csv(rows);
  TextTable table({std::begin(titles), std::end(titles)});
  for (const auto& row : rows) table.add(row);
  return table.text();
}

}  // namespace trawl::command
