#include "command/proof_text.hpp"

#include <fmt/format.h>

#include <trawl/base/text.hpp>

#include "command/text_table.hpp"

namespace trawl::command {
namespace {

std::string cell_of(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_number_integer()) return with_thousands(value.get<std::uint64_t>());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// One row for each number; those of objects with the names of both.
void add_rows(TextTable& table, const std::string& prefix, const Json& own, const Json& total) {
  for (const auto& [name, value] : own.items()) {
    if (value.is_object()) {
      add_rows(table, prefix + name + " ", value, total.at(name));
    } else {
      table.add({prefix + name, cell_of(value), cell_of(total.at(name))});
    }
  }
}

bool is_counted(const fold::Proved& proved) {
  return proved.what == core::ProofOf::inclusion;
}

// NaN has no JSON.
void without_nan(Json& json) {
  for (auto& value : json) {
    if (value.is_structured()) without_nan(value);
    if (value.is_number_float() && value.get<double>() != value.get<double>()) value = nullptr;
  }
}

}  // namespace

void describe(NameParams& p, Options& visit) {
  visit.section("Whom");
  visit.option("entity", p.entity, "E", "the entity, as statistics show it");
  visit.flag("text", p.text, "E is a text, though it reads as a number");
  visit.option("path", p.path, "NAMES",
               "its place in the hierarchy, top first, separated by commas; or once for each name");
}

fold::LeafName name_of(const NameParams& p) {
  fold::LeafName name;
  if (p.entity) {
    const auto number = parse_int64(*p.entity);
    const bool is_number = !p.text && number && std::to_string(*number) == *p.entity;
    if (is_number) name.entity = *number;
    if (!is_number) name.entity = *p.entity;
  }
  if (!p.path.empty()) name.path = p.path;
  return name;
}

std::string sentence_of(const fold::Proved& proved) {
  return fmt::format("{} is {}", fold::text_of(proved.name),
                     is_counted(proved) ? "counted, once, in the published totals"
                                        : "not counted in the published totals");
}

std::string text_of(const fold::Proved& proved) {
  std::string text = fmt::format("holds: {}\n", sentence_of(proved));
  text += fmt::format("  {}\n  root {}, over {} leaves\n", proved.words, hex(proved.root),
                      with_thousands(proved.leaves));
  if (!is_counted(proved)) return text;
  TextTable table({"", ">its own", ">in all"});
  Json own = proved.own, total = proved.total;
  without_nan(own);
  without_nan(total);
  add_rows(table, "", own, total);
  return text + table.text("  ");
}

Json json_of(const fold::Proved& proved) {
  Json json = {{"proves", is_counted(proved) ? "counted" : "absent"},
               {"sentence", sentence_of(proved)},
               {"of", proved.words},
               {"root", hex(proved.root)},
               {"leaves", proved.leaves},
               {"entity", nullptr},
               {"path", nullptr}};
  if (proved.name.entity)
    std::visit([&](const auto& id) { json["entity"] = id; }, *proved.name.entity);
  if (proved.name.path) json["path"] = *proved.name.path;
  if (is_counted(proved)) json["own"] = proved.own;
  if (is_counted(proved)) json["total"] = proved.total;
  return json;
}

}  // namespace trawl::command
