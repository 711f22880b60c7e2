// Lists of registered sources, as users write them.
#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <trawl/base/error.hpp>
#include <trawl/base/file.hpp>
#include <trawl/base/text.hpp>
#include <trawl/fold/source_registry.hpp>
#include <trawl/fold/stats.hpp>
#include <trawl/store/csv.hpp>
#include <trawl/store/dataset.hpp>

#include "fold/evidence/names.hpp"

namespace trawl::fold {
namespace {

using evidence::Key;

constexpr const char* what_votes_are = "votes are whole numbers from 1 to 4294967295";

// The list while it is read.
class Reader {
 public:
  Reader(const fs::path& path, const std::string& column, bool whole_numbers)
      : path_(path), column_(column), whole_numbers_(whole_numbers) {}

  SourceRegistry read() {
    const std::string name = path_.string();
    if (name.ends_with(".h5") || name.ends_with(".hdf5")) {
      read_dataset();
    } else if (name.ends_with(".json")) {
      read_json();
    } else if (name.ends_with(".jsonl")) {
      read_lines();
    } else if (name.ends_with(".csv") || name.ends_with(".csv.gz") || name.ends_with(".csv.zst")) {
      read_csv();
    } else {
      refuse("it is none of .csv (.gz, .zst), .json, .jsonl and .h5");
    }
    if (registry_.empty())
      refuse("there is no source in it. Nobody would vote: leave out --sources to let all");
    std::ranges::sort(registry_, {}, &RegisteredSource::source);
    return std::move(registry_);
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw InputError(fmt::format("list of sources '{}': {}", path_.string(), why));
  }

  void add(Key source, std::optional<std::uint64_t> votes, const std::string& place) {
    if (!votes || *votes == 0 || *votes > std::numeric_limits<std::uint32_t>::max()) {
      refuse(fmt::format("{}: {} of source {} are none; {}", place,
                         votes ? std::to_string(*votes) + " votes" : "the votes",
                         stats::text_of(source), what_votes_are));
    }
    const auto [before, is_new] = places_.try_emplace(source, place);
    if (!is_new) {
      refuse(fmt::format("source {} stands twice, {} and {}. Name each source once",
                         stats::text_of(source), before->second, place));
    }
    registry_.push_back({std::move(source), static_cast<std::uint32_t>(*votes)});
    if (registry_.size() > max_registered_sources) {
      refuse(fmt::format("more than {} sources",
                         with_thousands(std::uint64_t{max_registered_sources})));
    }
  }

  static std::optional<std::uint64_t> votes_from(std::string_view text) {
    const auto votes = parse_int64(text);
    return votes && *votes > 0 ? std::optional(static_cast<std::uint64_t>(*votes)) : std::nullopt;
  }

  // Positions of the sources and, if there is one, of the votes.
  std::pair<std::size_t, std::optional<std::size_t>> positions(
      const std::vector<std::string>& names) const {
    std::optional<std::size_t> source, votes;
    for (std::size_t i = 0; i < names.size(); ++i) {
      std::optional<std::size_t>& position = names[i] == "votes" ? votes : source;
      const bool known = names[i] == "votes" || names[i] == "source" || names[i] == column_;
      if (known && !position) {
        position = i;
        continue;
      }
      refuse(
          fmt::format("column '{}' is not one of source, votes. Leave it out, so that nobody "
                      "takes it for a rule",
                      names[i]));
    }
    if (!source) refuse("it has no column 'source'");
    return {*source, votes};
  }

  void read_csv() {
    store::CsvReader reader(path_);
    const auto [source, votes] = positions(reader.header());
    store::CsvRecord record;
    while (reader.next(record)) {
      const std::string place = fmt::format("line {}", record.line);
      if (!record.problem.empty()) refuse(fmt::format("{}: {}", place, record.problem));
      const store::CsvField& field = record.fields[source];
      if (field.text.empty() && !field.quoted) refuse(place + ": there is no source");
      Key key = std::string(field.text);
      if (whole_numbers_) {
        const auto number = parse_int64(field.text);
        if (!number) {
          refuse(fmt::format("{}: source '{}' is no whole number, but those of the data are", place,
                             field.text));
        }
        key = *number;
      }
      add(std::move(key), votes ? votes_from(record.fields[*votes].text) : 1, place);
    }
  }

