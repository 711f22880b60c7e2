#include "command/cells.hpp"

#include <algorithm>

#include <trawl/base/text.hpp>

#include "command/csv_text.hpp"
#include "command/text_table.hpp"

namespace trawl::command {
namespace {

std::string csv(const Cells& titles, const std::vector<Cells>& rows) {
  std::string out;
  for (const std::string& title : titles) {
    out += out.empty() ? "" : ",";
    out += title.starts_with('>') ? title.substr(1) : title;
  }
  out += "\r\n";
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) out += ',';
      if (!row[i].empty()) out += csv_field(row[i]);
    }
    out += "\r\n";
  }
  return out;
}

}  // namespace

std::vector<Json> parsed_lines(std::string_view lines) {
  std::vector<Json> parsed;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', at), lines.size());
    parsed.push_back(Json::parse(lines.substr(at, end - at)));
    at = end + 1;
  }
  return parsed;
}

std::string text_of(const Json* value) {
  if (value == nullptr || value->is_null()) return "";
  if (value->is_string()) return value->get<std::string>();
  if (value->is_object())
    return value->begin()->is_string() ? value->begin()->get<std::string>() : "";
  if (value->is_number_float()) return to_text(value->get<double>());
  return value->dump();
}

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return text_of(found == object.end() ? nullptr : &*found);
}

std::string text_of_id(const Json& id) {
  if (id.is_object()) return id.begin()->is_string() ? id.begin()->get<std::string>() : "";
  return id.is_string() ? id.get<std::string>() : id.dump();
}

std::string text_of_path(const Json& path) {
  std::string text;
  for (const Json& name : path) {
    text += '/';
    text += name.is_string() ? name.get<std::string>() : name.dump();  // {"bytes":"<hex>"}
  }
  return text.empty() ? "/" : text;
}

std::string print_rows(const Cells& titles, const std::vector<Cells>& rows, MatchFormat format) {
  if (format == MatchFormat::csv) return csv(titles, rows);
  TextTable table(titles);
  for (const Cells& row : rows) table.add(row);
  return table.text();
}

}  // namespace trawl::command
