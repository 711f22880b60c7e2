// Columns of a gold layer, and what each takes from a row: an object of JSON, as results have them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <trawl/base/column.hpp>
#include <trawl/base/json.hpp>

namespace trawl::command {

// Adds the value that a row has for a column, NULL where it has none.
using AddCell = std::function<void(const Json& row, ColumnBuilder& column)>;

struct GoldColumn {
  ColumnSchema schema;
  AddCell add;
};

struct GoldTable {
  std::string file;
  std::vector<GoldColumn> columns;
};

namespace gold {

// Finds what a column holds in a row; null: NULL.
using Find = std::function<const Json*(const Json& row)>;

// A member that is there and not null; null otherwise, and for what is no object.
const Json* find(const Json* object, const std::string& key);
Find member(std::string key);
Find member(std::string of, std::string key);  // within an object
double number_from(const Json& json);          // also of {"float":"Infinity"}

AddCell unless_null(Find find,
                    std::function<void(const Json& value, ColumnBuilder& column)> append);

GoldColumn count(std::string name, Find find);
GoldColumn number(std::string name, Find find);
GoldColumn yes_or_no(std::string name, Find find);
GoldColumn text(std::string name, Find find);
// Whole numbers, or texts where some are.
GoldColumn id(std::string name, bool text, Find find);
// One of a few words.
GoldColumn word(std::string name, const Categories& words, Find find);

// Categorical where the names allow it, else text: more than 65536, or 16 MiB when padded.
ColumnSchema names_schema(std::string name, const Categories& names);

}  // namespace gold
}  // namespace trawl::command
