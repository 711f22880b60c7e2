#include "command/schema_file.hpp"

#include <string>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/json.hpp>
#include <trawl/base/text.hpp>

namespace trawl::command {

namespace {

constexpr std::string_view type_names =
    "int64, float64, boolean, date, timestamp, categorical, text";

ColumnSchema column_of(std::string_view name, std::string_view type_name, bool nullable,
                       std::string_view place) {
  const std::optional<Type> type = type_named(type_name);
  if (!type) {
    throw InputError(fmt::format("{}: no such type '{}' (of column '{}'). Types are {}.", place,
                                 type_name, name, type_names));
  }
  if (name.empty()) throw InputError(fmt::format("{}: a column needs a name", place));
  ColumnSchema column;
  column.name = name;
  column.type = *type;
  column.lane = *type == Type::text ? Lane::text : *type == Type::float64 ? Lane::f64 : Lane::i64;
  column.nullable = nullable;
  return column;
}

// Cuts `word` and the blanks before it off the end.
bool cut_end(std::string_view& line, std::string_view word) {
  if (!line.ends_with(word)) return false;
  const std::string_view before = line.substr(0, line.size() - word.size());
  if (!before.empty() && before.back() != ' ' && before.back() != '\t') return false;
  line = trim(before);
  return true;
}

ColumnSchema column_of_line(std::string_view line, std::string_view place) {
  std::string_view rest = line;
  const bool not_null = cut_end(rest, "not null");
  const std::size_t blank = rest.find_last_of(" \t");
  if (blank == std::string_view::npos) {
    throw InputError(fmt::format("{}: '{}' is not of the form `name type`", place, line));
  }
  return column_of(trim(rest.substr(0, blank)), rest.substr(blank + 1), !not_null, place);
}

std::vector<ColumnSchema> parse_lines(std::string_view text, std::string_view where) {
  std::vector<ColumnSchema> columns;
  std::size_t number = 0;
  for (const std::string& whole : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(whole);
    if (line.empty() || line[0] == '#') continue;
    columns.push_back(column_of_line(line, fmt::format("{}:{}", where, number)));
  }
  return columns;
}

const std::string& text_at(const Json& object, const char* key, std::string_view place) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) {
    throw InputError(fmt::format("{}: \"{}\" must be there and be a string", place, key));
  }
  return found->get_ref<const std::string&>();
}

ColumnSchema column_of_entry(const Json& entry, std::string_view place) {
  if (!entry.is_object()) {
    throw InputError(fmt::format("{}: must be an object with \"name\" and \"type\"", place));
  }
  for (const auto& [key, value] : entry.items()) {
    if (key == "name" || key == "type" || (key == "nullable" && value.is_boolean())) continue;
    throw InputError(fmt::format(
        "{}: \"{}\" is not one of name, type (strings), nullable (true, false)", place, key));
  }
  return column_of(text_at(entry, "name", place), text_at(entry, "type", place),
                   entry.value("nullable", true), place);
}

std::vector<ColumnSchema> parse_json_schema(std::string_view text, std::string_view where) {
  Json json;
  try {
    json = parse_json(text, where);
  } catch (const DataError& error) {
    throw InputError(error.what());
  }
  std::vector<ColumnSchema> columns;
  if (json.is_array()) {
    for (std::size_t i = 0; i < json.size(); ++i) {
      columns.push_back(column_of_entry(json[i], fmt::format("{}: entry {}", where, i + 1)));
    }
    return columns;
  }
  for (const auto& [name, type] : json.items()) {
    const std::string place = fmt::format("{}: column '{}'", where, name);
    columns.push_back(column_of(name, text_at(json, name.c_str(), place), true, place));
  }
  return columns;
}

}  // namespace

std::vector<ColumnSchema> parse_schema_file(std::string_view text, std::string_view where) {
  const std::string_view begin = trim(text);
  const bool json = begin.starts_with('{') || begin.starts_with('[');
  std::vector<ColumnSchema> columns =
      json ? parse_json_schema(text, where) : parse_lines(text, where);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (columns[i].name != columns[j].name) continue;
      throw InputError(fmt::format("{}: column '{}' is named twice", where, columns[i].name));
    }
  }
  if (columns.empty()) throw InputError(fmt::format("{}: names no column", where));
  return columns;
}

}  // namespace trawl::command
