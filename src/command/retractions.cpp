#include "command/retractions.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>
#include <trawl/base/json.hpp>
#include <trawl/base/text.hpp>

namespace trawl::command {
namespace {

using fold::EvidenceName;
using stats::EntityId;

struct Field {
  std::string text;
  bool quoted = false;
};

constexpr std::string_view part_names[] = {"entity", "source", "id"};
constexpr EntityId EvidenceName::*parts[] = {&EvidenceName::entity, &EvidenceName::source,
                                             &EvidenceName::id};

EntityId id_of(const Field& field) {
  const auto number = parse_int64(field.text);
  if (!field.quoted && number && std::to_string(*number) == field.text) return *number;
  return field.text;
}

EntityId id_from(const Json& json) {
  if (json.is_number_integer()) {
    if (json.is_number_unsigned() && json.get<std::uint64_t>() >> 63 != 0)
      throw InputError("a number that no column can hold");
    return json.get<std::int64_t>();
  }
  if (json.is_string()) return json.get<std::string>();
  throw InputError("a name is neither a whole number nor a text");
}

// Without line ends of either kind.
void for_each_line(std::string_view text, const std::function<void(std::string_view)>& on_line) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    on_line(line);
  }
}

// RFC 4180, but that no field goes over several lines.
std::vector<Field> fields_of(std::string_view line) {
  std::vector<Field> fields(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    Field& field = fields.back();
    if (line[i] == ',') {
      fields.emplace_back();
    } else if (line[i] == '"' && field.text.empty() && !field.quoted) {
      field.quoted = true;
      for (++i;; ++i) {
        if (i >= line.size()) throw InputError("a quote is not closed in its line");
        if (line[i] == '"' && (i + 1 >= line.size() || line[i + 1] != '"')) break;
        if (line[i] == '"') ++i;
        field.text += line[i];
      }
    } else if (field.quoted) {
      throw InputError("text behind a field in quotes");
    } else {
      field.text += line[i];
    }
  }
  return fields;
}

class CsvNames {
 public:
  std::optional<EvidenceName> next(std::string_view line) {
    const std::vector<Field> fields = fields_of(line);
    if (columns_.empty()) {
      read_header(fields);
      return std::nullopt;
    }
    if (fields.size() != columns_.size())
      throw InputError(fmt::format("{} fields, not {}", fields.size(), columns_.size()));
    EvidenceName name{std::int64_t{0}, std::int64_t{0}, std::int64_t{0}};
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].text.empty() && !fields[i].quoted)
        throw InputError(fmt::format("no {}", part_names[columns_[i]]));
      name.*parts[columns_[i]] = id_of(fields[i]);
    }
    return name;
  }

 private:
  void read_header(const std::vector<Field>& fields) {
    for (const Field& field : fields) {
      const auto found = std::ranges::find(part_names, field.text);
      const auto part = static_cast<std::size_t>(found - std::begin(part_names));
      if (found == std::end(part_names) || std::ranges::find(columns_, part) != columns_.end()) {
        throw InputError(fmt::format(
            "column '{}': the first line names the columns entity, source and id, each once",
            field.text));
      }
      columns_.push_back(part);
    }
    for (const std::size_t needed : {std::size_t{0}, std::size_t{2}}) {
      if (std::ranges::find(columns_, needed) == columns_.end())
        throw InputError(fmt::format("no column '{}'", part_names[needed]));
    }
  }

  std::vector<std::size_t> columns_;  // which part
};

EvidenceName name_from(std::string_view line) {
  Json json = Json::parse(line);
  if (json.is_object() && json.contains("equivocation")) json = Json(json.at("equivocation"));
  if (!json.is_object()) throw InputError("no JSON object");
  EvidenceName name{std::int64_t{0}, std::int64_t{0}, std::int64_t{0}};
  for (const auto& [key, value] : json.items()) {
    const auto found = std::ranges::find(part_names, key);
    if (found == std::end(part_names))
      throw InputError(fmt::format("member '{}': there are entity, source and id", key));
    name.*parts[found - std::begin(part_names)] = id_from(value);
  }
  for (const char* needed : {"entity", "id"})
    if (!json.contains(needed)) throw InputError(fmt::format("no member '{}'", needed));
  return name;
}

}  // namespace

std::vector<EvidenceName> read_retractions(const std::filesystem::path& path) {
  const std::string kind = path.extension().string();
  if (kind != ".csv" && kind != ".json" && kind != ".jsonl") {
    throw InputError(
        fmt::format("--retract: {}: name a file .csv, or .jsonl with one object in "
                    "each line",
                    path.string()));
  }
  if (!std::filesystem::exists(path))
    throw InputError(fmt::format("--retract: no such file: {}", path.string()));
  const std::string text = read_file(path);
  std::vector<EvidenceName> names;
  std::set<EvidenceName> seen;
  CsvNames csv;
  std::size_t number = 0;
  for_each_line(text, [&](std::string_view line) {
    ++number;
    if (line.empty()) return;
    try {
      const auto name = kind == ".csv" ? csv.next(line) : std::optional(name_from(line));
      if (!name) return;
      if (!seen.insert(*name).second) throw InputError("the same evidence as in a line before");
      names.push_back(*name);
    } catch (const Json::exception& error) {
      throw InputError(
          fmt::format("--retract: {}, line {}: no JSON ({})", path.string(), number, error.what()));
    } catch (const InputError& error) {
      throw InputError(
          fmt::format("--retract: {}, line {}: {}", path.string(), number, error.what()));
    }
  });
  if (names.empty())
    throw InputError(fmt::format("--retract: {} names no evidence", path.string()));
  return names;
}

}  // namespace trawl::command