  void read_dataset() {
    const auto dataset = store::open_dataset({path_.string(), path_.string(), "", 0, 0});
    const store::DatasetInfo& info = dataset->info();
    std::vector<std::string> names;
    for (const ColumnSchema& column : info.schema) names.push_back(column.name);
    const auto [source, votes] = positions(names);
    if (votes && info.schema[*votes].type != Type::int64) refuse(what_votes_are);
    ColumnBuffer sources, numbers;
    for (std::uint64_t group = 0; group < info.row_groups(); ++group) {
      dataset->read(group, source, sources);
      if (votes) dataset->read(group, *votes, numbers);
      for (std::size_t row = 0; row < sources.view.rows; ++row) {
        const std::string place = fmt::format("row {}", info.group_begin(group) + row);
        if (!sources.view.is_valid(row)) refuse(place + ": there is no source");
        std::optional<std::uint64_t> number = 1;
        if (votes) {
          const std::int64_t value = numbers.view.is_valid(row) ? numbers.view.integer(row) : 0;
          number = value > 0 ? std::optional(static_cast<std::uint64_t>(value)) : std::nullopt;
        }
        add(key_of(sources.view.value(row), info.schema[source].type), number, place);
      }
    }
    dataset->check_intact();
  }

  void read_json() {
    const Json list = parse_json(read_file(path_), path_.string());
    if (!list.is_array()) refuse("it is no JSON array");
    std::size_t number = 0;
    for (const Json& each : list) add_json(each, fmt::format("entry {}", ++number));
  }

  void read_lines() {
    const std::string text = read_file(path_);
    for (std::size_t at = 0, number = 1; at < text.size(); ++number) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const std::string_view line = std::string_view(text).substr(at, end - at);
      at = end + 1;
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      const std::string place = fmt::format("line {}", number);
      add_json(parse_json(line, fmt::format("{}, {}", path_.string(), place)), place);
    }
  }

  void add_json(const Json& entry, const std::string& place) {
    if (!entry.is_object()) return add(key_from(entry, place), 1, place);
    std::vector<std::string> names;
    for (const auto& [name, value] : entry.items()) names.push_back(name);
    if (names == std::vector<std::string>{"bytes"}) return add(key_from(entry, place), 1, place);
    const auto [source, votes] = positions(names);
    std::optional<std::uint64_t> number = 1;
    if (votes) {
      const Json& value = entry.at(names[*votes]);
      number =
          value.is_number_unsigned() ? std::optional(value.get<std::uint64_t>()) : std::nullopt;
    }
    add(key_from(entry.at(names[source]), place), number, place);
  }

  Key key_from(const Json& json, const std::string& place) const {
    const bool possible = json.is_number_integer() || json.is_string() || json.is_object();
    try {
      if (possible) return entity_id_from(json);
    } catch (const Error&) {  // said below
    } catch (const Json::exception&) {
    }
    refuse(fmt::format("{}: {} is no source: a whole number or a text", place,
                       json.dump(-1, ' ', false, Json::error_handler_t::replace)));
  }

  const fs::path path_;
  const std::string column_;
  const bool whole_numbers_;
  SourceRegistry registry_;
  std::map<Key, std::string> places_;
};

}  // namespace

SourceRegistry read_sources(const fs::path& path, const std::string& column, bool whole_numbers) {
  try {
    return Reader(path, column, whole_numbers).read();
  } catch (const DataError& error) {
    throw InputError(
        fmt::format("cannot read the list of sources '{}': {}", path.string(), error.what()));
  }
}

}  // namespace trawl::fold
