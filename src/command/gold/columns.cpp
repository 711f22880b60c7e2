#include "command/gold/columns.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include <trawl/base/text.hpp>

namespace trawl::command::gold {
namespace {

// More names than this, or longer ones, are stored as text: categories are padded to the longest.
constexpr std::size_t max_categories = 65536;
constexpr std::size_t max_category_bytes = 16u << 20;

}  // namespace

const Json* find(const Json* object, const std::string& key) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(key);
  return found == object->end() || found->is_null() ? nullptr : &*found;
}

Find member(std::string key) {
  return [key = std::move(key)](const Json& row) { return find(&row, key); };
}

Find member(std::string of, std::string key) {
  return [of = std::move(of), key = std::move(key)](const Json& row) {
    return find(find(&row, of), key);
  };
}

double number_from(const Json& json) {
  if (json.is_number()) return json.get<double>();
  return parse_double(json.at("float").get<std::string>()).value();  // {"float":"Infinity"}
}

AddCell unless_null(Find find,
                    std::function<void(const Json& value, ColumnBuilder& column)> append) {
  return [find = std::move(find), append = std::move(append)](const Json& line,
                                                              ColumnBuilder& column) {
    const Json* value = find(line);
    if (value == nullptr) {
      column.append_null();
    } else {
      append(*value, column);
    }
  };
}

GoldColumn count(std::string name, Find find) {
  return {{std::move(name), Type::int64, Lane::i64, true, nullptr},
          unless_null(std::move(find), [](const Json& value, ColumnBuilder& column) {
            column.append(value.get<std::int64_t>());
          })};
}

GoldColumn number(std::string name, Find find) {
  return {{std::move(name), Type::float64, Lane::f64, true, nullptr},
          unless_null(std::move(find), [](const Json& value, ColumnBuilder& column) {
            column.append(number_from(value));
          })};
}

GoldColumn yes_or_no(std::string name, Find find) {
  return {{std::move(name), Type::boolean, Lane::u8, true, nullptr},
          unless_null(std::move(find), [](const Json& value, ColumnBuilder& column) {
            column.append(static_cast<std::int64_t>(value.get<bool>()));
          })};
}

GoldColumn text(std::string name, Find find) {
  return {{std::move(name), Type::text, Lane::text, true, nullptr},
          unless_null(std::move(find), [](const Json& value, ColumnBuilder& column) {
            column.append(std::string_view(value.is_number() ? value.dump() : text_from(value)));
          })};
}

// Categorical where the names allow it, else text.
ColumnSchema names_schema(std::string name, const Categories& names) {
  std::size_t width = 1;
  bool storable = names.size() <= max_categories;
  for (const std::string& each : names) {
    width = std::max(width, each.size());
    if (each.ends_with('\0')) storable = false;
  }
  if (!storable || width * names.size() > max_category_bytes)
    return {std::move(name), Type::text, Lane::text, true, nullptr};
  const Lane lane = names.size() <= 256 ? Lane::u8 : Lane::u16;
  return {std::move(name), Type::categorical, lane, true,
          std::make_shared<const Categories>(names)};
}

GoldColumn id(std::string name, bool is_text, Find find) {
  return is_text ? text(std::move(name), std::move(find)) : count(std::move(name), std::move(find));
}

GoldColumn word(std::string name, const Categories& words, Find find) {
  return {names_schema(std::move(name), words),
          unless_null(std::move(find), [](const Json& value, ColumnBuilder& column) {
            column.append(std::string_view(value.get_ref<const std::string&>()));
          })};
}

}  // namespace trawl::command::gold
