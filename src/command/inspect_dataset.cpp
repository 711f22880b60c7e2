#include "command/inspect_dataset.hpp"

#include <memory>
#include <optional>

#include <fmt/format.h>

#include <trawl/base/text.hpp>
#include <trawl/core/stats/distinct_sketch.hpp>

#include "command/dataset_output.hpp"
#include "command/text_table.hpp"

namespace trawl::command {

namespace {

using store::Dataset;
using store::DatasetInfo;

struct ColumnFacts {
  std::optional<Zone> zone;
  std::optional<std::uint64_t> distinct;
  bool scanned = false;
};

// Nothing when any row group lacks its zone.
std::optional<Zone> indexed_zone(const Dataset& dataset, std::size_t column) {
  Zone all;
  for (std::uint64_t group = 0; group < dataset.info().row_groups(); ++group) {
    const std::optional<Zone> zone = dataset.zone(group, column);
    if (!zone) return std::nullopt;
    all.merge(*zone);
  }
  return all;
}

ColumnFacts scanned_facts(const Dataset& dataset, std::size_t column) {
  Zone all;
  core::DistinctSketch sketch;
  ColumnBuffer buffer;
  for (std::uint64_t group = 0; group < dataset.info().row_groups(); ++group) {
    dataset.read(group, column, buffer);
    all.merge(zone_of(buffer.view));
    sketch.add(buffer.view);
  }
  return {all, distinct_count(sketch), true};
}

ColumnFacts facts_of(const Dataset& dataset, std::size_t column, bool scan) {
  const DatasetInfo& info = dataset.info();
  ColumnFacts facts;
  facts.zone = indexed_zone(dataset, column);
  if (column < info.distinct.size()) facts.distinct = info.distinct[column];
  const bool known = facts.zone && facts.distinct;
  return known || !scan ? facts : scanned_facts(dataset, column);
}

Json value_of(const Value& value, Type type) {
  std::string text;
  append_json(text, value, type);
  return Json::parse(text);
}

Json column_json(const DatasetInfo& info, std::size_t column, const ColumnFacts& facts) {
  const ColumnSchema& schema = info.schema[column];
  Json json;
  json["name"] = schema.name;
  json["type"] = name_of(schema.type);
  json["lane"] = name_of(schema.lane);
  json["nullable"] = schema.nullable;
  for (const char* key : {"nulls", "nans", "min", "max", "distinct"}) json[key] = nullptr;
  if (facts.zone) {
    json["nulls"] = facts.zone->nulls;
    json["nans"] = facts.zone->nans;
    json["min"] = value_of(facts.zone->min, schema.type);
    json["max"] = value_of(facts.zone->max, schema.type);
    // Text bounds are cut to a prefix.
    if (facts.zone->min_cut) json["min_is_prefix"] = true;
    if (facts.zone->max_cut) json["max_is_prefix"] = true;
  }
  if (facts.distinct) json["distinct"] = *facts.distinct;
  json["bytes"] = column < info.column_bytes.size() ? Json(info.column_bytes[column]) : Json();
  json["index"] = Json::array();
  return json;
}

std::string count_cell(const Json& count) {
  return count.is_null() ? "?" : with_thousands(count.get<std::uint64_t>());
}

std::string bound_cell(const Json& column, const char* bound, const char* is_prefix) {
  const Json& value = column.at(bound);
  if (value.is_null()) return column.at("nulls").is_null() ? "?" : "-";
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  if (value.is_object()) text = value.begin()->get<std::string>();
  return column.contains(is_prefix) ? text + "..." : text;
}

std::string headline(const Json& d) {
  const auto bytes = d.at("bytes").get<std::uint64_t>();
  std::string line =
      fmt::format("{} ({}): {} rows in {} row groups of {}", d.at("dataset").get<std::string>(),
                  d.at("kind").get<std::string>(), count_cell(d.at("rows")),
                  count_cell(d.at("row_groups")), count_cell(d.at("row_group_rows")));
  if (bytes > 0)
    line += fmt::format(", {}, codec {}", human_bytes(bytes), d.at("codec").get<std::string>());
  if (d.contains("clustered_by"))
    line += fmt::format(", clustered by {}",
                        fmt::join(d.at("clustered_by").get<std::vector<std::string>>(), ", "));
  return line + fmt::format("\n  {}\n  digest {}\n", d.at("location").get<std::string>(),
                            d.at("digest").get<std::string>());
}

}  // namespace

Json inspect_dataset(const store::DatasetRef& ref, bool scan) {
  const std::unique_ptr<Dataset> dataset = store::open_dataset(ref);
  const DatasetInfo& info = dataset->info();
  Json json;
  json["dataset"] = ref.name;
  json["location"] = ref.location;
  if (!ref.table.empty()) json["table"] = ref.table;
  json["kind"] = info.kind;
  json["rows"] = info.rows;
  json["row_groups"] = info.row_groups();
  json["row_group_rows"] = info.row_group_rows;
  json["codec"] = info.codec;
  json["bytes"] = info.bytes;
  if (!info.clustered_by.empty()) json["clustered_by"] = info.clustered_by;
  json["digest"] = info.digest;
  json["scanned"] = false;
  json["columns"] = Json::array();
  for (std::size_t column = 0; column < info.schema.size(); ++column) {
    const ColumnFacts facts = facts_of(*dataset, column, scan);
    if (facts.scanned) json["scanned"] = true;
    json["columns"].push_back(column_json(info, column, facts));
    for (const store::Screen screen :
         {store::Screen::filter, store::Screen::sketch, store::Screen::keys}) {
      if (dataset->screen(screen, column) != nullptr)
        json["columns"].back()["index"].push_back(name_of(screen));
    }
  }
  return json;
}

std::string inspection_text(const Json& inspection) {
  TextTable table({"column", "type", "min", "max", ">nulls", ">distinct", ">bytes", "index"});
  for (const Json& column : inspection.at("columns")) {
    const Json& bytes = column.at("bytes");
    const bool stored = !bytes.is_null() && bytes.get<std::uint64_t>() > 0;
    table.add(
        {column.at("name"), column.at("type"), bound_cell(column, "min", "min_is_prefix"),
         bound_cell(column, "max", "max_is_prefix"), count_cell(column.at("nulls")),
         (column.at("distinct").is_null() ? "" : "~") + count_cell(column.at("distinct")),
         stored ? human_bytes(bytes.get<std::uint64_t>()) : "-",
         fmt::format("{}", fmt::join(column.at("index").get<std::vector<std::string>>(), ", "))});
  }
  std::string text = headline(inspection) + table.text("  ");
  if (inspection.at("scanned"))
    text += "  no index: min, max, nulls and distinct were found by reading all rows\n";
  return text;
}

}  // namespace trawl::command
