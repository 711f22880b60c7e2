#include "command/evidence/gold.hpp"

#include <string>
#include <utility>

#include "command/cells.hpp"
#include "command/evidence/fields.hpp"
#include "command/evidence/lines.hpp"
#include "command/json_lines.hpp"

namespace trawl::command {
namespace {

using namespace gold;

const Categories guarantees = {"holds", "holds_if_independent", "too_few_sources"};
const Categories standings = {"distrusted", "unregistered", "votes"};

// Names of columns as in the data, and which ids are texts because some are.
struct Names {
  std::string entity, source, id;
  bool text_entities = false, text_sources = false, text_ids = false;
};

Names names_of(const fold::EvidenceColumns& columns) {
  return {columns.entity, columns.source.empty() ? "source" : columns.source,
          columns.id.empty() ? "id" : columns.id};
}

Names names_in(const EvidenceSections& sections, const fold::EvidenceColumns& columns) {
  Names names = names_of(columns);
  each_line(sections.entities, [&](std::string_view text) {
    const Json line = Json::parse(text);
    names.text_entities |= !line.at("entity").is_number();
    // Numbers come before texts.
    const Json& sources = line.at("sources");
    names.text_sources |= !sources.empty() && !sources.back().at("source").is_number();
  });
  each_line(sections.equivocations, [&](std::string_view text) {
    names.text_ids |= !Json::parse(text).at("equivocation").at("id").is_number();
  });
  return names;
}

GoldTable entity_table(const Names& names) {
  GoldTable table{"entities.h5", {id(names.entity, names.text_entities, member("entity"))}};
  for (const EvidenceField& field : evidence_fields()) {
    switch (field.kind) {
      case EvidenceField::Kind::count:
        table.columns.push_back(count(field.name, field.find));
        break;
      case EvidenceField::Kind::number:
        table.columns.push_back(number(field.name, field.find));
        break;
      case EvidenceField::Kind::guarantee:
        table.columns.push_back(word(field.name, guarantees, field.find));
        break;
    }
  }
  table.columns.push_back(
      {{"cut", Type::int64, Lane::i64, true, nullptr}, [](const Json& line, ColumnBuilder& column) {
         column.append(static_cast<std::int64_t>(line.at("cut").size()));
       }});
  return table;
}

GoldTable source_table(const Names& names) {
  GoldTable table{
      "sources.h5",
      {id(names.entity, names.text_entities, member("entity")),
       id(names.source, names.text_sources, member("source")),
       number("log_odds", member("log_odds")), word("standing", standings, member("standing"))}};
  for (const char* name : {"votes", "cut"}) table.columns.push_back(count(name, member(name)));
  table.columns.push_back(number("distance", member("distance")));
  for (const char* name : {"records", "clamped", "capped_groups", "duplicates", "withheld"})
    table.columns.push_back(count(name, member(name)));
  return table;
}

// An entity's line as rows of its sources, each with how many of its votes are cut.
void source_rows(const Json& line, const TakeRow& take) {
  for (const Json& source : line.at("sources")) {
    Json row = source;
    row["entity"] = line.at("entity");
    row["cut"] = 0;
    for (const Json& cut : line.at("cut")) {
      if (cut.at("source") != source.at("source")) continue;
      row["cut"] = cut.at("cut");
      row["distance"] = cut.at("distance");
    }
    take(row);
  }
}

Find of_record(std::size_t i, std::string key) {
  return
      [i, key = std::move(key)](const Json& line) { return find(&line.at("records").at(i), key); };
}

// What may be a number or a text.
GoldColumn any(std::string name, Find find) {
  return {{std::move(name), Type::text, Lane::text, true, nullptr},
          unless_null(std::move(find), [](const Json& value, ColumnBuilder& column) {
            column.append(std::string_view(text_of(&value)));
          })};
}

GoldTable equivocation_table(const Names& names) {
  const auto of = [](const char* key) { return member("equivocation", key); };
  GoldTable table{
      "equivocations.h5",
      {id(names.entity, names.text_entities, of("entity")),
       id(names.source, names.text_sources, of("source")), id(names.id, names.text_ids, of("id"))}};
  for (const std::size_t i : {0U, 1U}) {
    const auto name = [&](const char* key) {
      return std::string(i == 0 ? "first_" : "second_") + key;
    };
    table.columns.push_back(text(name("dataset"), of_record(i, "dataset")));
    table.columns.push_back(count(name("row"), of_record(i, "row")));
    table.columns.push_back(any(name("type"), of_record(i, "type")));
    table.columns.push_back(any(name("time"), of_record(i, "time")));
    table.columns.push_back(number(name("log_odds"), of_record(i, "log_odds")));
    table.columns.push_back(number(name("weight"), of_record(i, "weight")));
  }
  return table;
}

}  // namespace

void check_evidence_gold(const fold::EvidenceColumns& columns, const fs::path& folder,
                         bool overwrite) {
  const Names names = names_of(columns);
  for (const GoldTable& table :
       {entity_table(names), source_table(names), equivocation_table(names)})
    check_names(table);
  check_gold_place(folder, overwrite);
}

std::vector<store::WrittenDataset> write_evidence_gold(std::string_view lines,
                                                       const fold::EvidenceColumns& columns,
                                                       const fs::path& folder, bool overwrite) {
  const EvidenceSections sections = evidence_sections(lines);
  const Names names = names_in(sections, columns);
  const GoldPart parts[] = {{entity_table(names), sections.entities},
                            {source_table(names), sections.entities, source_rows},
                            {equivocation_table(names), sections.equivocations}};
  return write_layer(parts, folder, overwrite);
}

}  // namespace trawl::command
